// node extensions/jupyterlab/build-wheel.mjs [--force]
// From the sources to the wheel in ./dist: translations, lib (tsc), labextension (@jupyter/builder), wheel (hatchling by uv).
// Does nothing when no input has changed since. `NOVABRAIN_UV` names uv; else it must be on the PATH. Prints the wheel.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { writeTranslations } from './translations.mjs'

const here = import.meta.dirname
const root = path.join(here, '../..')
const dist = path.join(here, 'dist')
const stamp = path.join(dist, 'inputs.sha256')
const run = promisify(execFile)

const inputs = [
  ...['src', 'schema', 'style', 'locale', 'novabrain_jupyterlab', 'jupyter-config'].map((name) =>
    path.join(here, name),
  ),
  ...['package.json', 'pyproject.toml', 'install.json', 'tsconfig.json', 'build-wheel.mjs', 'translations.mjs'].map(
    (name) => path.join(here, name),
  ),
  path.join(root, 'shared/contracts/src'),
  path.join(root, 'shared/ui/src'),
]
const made = ['labextension', '__pycache__', 'locale'].map((name) => path.join(here, 'novabrain_jupyterlab', name))

const filesIn = (place) => {
  if (made.includes(place) || !existsSync(place)) return []
  const entries = readdirSync(path.dirname(place), { withFileTypes: true })
  if (entries.find((entry) => entry.name === path.basename(place))?.isFile()) return [place]
  return readdirSync(place)
    .sort()
    .flatMap((name) => filesIn(path.join(place, name)))
}

const digestOfInputs = () => {
  const hash = createHash('sha256')
  for (const file of inputs.flatMap(filesIn))
    hash.update(path.relative(root, file)).update('\0').update(readFileSync(file))
  return hash.digest('hex')
}

const wheelName = () => existsSync(dist) && readdirSync(dist).find((name) => name.endsWith('.whl'))

const step = async (command, args, cwd) => {
  try {
    await run(command, args, { cwd, maxBuffer: 64 * 1024 * 1024 })
  } catch (error) {
    throw new Error(
      `${path.basename(args[0] ?? command)} failed\n${error.stdout ?? ''}${error.stderr ?? error.message}`,
    )
  }
}

const build = async () => {
  writeTranslations()
  await step(process.execPath, [path.join(root, 'node_modules/typescript/bin/tsc'), '-b'], here)
  const builder = path.join(root, 'node_modules/@jupyter/builder/lib/build-labextension.js')
  const core = path.join(root, 'node_modules/@jupyterlab/core-meta/core.package.json')
  await step(process.execPath, [builder, '--core-package-file', core, '.'], here)
  rmSync(dist, { recursive: true, force: true })
  mkdirSync(dist)
  await step(process.env['NOVABRAIN_UV'] ?? 'uv', ['build', '--quiet', '--wheel', '--out-dir', dist, here], root)
}

const digest = digestOfInputs()
const known = existsSync(stamp) && wheelName() ? readFileSync(stamp, 'utf8') : ''
try {
  if (known !== digest || process.argv.includes('--force')) {
    await build()
    writeFileSync(stamp, digest)
  }
  console.log(path.join(dist, wheelName()))
} catch (error) {
  console.error(error.message)
  process.exit(1)
}
