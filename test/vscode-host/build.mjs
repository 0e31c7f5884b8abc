// node test/vscode-host/build.mjs <out.vsix>: an extension that runs every suite of ./suites when the editor has started.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { build } from 'esbuild'
import { packageVsix } from '../../scripts/lib/vsix.mjs'

const out = path.resolve(process.argv[2] ?? 'host-tests.vsix')
const here = import.meta.dirname
const shared = (name) => path.join(here, `../../shared/${name}/src/index.ts`)
const suites = readdirSync(path.join(here, 'suites')).map((file) => path.basename(file, '.ts'))
const entry = [
  `import { runSuites } from './run.ts'`,
  ...suites.map((name, index) => `import { tests as suite${index} } from './suites/${name}.ts'`),
  `const suites = { ${suites.map((name, index) => `'${name}': suite${index}`).join(', ')} }`,
  // Not awaited: the suites activate other extensions, and an activation is given only so much time.
  `export const activate = () => void runSuites(suites)`,
].join('\n')

const manifest = {
  name: 'host-tests',
  publisher: 'novabrain-test',
  version: '1.0.0',
  engines: { vscode: '^1.101.0' },
  main: './dist/extension.cjs',
  activationEvents: ['onStartupFinished'],
  capabilities: { untrustedWorkspaces: { supported: true } },
}

const folder = mkdtempSync(path.join(tmpdir(), 'novabrain-host-tests-'))
try {
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify(manifest))
  await build({
    stdin: { contents: entry, resolveDir: here, loader: 'ts' },
    outfile: path.join(folder, 'dist/extension.cjs'),
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['vscode'],
    alias: { '@novabrain/contracts': shared('contracts'), '@novabrain/ui': shared('ui') },
    conditions: ['node', 'import', 'default'],
    sourcemap: 'inline',
    logLevel: 'warning',
  })
  console.log(packageVsix(folder, out).path)
} finally {
  rmSync(folder, { recursive: true, force: true })
}
