/**
 * Bundles the web app: `node server/src/web/build.mjs [--outdir FOLDER]`. The folder holds a page and files with their
 * digest in their name; it replaces what was there.
 */
import { build } from 'esbuild'
import { copyFile, mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createHash } from 'node:crypto'
import path from 'node:path'

const here = import.meta.dirname
const repository = path.resolve(here, '../../..')

/** Write the app into `outdir` (`server/dist/web/client` unless told otherwise). Gives the folder. */
export const buildWeb = async (outdir = path.resolve(repository, 'server/dist/web/client')) => {
  const result = await build({
    entryPoints: [path.join(here, 'client/main.ts')],
    bundle: true,
    write: false,
    minify: true,
    format: 'esm',
    target: 'es2022',
    legalComments: 'none',
    tsconfig: path.join(here, 'client/tsconfig.json'),
    alias: {
      '@novabrain/contracts': path.join(repository, 'shared/contracts/src/index.ts'),
      '@novabrain/ui': path.join(repository, 'shared/ui/src/index.ts'),
    },
    logLevel: 'warning',
  })
  const script = result.outputFiles[0].contents
  const name = `app-${createHash('sha256').update(script).digest('hex').slice(0, 12)}.js`
  const page = await readFile(path.join(here, 'client/index.html'), 'utf8')
  await rm(outdir, { recursive: true, force: true })
  await mkdir(outdir, { recursive: true })
  await writeFile(path.join(outdir, name), script)
  await copyFile(path.join(here, 'client/icon.svg'), path.join(outdir, 'icon.svg'))
  await writeFile(path.join(outdir, 'index.html'), page.replace('{{script}}', `web/${name}`))
  return outdir
}

if (process.argv[1] === import.meta.filename) {
  const at = process.argv.indexOf('--outdir')
  await buildWeb(at < 0 ? undefined : path.resolve(process.argv[at + 1]))
}
