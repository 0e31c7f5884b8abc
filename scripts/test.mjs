// npm test [-- <patterns of paths>]: install what is missing, build, and run every test, those in the real JupyterLab
// and the real VS Code included. With CI=true a missing component is a failure; elsewhere its tests are left out, and the
// reason is printed.
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { build, buildWheel } from './lib/build.mjs'
import { ensureChromium } from './lib/chromium.mjs'
import { ensureCodeServer } from './lib/code-server.mjs'
import { ensurePackages } from './lib/packages.mjs'
import { home, root } from './lib/places.mjs'
import { ensureEnvironment, ensureUv, quietJupyter, registerKernel } from './lib/python.mjs'
import { stopRunning } from './lib/run.mjs'
import { createSteps } from './lib/steps.mjs'
import { startTestPostgres } from './lib/test-postgres.mjs'
import { afterSecondLook, filesOf, worthASecondLook } from './lib/test-results.mjs'
import { t } from './lib/texts.mjs'

const ci = process.env['CI'] === 'true'
const patterns = process.argv.slice(2)
const option = patterns.find((pattern) => pattern.startsWith('-'))
if (option !== undefined) {
  console.error(t('test.onlyPaths', { text: option }))
  process.exit(2)
}

/** Packages come with `npm packages`: what needs them is loaded after that. */
const buildExtension = async () => (await import('./lib/vscode-extension.mjs')).buildVsix()

const prepare = async (step) => {
  // The first time it waits for the network and unpacks for a minute; the other steps go on beside it.
  const editor = step('code-server', ensureCodeServer)
  editor.catch(() => undefined)
  await step(t('step.packages'), ensurePackages)
  await step(t('step.build'), build)
  const uv = (await step('uv', ensureUv))?.uv ?? null
  const wheel = uv === null ? null : await step(t('step.jupyterExtension'), () => buildWheel(uv))
  const jupyter =
    wheel === null ? null : await step('JupyterLab', () => ensureEnvironment(uv, 'jupyter', [wheel.wheel]))
  const sample = uv === null ? null : await step(t('step.sample'), () => ensureEnvironment(uv, 'sample'))
  const swift = uv === null ? null : await step('Swift (S3)', () => ensureEnvironment(uv, 'swift'))
  if (jupyter !== null && sample !== null) {
    await registerKernel(jupyter.venv, sample.venv)
    quietJupyter(jupyter.venv)
  }
  const extension = await step(t('step.vscodeExtension'), buildExtension)
  const browser = await step('Chromium', ensureChromium)
  const codeServer = await editor
  const postgres = await step('PostgreSQL', startTestPostgres)
  stopPostgres = postgres.stop
  return { uv, jupyter, sample, swift, codeServer, extension, browser, postgres }
}

const environmentOf = ({ uv, jupyter, sample, swift, codeServer, extension, browser, postgres }) => ({
  NOVABRAIN_TEST_HOME: home,
  NOVABRAIN_TEST_DATABASE: postgres.url,
  ...(uv === null ? {} : { NOVABRAIN_UV: uv }),
  ...(jupyter === null ? {} : { NOVABRAIN_TEST_JUPYTER: jupyter.venv }),
  ...(sample === null ? {} : { NOVABRAIN_TEST_PYTHON: sample.venv }),
  ...(swift === null ? {} : { NOVABRAIN_TEST_SWIFT: swift.venv }),
  ...(codeServer === null ? {} : { NOVABRAIN_TEST_CODE_SERVER: codeServer.codeServer }),
  ...(extension === null ? {} : { NOVABRAIN_TEST_VSCODE_EXTENSION: extension.vsix }),
  ...(browser === null ? {} : { CHROMIUM_PATH: browser.chromium }),
})

/** End-to-end tests that are light enough to share the machine: the terminal and pages of our own. */
const light = 'test/e2e/(cli|ui|web)'

/** Editors, and what is killed on purpose, want the machine for themselves: those tests run one file after the other. */
const rounds = [
  { name: t('test.unitAndIntegration'), projects: ['unit', 'integration'], workers: 2, except: [] },
  { name: t('test.light'), projects: ['e2e'], workers: 2, except: [`^(?!.*${light})`] },
  { name: t('test.endToEnd'), projects: ['e2e'], workers: 1, except: [light] },
]

/** What makes Python environments by itself and cannot be without uv. */
const needsUv = [
  'test/execution/',
  'test/conformance/',
  'test/chaos/',
  'test/e2e/(cli|up)',
  'integration/(environment-pins|faults|s3|tracking)',
]

const active = new Set()
let leaving = false
let stopPostgres = async () => undefined

/** End before the end. A PostgreSQL of our own is deaf to Ctrl-C, so that tests can end in order; it must not stay behind. */
const leave = async (code) => {
  if (leaving) return
  leaving = true
  stopRunning()
  const ended = [...active].map((child) => once(child, 'exit'))
  for (const child of active) child.kill('SIGTERM')
  await Promise.all(ended)
  await stopPostgres()
  process.exit(code)
}
process.on('SIGINT', () => void leave(130)).on('SIGTERM', () => void leave(143))
process.on('uncaughtException', (error) => {
  if (!leaving) console.error(error)
  void leave(1)
})

const run = (command, args, env) =>
  new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } })
    active.add(child)
    child.once('exit', (code) => {
      active.delete(child)
      if (!leaving) resolve(code ?? 1)
    })
  })

const jest = path.join(root, 'node_modules/jest/bin/jest.js')

/** What a failed test left open keeps Jest alive for ever; so long after its report it is ended. */
const patienceMs = 30_000

/** End the Jest that has written its report and does not go. Call what comes back when it has gone. */
const watchForTheEnd = (results) => {
  let reportedMs = Infinity
  const look = () => {
    if (!existsSync(results)) return
    reportedMs = Math.min(reportedMs, Date.now())
    if (Date.now() - reportedMs < patienceMs) return
    console.error(t('test.stays', { seconds: patienceMs / 1000 }))
    for (const child of active) child.kill('SIGKILL')
  }
  const timer = setInterval(look, 1000)
  return () => clearInterval(timer)
}

/** Run Jest once; gives what it found, file by file. */
const runJest = async ({ projects, workers, chosen }, env) => {
  const results = path.join(root, 'test/artifacts', `results-${projects.join('-')}-${workers}.json`)
  mkdirSync(path.dirname(results), { recursive: true })
  rmSync(results, { force: true })
  const flags = ['--selectProjects', ...projects, '--json', `--outputFile=${results}`, `--maxWorkers=${workers}`]
  const gone = watchForTheEnd(results)
  const code = await run(process.execPath, [jest, ...flags, ...chosen, '--passWithNoTests', '--verbose=false'], env)
  gone()
  return { code, files: filesOf(JSON.parse(readFileSync(results, 'utf8'))) }
}

/** Run a round, and what failed in it once more by itself: see docs/decisions/0013. */
const runRound = async ({ name, projects, workers, except }, env, leftOut) => {
  const startMs = Date.now()
  const wanted = patterns.flatMap((pattern) => ['--testPathPatterns', pattern])
  const ignored = [...leftOut, ...except].flatMap((pattern) => ['--testPathIgnorePatterns', pattern])
  console.log(`\n${workers === 1 ? t('test.oneFile', { name }) : t('test.manyFiles', { name, count: workers })}`)
  const first = await runJest({ projects, workers, chosen: [...wanted, ...ignored] }, env)
  const again = worthASecondLook(first.files)
  if (again.length > 0) console.log(`\n${t('test.again', { count: again.length })}`)
  const second =
    again.length === 0 ? first : await runJest({ projects, workers: 1, chosen: ['--runTestsByPath', ...again] }, env)
  const { files, unsteady } = afterSecondLook(first.files, second.files)
  for (const title of files.flatMap(titlesSkipped)) console.log(t('test.skipped', { title }))
  console.log(t('test.took', { name, seconds: ((Date.now() - startMs) / 1000).toFixed(0) }))
  return { code: second.code, files, unsteady }
}

const relative = (name) => path.relative(root, name)
const titlesSkipped = ({ name, skipped }) => skipped.map((title) => `${relative(name)}: ${title}`)
const sumOf = (files, count) => files.reduce((sum, file) => sum + count(file), 0)

const step = createSteps(10)
const parts = await prepare(step)
for (const [name, reason] of step.leftOut) console.log(t('test.needs', { name, reason }))
if (ci && step.leftOut.size > 0) {
  console.error(t('test.ciMissing'))
  await leave(1)
}

const leftOut = parts.uv === null ? needsUv : []
if (leftOut.length > 0) console.log(t('test.withoutUv', { patterns: leftOut.join(', ') }))
const found = []
for (const round of rounds) found.push(await runRound(round, environmentOf(parts), leftOut))
await stopPostgres()

const files = found.flatMap((round) => round.files)
const unsteady = found.flatMap((round) => round.unsteady)
const passed = sumOf(files, (file) => file.passed)
const failed = sumOf(files, (file) => file.failed.length)
const skipped = sumOf(files, (file) => file.skipped.length)
const good =
  found.every(({ code }) => code === 0) && files.every((file) => file.good) && passed > 0 && (!ci || skipped === 0)
if (ci && skipped > 0) console.error(t('test.ciSkipped'))
for (const { name, title } of unsteady) console.warn(t('test.unsteady', { title: `${relative(name)}: ${title}` }))
console.log(t('test.counts', { passed, failed, skipped, unsteady: unsteady.length }))
process.exit(good ? 0 : 1)
