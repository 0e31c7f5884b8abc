import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Make an editor speak a language without its translations: a language pack with nothing in it. The texts of the editor
 * stay English, those of extensions (`package.nls.*`, `l10n/`) come in the language. Nothing is asked of a gallery.
 */
export const installLanguagePack = async (data: string, extensions: string, locale: string): Promise<void> => {
  const id = `novabrain-test.language-pack-${locale}`
  const folder = join(extensions, `${id}-1.0.0`)
  const translations = join(folder, 'main.i18n.json')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'package.json'), JSON.stringify(manifestOf(locale)))
  await writeFile(translations, JSON.stringify({ version: '1.0.0', contents: {} }))
  await register(join(extensions, 'extensions.json'), id, folder)
  const pack = {
    hash: id,
    label: locale,
    extensions: [{ extensionIdentifier: { id }, version: '1.0.0' }],
    translations: { vscode: translations },
  }
  await writeFile(join(data, 'languagepacks.json'), JSON.stringify({ [locale]: pack }))
}

const manifestOf = (locale: string) => ({
  name: `language-pack-${locale}`,
  publisher: 'novabrain-test',
  version: '1.0.0',
  engines: { vscode: '^1.101.0' },
  contributes: {
    localizations: [{ languageId: locale, translations: [{ id: 'vscode', path: './main.i18n.json' }] }],
  },
})

/** The editor's own list of what is installed; without it a folder is not looked at. */
const register = async (file: string, id: string, folder: string): Promise<void> => {
  const known = existsSync(file) ? (JSON.parse(await readFile(file, 'utf8')) as unknown[]) : []
  const location = { $mid: 1, path: folder, scheme: 'file' }
  const entry = { identifier: { id }, version: '1.0.0', location, relativeLocation: `${id}-1.0.0`, metadata: {} }
  await writeFile(file, JSON.stringify([...known, entry]))
}
