// npm run bench:tracking [-- --quick], or node test/bench/tracking.mjs [--quick] [--rounds 5] [--seconds 4] [--only NAME,…]
// [--without-peer]
// Tracking beside a real `mlflow server` (its own default of several workers) on the same PostgreSQL, fsync on: the same
// client, the same data, rounds in turns, medians. Every answer to a write is given after the commit. Needs what
// `npm run bench` prepares; for the peer, uv and once a package index. Prints a table and how each wish was met.
import { chmodSync, createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import http from 'node:http'
import { createLog, startEmbeddedPostgres } from '../../server/dist/index.js'
import { watchMemory } from './support/memory.mjs'
import { callerOf } from './support/mlflow-caller.mjs'
import { findPeerPython, startMlflow } from './support/mlflow-peer.mjs'
import { machineLine, median, startBenchServer } from './support/server.mjs'
import { fillMlflow, fillOurs, runIdOf } from './tracking/fill.mjs'
import { rawCopy } from './tracking/raw-copy.mjs'
import * as works from './tracking/works.mjs'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    only: { type: 'string' },
    'without-peer': { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds ?? (values.quick ? 1 : 5))
const durationMs = Number(values.seconds ?? (values.quick ? 2 : 4)) * 1000
const wanted = values.only?.split(',') ?? null

/** Experiments with so many runs each, by the ids they get on both sides. */
const sizes = values.quick ? [1000, 10_000] : [1000, 10_000, 100_000]
const [historyPoints, chartPoints] = [100_000, values.quick ? 100_000 : 1_000_000]
const artifactBytes = values.quick ? 100_000_000 : 1_000_000_000

const rate = (what) => ({ what: `${what}/s`, more: true })
const delay = { what: 'ms p50', more: false }

/** Name, unit, the wish of how many times the peer, and the work; a work gives a number or several by name. */
const table = (places) => [
  { name: 'log_metric, 1 client', unit: rate('calls'), wish: 5, run: (s) => works.logMetric(1)(s, durationMs) },
  { name: 'log_metric, 16 clients', unit: rate('calls'), wish: 5, run: (s) => works.logMetric(16)(s, durationMs) },
  { name: 'log_batch of 100', unit: rate('points'), wish: 10, run: (s) => works.logBatch(100)(s, durationMs) },
  { name: 'log_batch of 1,000', unit: rate('points'), wish: 10, run: (s) => works.logBatch(1000)(s, durationMs) },
  { name: 'run, 20 params, end', unit: rate('runs'), wish: 5, run: (s) => works.wholeRun(s, durationMs) },
  ...sizes.map((size, index) => ({
    name: `search of ${size.toLocaleString('en')} runs`,
    unit: delay,
    wish: 10,
    run: (s) => works.search(index + 1)(s, values.quick ? 10 : 20),
  })),
  {
    name: `history of ${historyPoints.toLocaleString('en')} points`,
    unit: delay,
    wish: 5,
    run: (s) => works.history(places.long, 'loss', historyPoints)(s, 3),
  },
  {
    name: `chart of ${historyPoints.toLocaleString('en')} points`,
    unit: delay,
    wish: null,
    run: (s) => works.chart(places.long, 'loss')(s, 3),
  },
  {
    name: `chart of ${chartPoints.toLocaleString('en')} points`,
    unit: delay,
    wish: null,
    run: (s) => works.chart(places.longest, 'loss')(s, 3),
  },
  {
    name: `artifact of ${artifactBytes / 1e6} MB`,
    unit: { what: 'MB/s up', more: true },
    wish: 1,
    turns: 3,
    run: (s) => works.artifact(places.file, artifactBytes)(s),
  },
]

const figuresOf = (result) => (typeof result === 'number' ? { value: result } : result)
const main = (figures) => figures.value ?? figures.p50 ?? figures.up

/** Rounds in turns: a moment in which the machine has other things to do falls on both. */
const measure = async (systems, { name, run, turns = rounds }) => {
  const results = new Map(systems.map((system) => [system.name, []]))
  for (let round = 0; round < Math.min(turns, rounds); round += 1)
    for (const system of round % 2 === 0 ? systems : systems.toReversed())
      results.get(system.name).push(figuresOf(await run(system)))
  console.log(`measured: ${name}`)
  return systems.map((system) => {
    const all = results.get(system.name)
    return Object.fromEntries(Object.keys(all[0]).map((key) => [key, median(all.map((each) => each[key]))]))
  })
}

const number = (value) => (value >= 1000 ? Math.round(value).toLocaleString('en') : value.toFixed(value >= 100 ? 0 : 1))
const told = (figures) =>
  Object.entries(figures)
    .map(([key, value]) => (key === 'value' ? number(value) : `${key} ${number(value)}`))
    .join(', ')

const rowOf = ({ name, unit, wish }, [ours, theirs]) => {
  const ratio = theirs === undefined ? null : unit.more ? main(ours) / main(theirs) : main(theirs) / main(ours)
  const cells = [name, unit.what, told(ours), theirs === undefined ? '' : told(theirs)]
  return `| ${[...cells, ratio === null ? '' : ratio.toFixed(1), wish === null ? '' : `≥ ${wish}`].join(' | ')} |`
}

const peerPython = () => {
  if (values['without-peer']) return null
  try {
    return findPeerPython()
  } catch (error) {
    console.log(`Without the peer, which cannot be installed: ${error.message}`)
    return null
  }
}

const createExperiments = async ({ callWith }) => {
  const call = callWith(new http.Agent())
  for (const size of sizes) await call('POST', '/experiments/create', { name: `runs ${size}` })
}

const home = mkdtempSync(path.join(tmpdir(), 'novabrain-bench-'))
chmodSync(home, 0o711)
const undo = [() => rmSync(home, { recursive: true, force: true, maxRetries: 5 })]
try {
  const postgres = await startEmbeddedPostgres({ home, log: createLog({ logLevel: 'silent' }) })
  undo.unshift(() => postgres.stop())
  const ours = await startBenchServer({ databaseUrl: postgres.url })
  undo.unshift(() => ours.close())
  const me = await ours.client.getMe({})
  const systems = [
    {
      name: 'NovaBrain',
      url: ours.url,
      token: ours.token,
      pid: ours.pid,
      callWith: callerOf(ours),
      fill: fillOurs(postgres.url, { tenantId: me.tenant.id, projectId: ours.projectId }),
      chart: async (_call, runId, key) => {
        const { projectId } = ours
        const series = await ours.client.getMetricSeries({ params: { projectId, runId }, query: { key } })
        return series.values.length
      },
      // Points that came as rows are told in blocks when somebody looks; those that are logged, as they come.
      settle: async (runId) => {
        const { projectId } = ours
        const look = () => ours.client.getMetricSeries({ params: { projectId, runId }, query: { key: 'loss' } })
        for (let tries = 0; tries < 100 && (await systems[0].fill.behind(runId, 'loss')) >= 8192; tries += 1) {
          await look()
          await new Promise((resolve) => setTimeout(resolve, 500))
        }
      },
    },
  ]
  const python = peerPython()
  if (python !== null) {
    const mlflow = await startMlflow({ python, postgresUrl: postgres.url, home })
    undo.unshift(() => mlflow.close())
    systems.push({
      name: `mlflow ${mlflow.version}`,
      url: mlflow.url,
      pid: mlflow.pid,
      callWith: callerOf(mlflow),
      fill: fillMlflow(postgres.url),
      chart: async (call, runId, key) => {
        const query = `run_ids=${runId}&metric_key=${key}&max_results=1000`
        return (await call('GET', `/metrics/get-history-bulk-interval?${query}`)).metrics.length
      },
    })
  }
  const places = {
    long: runIdOf(1, 1),
    longest: runIdOf(1, 2),
    file: path.join(home, 'large.bin'),
  }
  const asked = table(places).filter(({ name }) => wanted === null || wanted.some((part) => name.includes(part)))
  for (const system of systems) {
    await createExperiments(system)
    for (const [index, size] of sizes.entries()) await system.fill.runs(index + 1, size)
    await system.fill.points(places.long, 'loss', historyPoints)
    await system.fill.points(places.longest, 'loss', chartPoints)
    for (const place of [places.long, places.longest]) await system.settle?.(place)
    console.log(`filled: ${system.name}`)
  }
  const piece = randomBytes(1_000_000)
  await pipeline(
    Readable.from(
      (function* () {
        for (let index = 0; index < artifactBytes / piece.length; index += 1) yield piece
      })(),
    ),
    createWriteStream(places.file),
  )
  if (statSync(places.file).size !== artifactBytes) throw new Error('the file to be sent was not written')

  const memory = systems.map(({ pid }) => watchMemory(pid))
  const rows = []
  for (const work of asked) rows.push(rowOf(work, await measure(systems, work)))
  const peaks = memory.map((end) => ({ value: end() }))
  rows.push(rowOf({ name: 'memory of the server, most', unit: { what: 'MiB', more: false }, wish: 1 }, peaks))

  if (wanted === null || wanted.includes('COPY')) {
    const [copied, sent] = [[], []]
    for (let round = 0; round < rounds; round += 1) {
      copied.push(await rawCopy(postgres.url, { connections: 4, batch: 1000, durationMs }))
      sent.push(await works.logBatch(1000)(systems[0], durationMs))
    }
    const share = ((median(sent) / median(copied)) * 100).toFixed(0)
    rows.push(
      `| points on the disk, beside COPY | points/s | ${number(median(sent))} | COPY ${number(median(copied))} | ${share} % | ≥ 50 % |`,
    )
  }
  console.log(`\nmedians of ${rounds} rounds in turns; everything on ${machineLine()}\n`)
  console.log(`| work | | NovaBrain | ${systems[1]?.name ?? ''} | times | wish |`)
  console.log('| --- | --- | ---: | ---: | ---: | ---: |')
  for (const row of rows) console.log(row)
} finally {
  for (const step of undo) await step()
}
