// npm run bench [-- --only NAME[,NAME]] [--quick]
// Every benchmark, one after another, each in a process of its own; what they need is built and installed first, as
// `npm test` does. NOVABRAIN_UV, NOVABRAIN_TEST_PYTHON, NOVABRAIN_TEST_JUPYTER, NOVABRAIN_CODE_SERVER and CHROMIUM_PATH
// name what is to be used instead. A benchmark whose parts are missing is left out and says so. Exits with 1 when a budget
// was broken or one failed.
import { spawn } from 'node:child_process'
import { loadavg } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { build, buildWheel } from '../../scripts/lib/build.mjs'
import { ensureChromium } from '../../scripts/lib/chromium.mjs'
import { ensureCodeServer } from '../../scripts/lib/code-server.mjs'
import { bin, root } from '../../scripts/lib/places.mjs'
import { ensureEnvironment, ensureUv } from '../../scripts/lib/python.mjs'
import { createSteps } from '../../scripts/lib/steps.mjs'

/** Name, what it needs, and its options. */
const benchmarks = [
  ['scheduler-cycle', [], () => ['20']],
  ['websocket-fanout', []],
  ['api-latency', []],
  ['metric-ingest', ['uv']],
  ['tracking', ['uv'], ({ quick }) => (quick ? ['--quick'] : [])],
  ['history', ['uv']],
  ['scheduler', [], ({ quick }) => (quick ? ['--quick'] : [])],
  ['pin-and-snapshot', ['uv', 'python'], ({ python }) => ['--python', python]],
  ['click-to-start', ['uv', 'python'], ({ python }) => ['--python', python]],
  ['runner-idle', ['uv', 'python'], ({ python }) => ['--python', python]],
  ['jupyterlab-startup', ['uv', 'jupyter', 'chromium']],
  ['run-table', ['chromium']],
  ['vscode', ['codeServer', 'chromium']],
]

const { values } = parseArgs({ options: { only: { type: 'string' }, quick: { type: 'boolean', default: false } } })
const names = values.only?.split(',') ?? benchmarks.map(([name]) => name)
const unknown = names.filter((name) => !benchmarks.some(([known]) => known === name))
if (unknown.length > 0) {
  console.error(`Not a benchmark: ${unknown.join(', ')}. There are ${benchmarks.map(([name]) => name).join(', ')}.`)
  process.exit(2)
}
const chosen = benchmarks.filter(([name]) => names.includes(name))
const needed = new Set(chosen.flatMap(([, needs]) => needs))
const step = createSteps(1 + needed.size)

const parts = {}
await step('build', build)
if (needed.has('uv')) parts.uv = (await step('uv', ensureUv))?.uv
if (needed.has('python') && parts.uv !== undefined)
  parts.python =
    process.env['NOVABRAIN_TEST_PYTHON'] ??
    (await step('environment', () => ensureEnvironment(parts.uv, 'sample')))?.venv
if (needed.has('jupyter') && parts.uv !== undefined)
  parts.jupyter =
    process.env['NOVABRAIN_TEST_JUPYTER'] ??
    (
      await step('JupyterLab', async () => {
        const { wheel } = await buildWheel(parts.uv)
        return ensureEnvironment(parts.uv, 'jupyter', [wheel])
      })
    )?.venv
if (needed.has('codeServer')) parts.codeServer = (await step('code-server', ensureCodeServer))?.codeServer
if (needed.has('chromium')) parts.chromium = (await step('Chromium', ensureChromium))?.chromium

const environment = {
  ...process.env,
  ...(parts.uv === undefined ? {} : { NOVABRAIN_UV: parts.uv }),
  ...(parts.jupyter === undefined ? {} : { NOVABRAIN_TEST_JUPYTER: parts.jupyter }),
  ...(parts.codeServer === undefined ? {} : { NOVABRAIN_TEST_CODE_SERVER: parts.codeServer }),
  ...(parts.chromium === undefined ? {} : { CHROMIUM_PATH: parts.chromium }),
}

const measure = (name, options) =>
  new Promise((resolve) => {
    const file = path.join(import.meta.dirname, `${name}.mjs`)
    const child = spawn(process.execPath, [file, ...options], { cwd: root, stdio: 'inherit', env: environment })
    child.once('exit', (code) => resolve(code ?? 1))
  })

const python = parts.python === undefined ? undefined : bin(parts.python, 'python')
const broken = []
for (const [name, needs, options = () => []] of chosen) {
  const missing = needs.filter((need) => parts[need] === undefined)
  console.log(`\n## ${name} (load average before ${loadavg()[0].toFixed(1)})`)
  if (missing.length > 0) console.log(`left out: ${missing.join(', ')} is missing`)
  else if ((await measure(name, options({ python, quick: values.quick }))) !== 0) broken.push(name)
}
if (broken.length > 0) console.error(`\nFailed, or over a budget: ${broken.join(', ')}`)
process.exit(broken.length > 0 ? 1 : 0)
