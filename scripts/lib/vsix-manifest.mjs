import path from 'node:path'

/** `extension.vsixmanifest`: what a gallery and an editor read before they look inside. `text` resolves `%keys%`. */
export const vsixManifestOf = (manifest, text, names) => {
  const { name, publisher, version, engines, categories = [], keywords = [], icon, repository } = manifest
  const languages = (manifest.contributes?.localizations ?? []).map(({ languageId }) => languageId)
  const properties = {
    Engine: engines.vscode,
    ExtensionDependencies: (manifest.extensionDependencies ?? []).join(','),
    ExtensionPack: (manifest.extensionPack ?? []).join(','),
    ExtensionKind: (manifest.extensionKind ?? ['workspace']).join(','),
    LocalizedLanguages: languages.join(','),
  }
  const assets = [
    ['Microsoft.VisualStudio.Code.Manifest', 'package.json'],
    ['Microsoft.VisualStudio.Services.Content.Details', names.find((file) => /^readme\.md$/i.test(file))],
    ['Microsoft.VisualStudio.Services.Content.Changelog', names.find((file) => /^changelog\.md$/i.test(file))],
    ['Microsoft.VisualStudio.Services.Content.License', names.find((file) => /^license/i.test(file))],
    ['Microsoft.VisualStudio.Services.Icons.Default', icon],
  ].filter(([, file]) => file !== undefined)
  const property = ([id, value]) => `<Property Id="Microsoft.VisualStudio.Code.${id}" Value="${escaped(value)}" />`
  const source = repository === undefined ? '' : sourceOf(repository.url ?? repository)
  const asset = ([type, file]) => `<Asset Type="${type}" Path="extension/${escaped(file)}" Addressable="true" />`
  return `<?xml version="1.0" encoding="utf-8"?>
<PackageManifest Version="2.0.0" xmlns="http://schemas.microsoft.com/developer/vsx-schema/2011">
  <Metadata>
    <Identity Language="en-US" Id="${escaped(name)}" Version="${escaped(version)}" Publisher="${escaped(publisher)}" />
    <DisplayName>${escaped(text(manifest.displayName ?? name))}</DisplayName>
    <Description xml:space="preserve">${escaped(text(manifest.description))}</Description>
    <Tags>${escaped(keywords.join(','))}</Tags>
    <Categories>${escaped(categories.join(','))}</Categories>
    <GalleryFlags>Public</GalleryFlags>
    <Properties>${Object.entries(properties).map(property).join('')}${source}</Properties>
  </Metadata>
  <Installation><InstallationTarget Id="Microsoft.VisualStudio.Code" /></Installation>
  <Dependencies />
  <Assets>${assets.map(asset).join('')}</Assets>
</PackageManifest>
`
}

const sourceOf = (url) => `<Property Id="Microsoft.VisualStudio.Services.Links.Source" Value="${escaped(url)}" />`

const types = {
  '.json': 'application/json',
  '.vsixmanifest': 'text/xml',
  '.js': 'application/javascript',
  '.cjs': 'application/node',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.md': 'text/markdown',
  '.txt': 'text/plain',
}

/** `[Content_Types].xml`: a type for every ending in the package. */
export const contentTypesOf = (names) => {
  const endings = [...new Set(['.vsixmanifest', ...names.map((name) => path.extname(name).toLowerCase())])]
  const known = endings.filter((ending) => ending !== '')
  const lines = known.map(
    (ending) => `<Default Extension="${ending}" ContentType="${types[ending] ?? 'application/octet-stream'}" />`,
  )
  return `<?xml version="1.0" encoding="utf-8"?>
<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">${lines.join('')}</Types>
`
}

const escaped = (text) =>
  String(text).replace(/[&<>"]/g, (sign) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[sign])
