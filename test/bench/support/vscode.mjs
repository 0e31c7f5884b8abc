// The real VS Code of the end-to-end tests, for benchmarks: what drives it is TypeScript, and is bundled when it is needed.
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { build } from 'esbuild'

const support = path.resolve(import.meta.dirname, '../../support')

/** The functions of `test/support/code-server.ts` and `test/support/vscode.ts`; the bundle is written into a folder. */
export const loadEditorSupport = async (folder) => {
  const outfile = path.join(folder, 'editor-support.mjs')
  await build({
    stdin: { contents: `export * from './code-server.ts'\nexport * from './vscode.ts'`, resolveDir: support },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'warning',
  })
  return import(pathToFileURL(outfile).href)
}

/** A module of the extension, by its path below `extensions/vscode/src`; it may not need `vscode`. */
export const loadExtensionModule = async (folder, module) => {
  const source = path.resolve(import.meta.dirname, '../../../extensions/vscode/src', module)
  const contracts = path.resolve(import.meta.dirname, '../../../shared/contracts/src/index.ts')
  const ui = path.resolve(import.meta.dirname, '../../../shared/ui/src/index.ts')
  const outfile = path.join(folder, `${path.basename(module, '.ts')}.mjs`)
  await build({
    entryPoints: [source],
    alias: { '@novabrain/contracts': contracts, '@novabrain/ui': ui },
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'warning',
  })
  return import(pathToFileURL(outfile).href)
}
