/**
 * Bundles the runner into one file that needs nothing beside it: `node server/src/runner/build.mjs [--outfile PATH]`.
 * The Python files it starts and the lock of the notebook tools travel inside, as text.
 */
import { build } from 'esbuild'
import { resolve } from 'node:path'

const here = import.meta.dirname
const repository = resolve(here, '../../..')

/** Write the bundle to `outfile` (`server/dist/runner.mjs` unless told otherwise). */
export const buildRunner = async (outfile = resolve(repository, 'server/dist/runner.mjs')) => {
  await build({
    entryPoints: [resolve(here, 'main.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    legalComments: 'none',
    loader: { '.py': 'text', '.lock': 'text' },
    alias: { '@novabrain/contracts': resolve(repository, 'shared/contracts/src/index.ts') },
    // TypeBox looks for nothing at run time; a `require` that a dependency may hold still has to work in a module.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'warning',
  })
  return outfile
}

if (process.argv[1] === import.meta.filename) {
  const at = process.argv.indexOf('--outfile')
  await buildRunner(at < 0 ? undefined : resolve(process.argv[at + 1]))
}
