// node extensions/vscode/build.mjs: bundle what runs in the extension host and what runs in its webviews.
// The entry is small and loads the rest when it is first needed, so that activation costs next to nothing.
import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { build } from 'esbuild'

const here = import.meta.dirname
const dist = path.join(here, 'dist')
rmSync(dist, { recursive: true, force: true })
mkdirSync(dist, { recursive: true })

const shared = (name) => path.join(here, `../../shared/${name}/src/index.ts`)
const alias = { '@novabrain/contracts': shared('contracts'), '@novabrain/ui': shared('ui') }
const common = { alias, bundle: true, minify: true, absWorkingDir: here, legalComments: 'none', logLevel: 'warning' }
/** `import('./core-node.js')` of the entry stays a `require` of the second bundle. */
const coreStaysApart = {
  name: 'core stays apart',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^\.\/core-node\.js$/ }, () => ({ path: './core.cjs', external: true })),
}

await Promise.all([
  build({
    ...common,
    entryPoints: { extension: 'src/extension.ts' },
    outdir: dist,
    outExtension: { '.js': '.cjs' },
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['vscode'],
    supported: { 'dynamic-import': false },
    plugins: [coreStaysApart],
  }),
  build({
    ...common,
    entryPoints: { core: 'src/core-node.ts' },
    outdir: dist,
    outExtension: { '.js': '.cjs' },
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['vscode'],
  }),
  build({
    ...common,
    // An extension host in a browser: one file, paths as on Unix.
    entryPoints: { 'extension.web': 'src/extension.web.ts' },
    outdir: dist,
    platform: 'browser',
    format: 'cjs',
    target: 'es2022',
    external: ['vscode'],
    alias: { ...alias, 'node:path': 'path-browserify' },
  }),
  build({
    ...common,
    entryPoints: { webview: 'src/webview/main.ts' },
    outdir: dist,
    platform: 'browser',
    format: 'iife',
    target: 'es2022',
  }),
])
