// npm run up [-- --gpus 4x24GiB] [--port 7077] [--jupyter-port 8888] [--no-jupyter]
// From a fresh clone to a running NovaBrain with JupyterLab beside it. Needs nothing but Node, and Python for JupyterLab.
import { randomBytes } from 'node:crypto'
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { build, buildWheel } from './lib/build.mjs'
import { ensurePackages } from './lib/packages.mjs'
import { bin, home, root } from './lib/places.mjs'
import { freePort, isAliveAs, startLogged, stop, stopStranger, untilAnswers, worksOnHome } from './lib/processes.mjs'
import { ensureEnvironment, ensureNotebookTools, ensureUv, quietJupyter, registerKernel } from './lib/python.mjs'
import { stopRunning } from './lib/run.mjs'
import { createSteps } from './lib/steps.mjs'
import { t } from './lib/texts.mjs'
import { signInLink, vsixFile } from './lib/vscode-names.mjs'

const usage = 'npm run up [-- --gpus 4x24GiB] [--port 7077] [--jupyter-port 8888] [--no-jupyter]'

const readOptions = () => {
  const { values } = parseArgs({
    options: {
      gpus: { type: 'string' },
      port: { type: 'string', default: '7077' },
      'jupyter-port': { type: 'string', default: '8888' },
      'no-jupyter': { type: 'boolean', default: false },
    },
  })
  for (const name of ['port', 'jupyter-port'])
    if (!/^\d{1,5}$/.test(values[name]) || Number(values[name]) > 65_535)
      throw new Error(t('up.badPort', { option: name, text: values[name] }))
  return values
}

const demand = (holds, sentence) => {
  if (holds) return
  console.error(sentence)
  process.exit(2)
}

const [major, minor] = process.versions.node.split('.').map(Number)
demand(major > 20 || (major === 20 && minor >= 19), t('up.oldNode', { version: process.versions.node }))
let options = null
try {
  options = readOptions()
} catch (error) {
  const { code = '', message } = error
  const said = code.startsWith('ERR_PARSE_ARGS') ? t('up.badOption', { message }) : message
  demand(false, `${said}\n${t('up.usage', { usage })}`)
}

const stateFile = path.join(home, 'up.json')
const notebooks = path.join(home, 'notebooks')
const sample = 'breast-cancer/breast-cancer.ipynb'

const readState = () => {
  try {
    return JSON.parse(readFileSync(stateFile, 'utf8'))
  } catch {
    return null
  }
}

let state = { pid: process.pid, serverUrl: null, jupyterUrl: null, why: null, programs: [] }

const remember = (more) => {
  state = { ...state, ...more }
  writeFileSync(stateFile, JSON.stringify(state), { mode: 0o600 })
}

const show = ({ serverUrl, jupyterUrl, why }) => {
  console.log(`\n${t('up.server', { url: serverUrl ?? t('up.starting') })}`)
  console.log(t('up.jupyter', { url: jupyterUrl ?? why ?? t('up.starting') }))
  if (serverUrl !== null) {
    console.log(t('up.vscode', { file: path.relative(process.cwd(), vsixFile()) }))
    console.log(t('up.vscodeSignIn', { link: signInLink(serverUrl) }))
  }
  console.log(t('up.data', { folder: home }))
}

const before = readState()
const first = before !== null && before.pid !== process.pid && isAliveAs(before.pid, 'up.mjs') ? before : null
if (first !== null) {
  console.log(t('up.already', { pid: first.pid }))
  show(first)
  process.exit(0)
}

// Root's folder lets others through, since PostgreSQL runs as another user.
mkdirSync(home, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 })
remember({ programs: before?.programs ?? [] })
const programs = { server: null, jupyter: null }
let stopping = false

const down = async (code) => {
  if (stopping) return
  stopping = true
  console.log(`\n${t('up.stopping')}`)
  stopRunning()
  await Promise.all([stop(programs.jupyter), stop(programs.server, 60_000)])
  rmSync(stateFile, { force: true })
  console.log(t('up.stopped'))
  process.exit(code)
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void down(0))

/** A program that will be stopped by the next `up`, should this one be killed. */
const startKnown = (name, ...command) => {
  const program = startLogged(name, ...command)
  programs[name] = program
  remember({ programs: [...state.programs, program.child.pid] })
  return program
}

/** What runs still of an `up` that was killed would be in the way, and nobody would stop it. */
const stopWhatWasLeft = async () => {
  const left = state.programs.filter(worksOnHome)
  if (left.length > 0) console.log(t('up.earlier'))
  await Promise.all(left.map((pid) => stopStranger(pid, 60_000)))
  remember({ programs: [] })
}

const startServer = async (uv) => {
  const { port, moved } = await freePort(Number(options.port))
  const args = [path.join(root, 'server/bin/novabrain.js'), 'serve', '--port', String(port), '--stop-jobs-on-exit']
  if (options.gpus !== undefined) args.push('--gpus', options.gpus)
  const environment = { NOVABRAIN_HOME: home, ...(uv === null ? {} : { NOVABRAIN_UV_PATH: uv }) }
  startKnown('server', process.execPath, args, environment)
  const url = `http://127.0.0.1:${port}`
  await untilAnswers(`${url}/health/ready`, programs.server, 60_000)
  return { url, remark: moved ? t('steps.portBusy', { url, port: options.port }) : url }
}

/** JupyterLab finds the server by the credentials in the data folder, so that it need not wait for it. */
const startJupyter = async (venv) => {
  const { port, moved } = await freePort(Number(options['jupyter-port']))
  const token = randomBytes(24).toString('hex')
  const folder = path.join(home, 'jupyter')
  const flags = ['--no-browser', '--ServerApp.ip=127.0.0.1', `--ServerApp.port=${port}`, '--ServerApp.port_retries=0']
  if (process.getuid?.() === 0) flags.push('--allow-root')
  startKnown('jupyter', bin(venv, 'jupyter-lab'), [...flags, `--ServerApp.root_dir=${notebooks}`], {
    JUPYTER_TOKEN: token,
    JUPYTER_CONFIG_DIR: path.join(folder, 'config'),
    JUPYTER_DATA_DIR: path.join(folder, 'data'),
    JUPYTER_RUNTIME_DIR: path.join(folder, 'runtime'),
    NOVABRAIN_HOME: home,
    NOVABRAIN_URL: undefined,
    NOVABRAIN_TOKEN: undefined,
  })
  const url = `http://127.0.0.1:${port}`
  await untilAnswers(`${url}/login`, programs.jupyter, 60_000)
  const open = `${url}/lab/tree/${sample}?token=${token}`
  return { url: open, remark: moved ? t('steps.portBusy', { url, port: options['jupyter-port'] }) : url }
}

const prepareJupyter = async (step, uv) => {
  const wheel = await step(t('step.jupyterExtension'), () => buildWheel(uv))
  if (wheel === null) return null
  const jupyter = await step('JupyterLab', () => ensureEnvironment(uv, 'jupyter', [wheel.wheel]))
  const kernel = await step(t('step.sample'), () => ensureEnvironment(uv, 'sample'))
  if (jupyter === null || kernel === null) return null
  await registerKernel(jupyter.venv, kernel.venv)
  quietJupyter(jupyter.venv)
  if (!existsSync(path.join(notebooks, sample))) cpSync(path.join(root, 'samples'), notebooks, { recursive: true })
  return jupyter.venv
}

const whyNoJupyter = (leftOut) => {
  if (options['no-jupyter']) return t('up.notAsked')
  const [reason] = leftOut.values()
  return reason === undefined ? null : t('up.notStarted', { reason: reason.split('\n')[0] })
}

const bringUp = async () => {
  const step = createSteps(options['no-jupyter'] ? 5 : 9)
  await step(t('step.packages'), ensurePackages)
  await step(t('step.build'), build)
  const uv = (await step('uv', ensureUv))?.uv ?? null
  const jupyter = uv === null || options['no-jupyter'] ? null : await prepareJupyter(step, uv)
  const [server, lab] = await Promise.all([
    step(t('step.server'), () => startServer(uv)),
    jupyter === null ? null : step(t('step.startJupyter'), () => startJupyter(jupyter)),
    uv === null ? null : step(t('step.tools'), () => ensureNotebookTools(uv)),
  ])
  return { serverUrl: server.url, jupyterUrl: lab?.url ?? null, why: lab === null ? whyNoJupyter(step.leftOut) : null }
}

const untilOneEnds = () =>
  Promise.race([programs.server, programs.jupyter].flatMap((program) => (program === null ? [] : [program.ended])))

try {
  const startMs = Date.now()
  await stopWhatWasLeft()
  remember(await bringUp())
  show(state)
  console.log(`\n${t('up.ready', { seconds: ((Date.now() - startMs) / 1000).toFixed(1) })}`)
  if (state.jupyterUrl !== null) console.log(t('up.next'))
  const ended = await untilOneEnds()
  if (!stopping) {
    const logs = path.join(home, 'logs')
    console.error(t('up.partEnded', { code: ended.code ?? ended.signal, folder: logs }))
    await down(1)
  }
} catch (error) {
  if (!stopping) {
    console.error(`\n${error.message}`)
    await down(1)
  }
}
