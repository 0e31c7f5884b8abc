// node test/bench/history.mjs [--runs 500] [--file-mib 512]
// How fast `novabrain import mlflow` brings a history from a real `mlflow server` on PostgreSQL, verification included, and
// `export` takes it back to a fresh SQLite store: many short runs, long curves, one large file; then the same import again,
// which finds everything there. Beside each, the most memory that the command held. Fails when the two sides differ.
// Needs `npm run build`; uv and once a package index. Prints a table.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { ReadableStream } from 'node:stream/web'
import { parseArgs } from 'node:util'
import { createLog, startEmbeddedPostgres } from '../../server/dist/index.js'
import { findPeerPython, startMlflow } from './support/mlflow-peer.mjs'
import { machineLine, startBenchServer } from './support/server.mjs'

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '500' }, 'file-mib': { type: 'string', default: '512' } },
})
const command = path.resolve(import.meta.dirname, '../../server/bin/novabrain.js')

const post = async (url, address, body) => {
  const answer = await fetch(`${url}/api/2.0/mlflow${address}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  if (!answer.ok) throw new Error(`${address}: ${answer.status} ${await answer.text()}`)
  return answer.json()
}

/** Runs of one experiment, each with as many metrics of so many points. */
const fill = async (url, name, { runs, metrics, points }) => {
  const { experiment_id } = await post(url, '/experiments/create', { name })
  for (let index = 0; index < runs; index += 1) {
    const { run } = await post(url, '/runs/create', { experiment_id, start_time: 1_700_000_000_000 + index })
    const run_id = run.info.run_id
    const params = Array.from({ length: 10 }, (_, key) => ({ key: `param ${key}`, value: String(index * key) }))
    await post(url, '/runs/log-batch', { run_id, params })
    const all = Array.from({ length: metrics * points }, (_, at) => ({
      key: `metric ${at % metrics}`,
      value: Math.sin(at),
      timestamp: 1_700_000_000_000 + at,
      step: Math.floor(at / metrics),
    }))
    for (let at = 0; at < all.length; at += 1000)
      await post(url, '/runs/log-batch', { run_id, metrics: all.slice(at, at + 1000) })
    await post(url, '/runs/update', { run_id, status: 'FINISHED', end_time: 1_700_000_100_000 })
  }
}

const fillFile = async (url, name, mib) => {
  const { experiment_id } = await post(url, '/experiments/create', { name })
  const { run } = await post(url, '/runs/create', { experiment_id, start_time: 1_700_000_000_000 })
  const { run_id, artifact_uri } = run.info
  const place = artifact_uri.replace(/^mlflow-artifacts:\/*/, '')
  const chunk = Buffer.alloc(1 << 20, 'history')
  const body = ReadableStream.from(Array.from({ length: mib }, () => chunk))
  const answer = await fetch(`${url}/api/2.0/mlflow-artifacts/artifacts/${place}/large.bin`, {
    method: 'PUT',
    body,
    duplex: 'half',
  })
  if (!answer.ok) throw new Error(`the large file: ${answer.status}`)
  await post(url, '/runs/update', { run_id, status: 'FINISHED', end_time: 1_700_000_100_000 })
}

/** Run the command; its outcome, and the most memory it held. */
const run = async (args, server) => {
  const child = spawn(process.execPath, [command, ...args, '--json'], {
    env: { ...process.env, NOVABRAIN_URL: server.url, NOVABRAIN_TOKEN: server.token, NOVABRAIN_HOME: server.home },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [text, said, peakMib] = ['', '', 0]
  child.stdout.on('data', (chunk) => (text += chunk))
  child.stderr.on('data', (chunk) => (said += chunk))
  const timer = setInterval(() => (peakMib = Math.max(peakMib, memoryOf(child.pid))), 100)
  const [code] = await once(child, 'close')
  clearInterval(timer)
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${said}${text}`)
  return { ...JSON.parse(text), peakMib }
}

const memoryOf = (pid) => {
  try {
    return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

const rowOf = (what, { copied, unchangedRuns, tookMs, peakMib }) => {
  const perSecond = (count) => (count / (tookMs / 1000)).toLocaleString('en', { maximumFractionDigits: 1 })
  return [
    what,
    `${copied.runs}${unchangedRuns > 0 ? ` (${unchangedRuns} unchanged)` : ''}`,
    (tookMs / 1000).toFixed(1),
    perSecond(copied.runs),
    perSecond(copied.points),
    perSecond(copied.bytes / 1_048_576),
    Math.round(peakMib),
  ]
}

const home = mkdtempSync(path.join(tmpdir(), 'novabrain-bench-history-'))
chmodSync(home, 0o711)
const python = findPeerPython()
const postgres = await startEmbeddedPostgres({ home, log: createLog({ logLevel: 'silent' }) })
const source = await startMlflow({ python, postgresUrl: postgres.url, home })
const server = await startBenchServer()
try {
  await fill(source.url, 'short runs', { runs: Number(values.runs), metrics: 5, points: 10 })
  await fill(source.url, 'long curves', { runs: 4, metrics: 10, points: 10_000 })
  await fillFile(source.url, 'a large file', Number(values['file-mib']))
  const headings = ['what', 'runs', 'seconds', 'runs/s', 'points/s', 'MiB/s', 'memory MiB']
  const print = (row) => console.log(`| ${row.join(' | ')} |`)
  console.log(`\n${machineLine()}\n`)
  for (const row of [headings, headings.map(() => '---')]) print(row)
  for (const name of ['short runs', 'long curves', 'a large file'])
    print(rowOf(`import, ${name}`, await run(['import', 'mlflow', source.url, '--experiment', name], server)))
  print(rowOf('import again, all', await run(['import', 'mlflow', source.url], server)))
  const back = path.join(home, 'back.db')
  const out = ['export', 'mlflow', `sqlite:///${back}`, '--python', python]
  for (const name of ['short runs', 'long curves', 'a large file'])
    print(rowOf(`export, ${name}`, await run([...out, '--experiment', name], server)))
} finally {
  await server.close()
  await source.close()
  await postgres.stop()
  rmSync(home, { recursive: true, force: true })
}
