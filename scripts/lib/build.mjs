import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import path from 'node:path'
import { root } from './places.mjs'
import { run } from './run.mjs'
import { Unavailable } from './steps.mjs'
import { t } from './texts.mjs'

const node = process.execPath
const tsc = path.join(root, 'node_modules/typescript/bin/tsc')
const stamp = path.join(root, 'server/dist/.inputs')
const inputs = ['shared/contracts', 'shared/ui', 'scheduler', 'server', 'tsconfig.base.json', 'package-lock.json']
const outputs = [
  'server/dist/index.js',
  'server/dist/cli/main.js',
  'server/dist/runner.mjs',
  'server/dist/web/client/index.html',
]
const notInputs = new Set(['dist', 'lib', 'node_modules'])

/** Every input with its size and time: whether anything was touched is seen in milliseconds, without reading it. */
const marksOf = (place) => {
  const status = statSync(place)
  if (!status.isDirectory()) return [`${path.relative(root, place)} ${status.size} ${status.mtimeMs}`]
  const names = readdirSync(place).filter((name) => !notInputs.has(name) && !name.endsWith('.tsbuildinfo'))
  return names.sort().flatMap((name) => marksOf(path.join(place, name)))
}

const stateOfInputs = () => {
  const marks = inputs.flatMap((name) => marksOf(path.join(root, name)))
  return createHash('sha256').update(marks.join('\n')).digest('hex')
}

/** Compile what runs (tests are compiled by jest), then bundle the runner and the web app; nothing, when nothing was touched. */
export const build = async () => {
  const state = stateOfInputs()
  const made = outputs.every((name) => existsSync(path.join(root, name)))
  if (made && existsSync(stamp) && readFileSync(stamp, 'utf8') === state) return t('steps.upToDate')
  rmSync(stamp, { force: true })
  await run(node, [tsc, '-b', 'server'], { cwd: root })
  const bundles = ['server/src/runner/build.mjs', 'server/src/web/build.mjs']
  await Promise.all(bundles.map((script) => run(node, [path.join(root, script)], { cwd: root })))
  writeFileSync(stamp, state)
  return t('steps.built')
}

/** Compile the scheduler and its simulator alone. */
export const buildScheduler = () => run(node, [tsc, '-b', 'scheduler'], { cwd: root })

/** The wheel of the JupyterLab extension; needs uv. Gives its path. */
export const buildWheel = async (uv) => {
  const script = path.join(root, 'extensions/jupyterlab/build-wheel.mjs')
  const output = await run(node, [script], { cwd: root, env: { ...process.env, NOVABRAIN_UV: uv } }).catch((error) => {
    throw new Unavailable(t('missing.wheel', { detail: error.output?.trim() ?? error.message }))
  })
  const wheel = output.trim().split('\n').at(-1)
  if (!existsSync(wheel)) throw new Error(t('missing.wheelFile', { output }))
  return { wheel, remark: path.basename(wheel) }
}
