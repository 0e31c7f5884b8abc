import { readFileSync } from 'node:fs'
import path from 'node:path'
import { root } from './places.mjs'

/** Where the extension for VS Code is. */
export const vscodeFolder = path.join(root, 'extensions/vscode')

const manifest = () => JSON.parse(readFileSync(path.join(vscodeFolder, 'package.json'), 'utf8'))

/** The file that `npm run package:vscode` writes. */
export const vsixFile = () => {
  const { name, version } = manifest()
  return path.join(vscodeFolder, 'dist', `${name}-${version}.vsix`)
}

/** A link that opens VS Code, which asks whether to use this server and signs in. */
export const signInLink = (serverUrl) => {
  const { publisher, name } = manifest()
  return `vscode://${publisher}.${name}/sign-in?server=${encodeURIComponent(serverUrl)}`
}
