// npm run bench:tracking [-- --quick], or node test/bench/tracking.mjs [--quick] [--rounds 5] [--seconds 4] [--only NAME,…]
// [--without-peer]
// Tracking beside a real `mlflow server` (its own default of several workers) on the same PostgreSQL, fsync on: the same
// client, the same data, rounds in turns, medians. Every answer to a write is given after the commit. Needs what
// `npm run bench` prepares; for the peer, uv and once a package index; 8 GB of room for temporary files. Prints a table and
// how each wish was met; when everything was measured with the peer it goes into docs/performance.md, between its marks. A
// work that fails is told in its line, the others are measured all the same, and the exit code is 1.
import { chmodSync, createWriteStream, mkdtempSync, rmSync, statSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { rm } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import http from 'node:http'
import pg from 'pg'
import { createLog, startEmbeddedPostgres } from '../../server/dist/index.js'
import { watchMemory } from './support/memory.mjs'
import { callerOf } from './support/mlflow-caller.mjs'
import { findPeerPython, startMlflow } from './support/mlflow-peer.mjs'
import { writeIntoPages } from './support/pages.mjs'
import { startBenchServer } from './support/server.mjs'
import { fillMlflow, fillOurs, runIdOf } from './tracking/fill.mjs'
import { rawCopy } from './tracking/raw-copy.mjs'
import { cellsOf, mediansOf, tableOf } from './tracking/report.mjs'
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

const seconds = (what) => ({ unit: `${what}/s`, shows: ['rate'], more: true })
const delays = { unit: 'ms p50 / p95', shows: ['p50', 'p95'], more: false }
const count = (value) => value.toLocaleString('en')

/**
 * What is done, and the lines that it gives: their names, units, which figures are shown (the first is compared), whether
 * more is better, and what is wanted.
 */
const table = (places) => [
  {
    run: (s) => works.logMetric(1)(s, durationMs),
    lines: [{ name: '`log_metric`, 1 client', ...seconds('calls'), wish: { times: 5 } }],
  },
  {
    run: (s) => works.logMetric(16)(s, durationMs),
    lines: [{ name: '`log_metric`, 16 clients', ...seconds('calls'), wish: { times: 5 } }],
  },
  {
    run: (s) => works.logBatch(100)(s, durationMs),
    lines: [{ name: '`log_batch` of 100', ...seconds('points'), wish: { times: 10 } }],
  },
  {
    run: (s) => works.logBatch(1000)(s, durationMs),
    lines: [{ name: '`log_batch` of 1,000', ...seconds('points'), wish: { times: 10 } }],
  },
  {
    run: (s) => works.wholeRun(s, durationMs),
    lines: [{ name: 'run, 20 params, end', ...seconds('runs'), wish: { times: 5 } }],
  },
  ...sizes.map((size, index) => ({
    run: (s) => works.search(index + 1)(s, values.quick ? 20 : 40),
    lines: [
      {
        name: `search of ${count(size)} runs`,
        ...delays,
        wish: { times: 10, ...(size === 100_000 ? { below: { key: 'p95', limit: 50, unit: 'ms p95' } } : {}) },
      },
    ],
  })),
  {
    run: (s) => works.history(places.long, 'loss', historyPoints)(s, 3),
    lines: [{ name: `history of ${count(historyPoints)} points`, ...delays, wish: { times: 5 } }],
  },
  {
    run: (s) => works.chart(places.long, 'loss')(s, 3),
    lines: [{ name: `chart of ${count(historyPoints)} points`, ...delays }],
  },
  {
    run: (s) => works.chart(places.longest, 'loss')(s, 3),
    lines: [
      {
        name: `chart of ${count(chartPoints)} points`,
        ...delays,
        wish: { below: { key: 'p50', limit: 100, unit: 'ms' } },
      },
    ],
  },
  {
    run: (s) => works.artifact(places.file, artifactBytes)(s),
    before: places.checkpoint,
    turns: 3,
    lines: [
      {
        name: `artifact of ${count(artifactBytes / 1e6)} MB, up`,
        unit: 'MB/s',
        shows: ['up'],
        more: true,
        wish: { times: 1 },
      },
      { name: 'the same, down', unit: 'MB/s', shows: ['down'], more: true, wish: { times: 1 } },
      {
        name: 'memory that this took more',
        unit: 'MiB',
        shows: ['grown'],
        wish: { below: { key: 'grown', limit: 128, unit: 'MiB' } },
      },
    ],
  },
]

/** Rounds in turns: a moment in which the machine has other things to do falls on both. */
const measure = async (systems, { run, lines, turns = rounds, before }) => {
  const begun = performance.now()
  await before?.()
  const results = new Map(systems.map((system) => [system.name, []]))
  for (let round = 0; round < Math.min(turns, rounds); round += 1)
    for (const system of round % 2 === 0 ? systems : systems.toReversed())
      results.get(system.name).push(await run(system))
  const [ours, theirs] = systems.map(({ name }) => mediansOf(results.get(name)))
  const rows = lines.map((line) => cellsOf(line, { ours, theirs }))
  const took = Math.round((performance.now() - begun) / 1000)
  for (const [name, unit, mine, other] of rows) console.log(`${took} s: ${name}, ${unit}: ${mine}; ${other}`)
  return rows
}

/** The rows of a work; one that fails says so in them. */
const measured = async (systems, work) => {
  try {
    return await measure(systems, work)
  } catch (error) {
    console.error(error)
    process.exitCode = 1
    return work.lines.map((line) => cellsOf(line, { failure: error.message.replaceAll('|', '/') }))
  }
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

const loadNow = () => loadavg()[0].toFixed(1)
const loadBefore = loadNow()
const machine = `${availableParallelism()} cores, Node ${process.version}`
const begunAt = performance.now()
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
      forget: () => rm(path.join(ours.home, 'blobs'), { recursive: true }),
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
    // PostgreSQL takes minutes to write what the works before left: whoever waits for the disk would wait for that too.
    checkpoint: async () => {
      const admin = new pg.Client(postgres.adminUrl)
      await admin.connect()
      await admin.query('CHECKPOINT')
      await admin.end()
    },
  }
  const isWanted = ({ name }) => wanted === null || wanted.some((part) => name.includes(part))
  const asked = table(places).filter(({ lines }) => lines.some(isWanted))
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
  for (const work of asked) rows.push(...(await measured(systems, work)))
  const [mine, other] = memory.map((end) => ({ most: end() }))
  const inMemory = {
    name: 'memory under all that, most',
    unit: 'MiB',
    shows: ['most'],
    more: false,
    wish: { times: 1 },
  }
  rows.push(cellsOf(inMemory, { ours: mine, theirs: other }))
  const besideCopy = {
    run: async (system) => ({
      copied: await rawCopy(postgres.url, { connections: 4, batch: 1000, durationMs }),
      sent: (await works.logBatch(1000)(system, durationMs)).rate,
    }),
    lines: [
      {
        name: 'points, beside raw `COPY`',
        unit: 'points/s',
        shows: ['sent'],
        beside: 'copied',
        wish: { share: { of: 'copied', least: 0.5 } },
      },
    ],
  }
  if (besideCopy.lines.some(isWanted)) rows.push(...(await measured(systems.slice(0, 1), besideCopy)))

  const took = ((performance.now() - begunAt) / 60_000).toFixed(0)
  const report = [
    `Medians of ${rounds} rounds in turns, of ${durationMs / 1000} s where it is a rate; ${machine}; load average ${loadBefore} before and`,
    `${loadNow()} after; all of it took ${took} minutes.`,
    '',
    tableOf(rows, systems[1]?.name ?? ''),
  ].join('\n')
  console.log(`\n${report}`)
  if (!values.quick && wanted === null && systems.length === 2)
    await writeIntoPages(['docs/performance.md'], 'tracking', report)
} finally {
  for (const step of undo) await step()
}
