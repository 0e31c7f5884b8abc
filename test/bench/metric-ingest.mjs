// node test/bench/metric-ingest.mjs [--seconds 4] [--rounds 3] [--connections 8] [--without-peer]
// How many points of metrics a second reach the disk, over MLflow's REST API, at 1, 10 and 100 points a request, beside a
// real `mlflow server` on the same PostgreSQL (fsync on): the same client, the same load, rounds in turns, medians. Every
// answer is given after the commit. The points counted are those read back afterwards; the benchmark fails when they are
// not those acknowledged. Needs `npm run build`; for the peer, uv and once a package index. Prints a table.
import http from 'node:http'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { createLog, startEmbeddedPostgres } from '../../server/dist/index.js'
import { callerOf } from './support/mlflow-caller.mjs'
import { findPeerPython, startMlflow } from './support/mlflow-peer.mjs'
import { machineLine, median, quantile, startBenchServer } from './support/server.mjs'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '4' },
    rounds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '8' },
    'without-peer': { type: 'boolean', default: false },
  },
})
const connections = Number(values.connections)
const rounds = Number(values.rounds)
const durationMs = Number(values.seconds) * 1000
const sizes = [1, 10, 100]

/** Each connection is a program that logs to a run of its own, one request after another. */
const measure = async (system, pointsEach) => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: connections })
  try {
    return await logWith(system.callWith(agent), pointsEach)
  } finally {
    agent.destroy()
  }
}

const logWith = async (call, pointsEach) => {
  const runs = await Promise.all(Array.from({ length: connections }, () => createRun(call)))
  const times = []
  const started = performance.now()
  const until = started + durationMs
  let [acknowledged, refused] = [0, 0]
  await Promise.all(
    runs.map(async (runId) => {
      for (let step = 0; performance.now() < until; step += pointsEach) {
        const begun = performance.now()
        const body = { run_id: runId, metrics: pointsOf(step, pointsEach) }
        const answer = await call('POST', '/runs/log-batch', body).catch(() => null)
        if (answer === null) refused += 1
        else {
          times.push(performance.now() - begun)
          acknowledged += pointsEach
        }
      }
    }),
  )
  const seconds = (performance.now() - started) / 1000
  const stored = await storedPoints(call, runs)
  return {
    pointsPerSecond: acknowledged / seconds,
    p50: quantile(times, 0.5),
    p99: quantile(times, 0.99),
    acknowledged,
    stored,
    refused,
  }
}

const createRun = async (call) => {
  const body = { experiment_id: '0', start_time: Date.now() }
  return (await call('POST', '/runs/create', body)).run.info.run_id
}

const warm = async ({ callWith }) => {
  const agent = new http.Agent()
  const runId = await createRun(callWith(agent))
  await callWith(agent)('POST', '/runs/log-batch', { run_id: runId, metrics: pointsOf(0, 1) })
}

const pointsOf = (from, count) =>
  Array.from({ length: count }, (_, index) => ({
    key: `metric ${index % 10}`,
    value: Math.random(),
    timestamp: Date.now(),
    step: from + index,
  }))

const storedPoints = async (call, runs) => {
  let stored = 0
  for (const runId of runs) {
    const { run } = await call('GET', `/runs/get?run_id=${runId}`)
    for (const { key } of run.data.metrics ?? []) {
      const history = await call('GET', `/metrics/get-history?run_id=${runId}&metric_key=${encodeURIComponent(key)}`)
      stored += history.metrics.length
    }
  }
  return stored
}

const summary = (results) => ({
  pointsPerSecond: median(results.map((each) => each.pointsPerSecond)),
  p50: median(results.map((each) => each.p50)),
  p99: median(results.map((each) => each.p99)),
  acknowledged: results.reduce((sum, each) => sum + each.acknowledged, 0),
  stored: results.reduce((sum, each) => sum + each.stored, 0),
  refused: results.reduce((sum, each) => sum + each.refused, 0),
})

/** Rounds in turns: a moment in which the machine has other things to do falls on both. */
const compare = async (systems, pointsEach) => {
  const results = new Map(systems.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round += 1)
    for (const system of round % 2 === 0 ? systems : systems.toReversed())
      results.get(system.name).push(await measure(system, pointsEach))
  return systems.map(({ name }) => ({ name, pointsEach, ...summary(results.get(name)) }))
}

const whole = (number) => Math.round(number).toLocaleString('en')

const print = (all) => {
  const load = `${connections} connections, median of ${rounds} rounds of ${values.seconds} s`
  console.log(`\n${load}; load generator, servers and PostgreSQL on ${machineLine()}\n`)
  console.log(
    '| points a request | server | requests/s | durable points/s | ratio | p50 ms | p99 ms | refused | lost |',
  )
  console.log('| ---: | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |')
  for (const rows of all)
    for (const { name, pointsEach, pointsPerSecond, p50, p99, acknowledged, stored, refused } of rows) {
      const ratio = (pointsPerSecond / rows.at(-1).pointsPerSecond).toFixed(1)
      const rates = `${whole(pointsPerSecond / pointsEach)} | ${whole(pointsPerSecond)} | ${ratio}`
      console.log(
        `| ${pointsEach} | ${name} | ${rates} | ${p50.toFixed(1)} | ${p99.toFixed(1)} | ${refused} | ${acknowledged - stored} |`,
      )
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

const home = mkdtempSync(path.join(tmpdir(), 'novabrain-bench-'))
chmodSync(home, 0o711)
const undo = [() => rmSync(home, { recursive: true, force: true, maxRetries: 5 })]
try {
  const postgres = await startEmbeddedPostgres({ home, log: createLog({ logLevel: 'silent' }) })
  undo.unshift(() => postgres.stop())
  const ours = await startBenchServer({ databaseUrl: postgres.url })
  undo.unshift(() => ours.close())
  const systems = [{ name: 'NovaBrain', callWith: callerOf(ours) }]
  const python = peerPython()
  if (python !== null) {
    const mlflow = await startMlflow({ python, postgresUrl: postgres.url, home })
    undo.unshift(() => mlflow.close())
    systems.push({ name: `mlflow ${mlflow.version}`, callWith: callerOf(mlflow) })
  }
  // Before the clocks: each makes its default experiment and opens its connections.
  for (const system of systems) await warm(system)
  const all = []
  for (const pointsEach of sizes) all.push(await compare(systems, pointsEach))
  print(all)
  process.exitCode = all.flat().some((row) => row.stored !== row.acknowledged) ? 1 : 0
} finally {
  for (const step of undo) await step()
}
