// node test/bench/pin-and-snapshot.mjs [--python PATH] [--rounds 15]
// What environment pin and code snapshot cost, over HTTP, against a built server with a PostgreSQL of its own: the first
// time, and again for an unchanged and a slightly changed notebook, in a warm kernel (JupyterLab) and with an interpreter
// started each time (terminal). Needs `npm run build`, Python and uv (NOVABRAIN_UV or on the PATH); without --python an
// environment is installed first, which needs a package index. Prints a table; exits with 1 when a budget is broken.
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { Value } from '@sinclair/typebox/value'
import {
  captureWorkspace,
  createClient,
  notebookCode,
  pinEnvironment,
  readNotebook,
  sendSnapshot,
  snapshotText,
} from '@novabrain/contracts'
import { Config } from '../../server/dist/config.js'
import { startServer } from '../../server/dist/main.js'
import { readCredentials } from '../../server/dist/modules/identity/first-run.js'

const { values } = parseArgs({ options: { python: { type: 'string' }, rounds: { type: 'string', default: '15' } } })
const rounds = Number(values.rounds)
const uv = process.env['NOVABRAIN_UV'] ?? 'uv'
const budgetMs = 300

const home = mkdtempSync(path.join(tmpdir(), 'novabrain-bench-'))
const workspace = path.join(home, 'work')
const undo = [() => rmSync(home, { recursive: true, force: true })]

const makePython = () => {
  const folder = path.join(home, 'python')
  execFileSync(uv, ['venv', '--quiet', folder])
  const python = path.join(folder, 'bin', 'python')
  execFileSync(uv, ['pip', 'install', '--quiet', '--python', python, 'jupyterlab', 'scikit-learn', 'pandas', 'mlflow'])
  return python
}

/** A notebook with some code and 2 MB of output, twenty local modules, a data file, in a repository with a change. */
const makeWorkspace = () => {
  mkdirSync(path.join(workspace, 'helpers'), { recursive: true })
  mkdirSync(path.join(workspace, 'data'))
  const old = (name, text) => {
    writeFileSync(path.join(workspace, name), text)
    utimesSync(path.join(workspace, name), 1_700_000_000, 1_700_000_000)
  }
  for (let index = 0; index < 20; index += 1) old(`helpers/part${index}.py`, `import helpers.part${index + 1}\n`)
  old('helpers/__init__.py', '')
  old('data/train.csv', 'x,y\n'.repeat(250_000))
  for (let index = 0; index < 500; index += 1) old(`data/unused${index}.csv`, 'x')
  const git = (...args) =>
    execFileSync('git', ['-c', 'user.name=b', '-c', 'user.email=b@example.org', ...args], { cwd: workspace })
  git('init', '-q')
  git('add', '-A')
  git('commit', '-q', '-m', 'first')
  old('helpers/part3.py', 'import helpers.part4\nx = 1\n')
}

const notebook = (cell) => {
  const outputs = [{ output_type: 'stream', name: 'stdout', text: `${Math.random()}`.repeat(120_000) }]
  const source = `import helpers.part0\nimport pandas as pd\npd.read_csv("data/train.csv")\n${cell}`
  const code = { cell_type: 'code', id: 'a', metadata: {}, source, outputs, execution_count: 1 }
  const text = JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [code] })
  const reading = readNotebook(text, 'train.ipynb')
  return { path: 'train.ipynb', text: snapshotText(reading.notebook), code: notebookCode(reading.notebook).code }
}

const sha256 = (bytes) => Promise.resolve(createHash('sha256').update(bytes).digest('hex'))

/** Run a program with an interpreter of its own, as the terminal does. */
const coldHost = (python) => ({
  sha256,
  run: (program) =>
    new Promise((resolve, reject) => {
      const child = spawn(python, ['-'], { cwd: workspace })
      let text = ''
      child.stdout.setEncoding('utf8').on('data', (part) => (text += part))
      child.on('error', reject).on('close', () => resolve(text))
      child.stdin.end(program)
    }),
})

/** Run programs one after another in one interpreter that stays, as a kernel does. */
const warmHost = (python) => {
  const loop =
    'import sys,json\nfor line in sys.stdin:\n    exec(compile(json.loads(line), "cell", "exec"), {})\n    print("END", flush=True)\n'
  const child = spawn(python, ['-u', '-c', loop], { cwd: workspace })
  undo.push(() => child.kill())
  let text = ''
  let done = () => undefined
  child.stdout.setEncoding('utf8').on('data', (part) => {
    text += part
    if (!text.endsWith('END\n')) return
    done(text)
    text = ''
  })
  return {
    sha256,
    run: (program) => {
      const answer = new Promise((resolve) => (done = resolve))
      child.stdin.write(`${JSON.stringify(program)}\n`)
      return answer
    },
  }
}

const traffic = { uploads: 0, sentBytes: 0 }
const countingFetch = (url, init) => {
  if (init.method === 'PUT') traffic.uploads += 1
  traffic.sentBytes += init.body?.length ?? 0
  return fetch(url, init)
}

const submission = (client, projectId, host) => {
  let known = {}
  return async (cell) => {
    const startedMs = performance.now()
    Object.assign(traffic, { uploads: 0, sentBytes: 0 })
    const taken = await captureWorkspace(host, { folder: workspace, entrypoint: notebook(cell), known })
    const capturedMs = performance.now()
    const pinned = await pinEnvironment(client, projectId, taken)
    const pinnedMs = performance.now()
    await sendSnapshot(client, projectId, host, taken)
    known = taken.known
    const endMs = performance.now()
    return {
      capture: capturedMs - startedMs,
      pin: pinnedMs - capturedMs,
      snapshot: endMs - pinnedMs,
      total: endMs - startedMs,
      packages: pinned.pin.packages.length,
      ...traffic,
    }
  }
}

const median = (numbers) => [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]

const repeated = async (submit, cellOf) => {
  const all = []
  for (let round = 0; round < rounds; round += 1) all.push(await submit(cellOf(round)))
  return Object.fromEntries(Object.keys(all[0]).map((key) => [key, median(all.map((each) => each[key]))]))
}

const main = async () => {
  makeWorkspace()
  const python = values.python ?? makePython()
  const settings = { home: path.join(home, 'data'), port: 0, gpus: 'none', logLevel: 'silent' }
  const uvPath = execFileSync('/bin/sh', ['-c', `command -v "${uv}"`], { encoding: 'utf8' }).trim()
  const server = await startServer(Value.Decode(Config, Value.Default(Config, { ...settings, uvPath })))
  undo.unshift(() => server.close())
  const { token, projectId } = await readCredentials(settings.home)
  const headers = () => ({ authorization: `Bearer ${token}` })
  const client = createClient({ baseUrl: server.url, fetch: countingFetch, headers })
  const rows = []
  for (const [name, host] of [
    ['kernel', warmHost(python)],
    ['terminal', coldHost(python)],
  ]) {
    const submit = submission(client, projectId, host)
    rows.push([`${name}, first time`, await submit('x = 0')])
    rows.push([`${name}, unchanged`, await repeated(submit, () => 'x = 0')])
    rows.push([`${name}, one cell changed`, await repeated(submit, (round) => `x = ${name}${round}`)])
  }
  console.log('| case | capture ms | pin ms | snapshot ms | total ms | uploads | sent bytes |')
  console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: |')
  for (const [name, row] of rows) {
    const times = [row.capture, row.pin, row.snapshot, row.total].map((ms) => ms.toFixed(0)).join(' | ')
    console.log(`| ${name} | ${times} | ${row.uploads} | ${row.sentBytes} |`)
  }
  console.log(
    `\n${rows[0][1].packages} packages; medians of ${rounds} rounds; budget for unchanged: ${budgetMs} ms and no upload`,
  )
  const broken = rows.filter(([name, row]) => name.endsWith('unchanged') && (row.total > budgetMs || row.uploads > 0))
  process.exitCode = broken.length > 0 ? 1 : 0
}

try {
  await main()
} finally {
  for (const step of undo) await step()
}
