// node test/bench/click-to-start.mjs [--jobs 25] [--python PATH] [--stages]
// From the submit of a job to its program, with a warm pinned environment: a built server in a process of its own with a
// PostgreSQL of its own, the real scheduler, executor and runner. Jobs run one after another. The clocks are those of one
// machine: the job itself prints when its first line ran and when its runner was started. Needs `npm run build`, Python,
// and uv (NOVABRAIN_UV or on the PATH); without --python an environment is installed first, which needs a package index.
// Prints a table; exits with 1 when a budget is broken. --stages also tells when each stage was announced.
import { randomUUID } from 'node:crypto'
import { rmSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { findUv, listenToJobs, makePython, makeScratch, nowMs, prepareJob } from './support/jobs.mjs'
import { machineLine, quantile, startBenchServer } from './support/server.mjs'

const { values } = parseArgs({
  options: {
    jobs: { type: 'string', default: '25' },
    python: { type: 'string' },
    stages: { type: 'boolean', default: false },
  },
})
const jobs = Number(values.jobs)
const warmUps = 2
const budgets = { accepted: 50, runner: 1000 }

/** Tells when the program ran and when its runner was started: the executor notes the process right after the start. */
const program = `import time; now = time.time()
import json, os
print("NB " + json.dumps({"ran": now * 1000, "runner": os.stat("../process.json").st_mtime * 1000}), flush=True)
`

const runJob = async (server, changes, body) => {
  const { projectId, client } = server
  const submitMs = nowMs()
  const job = await client.submitJob({ params: { projectId }, body, idempotencyKey: randomUUID() })
  const acceptedMs = nowMs()
  const running = await changes.until(job.id, ({ attempt }) => attempt?.stage === 'running' || attempt?.verdict)
  const { seenMs, text } = await firstOutput(client, { projectId, jobId: job.id, attemptId: running.job.attempt.id })
  const ended = await changes.until(job.id, ({ endedAt }) => endedAt !== null)
  if (ended.job.status !== 'succeeded') throw new Error(`The job ended as ${ended.job.status}: ${text}`)
  const told = JSON.parse(text.match(/^NB (.*)$/m)[1])
  return {
    accepted: acceptedMs - submitMs,
    runner: told.runner - submitMs,
    program: told.ran - submitMs,
    seen: seenMs - submitMs,
    ended: ended.atMs - submitMs,
    stages: stagesOf(changes.of(job.id), submitMs),
  }
}

/** When each status and stage was first heard of. */
const stagesOf = (changes, submitMs) => {
  const stages = new Map()
  for (const { atMs, job } of changes) {
    const name = `${job.status} ${job.attempt?.state ?? ''} ${job.attempt?.stage ?? ''}`.trim()
    if (!stages.has(name)) stages.set(name, atMs - submitMs)
  }
  return stages
}

const maximumReads = 12_000

/** Asked again and again with hardly a rest, so that the polling of the measurement adds a few milliseconds at most. */
const firstOutput = async (client, params) => {
  for (let read = 0; read < maximumReads; read += 1) {
    const text = Buffer.from(await client.readLog({ params, query: { offset: 0 } })).toString()
    if (/^NB .*\n/m.test(text)) return { seenMs: nowMs(), text }
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error('The job printed nothing')
}

const measure = async (server, place, kind) => {
  const { body, packages } = await prepareJob(server, { ...place, kind, program })
  const changes = await listenToJobs(server)
  const rows = []
  for (let round = -warmUps; round < jobs; round += 1) {
    const row = await runJob(server, changes, body)
    if (round >= 0) rows.push(row)
  }
  changes.close()
  return { kind, rows, packages }
}

const columns = [
  ['accepted', 'the answer to the submit'],
  ['runner', 'the runner is a process'],
  ['program', 'the first line of the program runs'],
  ['seen', 'a client reads its first output'],
  ['ended', 'a client hears that the job succeeded'],
]

const part = (rows, key, share) =>
  quantile(
    rows.map((row) => row[key]),
    share,
  )

const print = (results) => {
  console.log(`\n${jobs} jobs each, one after another; ${results[0].packages} packages pinned; ${machineLine()}\n`)
  console.log('| from the submit until | script p50 ms | script p95 ms | notebook p50 ms | notebook p95 ms |')
  console.log('| --- | ---: | ---: | ---: | ---: |')
  for (const [key, name] of columns) {
    const cells = results.flatMap(({ rows }) => [part(rows, key, 0.5), part(rows, key, 0.95)])
    console.log(`| ${name} | ${cells.map((ms) => ms.toFixed(0)).join(' | ')} |`)
  }
}

const printStages = ({ kind, rows }) => {
  console.log(`\n${kind}: when a client hears of it, p50 ms`)
  for (const name of new Set(rows.flatMap(({ stages }) => [...stages.keys()]))) {
    const times = rows.flatMap(({ stages }) => stages.get(name) ?? [])
    console.log(`  ${quantile(times, 0.5).toFixed(0).padStart(6)}  ${name} (${times.length})`)
  }
}

const scratch = makeScratch()
let server = null
try {
  const uv = findUv()
  const python = values.python === undefined ? makePython(uv, scratch) : path.resolve(values.python)
  server = await startBenchServer({ uvPath: uv })
  const results = []
  for (const kind of ['script', 'notebook']) results.push(await measure(server, { python, scratch }, kind))
  print(results)
  if (values.stages) results.forEach(printStages)
  const keeps = ({ rows }) => Object.entries(budgets).every(([key, mostMs]) => part(rows, key, 0.5) <= mostMs)
  process.exitCode = results.every(keeps) ? 0 : 1
} finally {
  await server?.close()
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5 })
}
