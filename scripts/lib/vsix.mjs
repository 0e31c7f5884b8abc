import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { strToU8, zipSync } from 'fflate'
import { t } from './texts.mjs'
import { contentTypesOf, vsixManifestOf } from './vsix-manifest.mjs'

// A .vsix is a zip with the folder of the extension, a manifest in XML and the list of content types, as the Open
// Packaging Conventions want it. The official packer brings 180 MB of publishing tools with it; this is all we need of it.

const always = /^(package(\.nls(\.[\w-]+)?)?\.json|README(\.[\w-]+)?\.md|CHANGELOG(\.[\w-]+)?\.md|LICENSE(\.\w+)?)$/i
const usual = ['dist', 'l10n', 'media']
const never = /(\.map|\.vsix|\.tsbuildinfo|\.d\.ts|(^|\/)\.[^/]*)$/
/** Of use only where the sources are. */
const ofSources = ['dependencies', 'devDependencies', 'files', 'private', 'scripts']

/**
 * Package the extension in `folder` into the file `out`: its manifest, texts and licence, and what `files` of its manifest
 * names (`dist`, `l10n` and `media` when it names nothing). The same contents give the same bytes. Gives name, path and size.
 */
export const packageVsix = (folder, out) => {
  const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'))
  const names = namesIn(folder, manifest.files ?? usual)
  refuseMistakes(folder, manifest, names)
  const contents = Object.fromEntries(names.map((name) => [`extension/${name}`, contentOf(folder, name, manifest)]))
  const zip = zipSync(
    {
      'extension.vsixmanifest': strToU8(vsixManifestOf(manifest, textsOf(folder), names)),
      '[Content_Types].xml': strToU8(contentTypesOf(names)),
      ...contents,
    },
    { level: 9, mtime: new Date(1980, 0, 1) },
  )
  mkdirSync(path.dirname(out), { recursive: true })
  writeFileSync(out, zip)
  return { name: `${manifest.publisher}.${manifest.name}`, path: out, bytes: zip.length }
}

const textsOf = (folder) => {
  const file = path.join(folder, 'package.nls.json')
  const texts = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {}
  return (text = '') => text.replace(/^%(.+)%$/, (whole, key) => texts[key]?.message ?? texts[key] ?? whole)
}

const namesIn = (folder, wanted) => {
  const filesOf = (name) =>
    statSync(path.join(folder, name)).isDirectory()
      ? readdirSync(path.join(folder, name)).flatMap((entry) => filesOf(`${name}/${entry}`))
      : [name]
  const own = readdirSync(folder).filter((name) => always.test(name))
  const named = wanted
    .map((name) => name.replace(/^\.\/|\/$/g, ''))
    .filter((name) => existsSync(path.join(folder, name)))
  return [...new Set([...own, ...named.flatMap(filesOf)])].filter((name) => !never.test(name)).sort()
}

/** What an editor would only tell the user: a manifest that names files which are not in the package. */
const refuseMistakes = (folder, { name, publisher, version, engines, main, browser, icon }, names) => {
  const required = Object.entries({ name, publisher, version, 'engines.vscode': engines?.vscode })
  const lacking = required.filter(([, value]) => !value).map(([key]) => key)
  const withEnding = (file) => [file, `${file}.js`, `${file}.cjs`].some((variant) => names.includes(variant))
  const files = [main, browser, icon].filter((file) => file !== undefined).map((file) => path.posix.normalize(file))
  const absent = files.filter((file) => !withEnding(file))
  const file = `${folder}/package.json`
  if (lacking.length > 0) throw new Error(t('vsix.lacks', { file, names: lacking.join(', ') }))
  if (absent.length > 0) throw new Error(t('vsix.absent', { file, names: absent.join(', ') }))
}

const contentOf = (folder, name, manifest) => {
  if (name !== 'package.json') return readFileSync(path.join(folder, name))
  const kept = Object.entries(manifest).filter(([key]) => !ofSources.includes(key))
  return strToU8(JSON.stringify(Object.fromEntries(kept)))
}
