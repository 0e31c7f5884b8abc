// node test/bench/scheduler/server.mjs [--quick] [--jobs N] [--nodes N] [--run-ms N] [--no-slurm] [--out FILE.json]
// A burst of jobs through the whole server, and the same number through Slurm in the same run. A built server with an
// embedded PostgreSQL (fsync on), simulated nodes that join as the server's own node does (server-fleet.mjs), some clients
// that submit, and one that asks meanwhile what pages ask for. Then, where Slurm is installed (on Debian: `apt-get install
// slurmctld slurmd slurm-client munge`, as root), a Slurm of its own with as many nodes and jobs that run `true`.
// Everything is on this machine: processor time is told beside the times by the clock.
import { createHash } from 'node:crypto'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { pino } from 'pino'
import { startEmbeddedPostgres } from '../../../server/dist/postgres/embedded.js'
import { cpuMsOf } from '../support/cpu.mjs'
import { watchMemory } from '../support/memory.mjs'
import { machineLine, median, quantile, startBenchServer } from '../support/server.mjs'
import { measureSlurm, slurmMissing } from './slurm.mjs'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    jobs: { type: 'string' },
    nodes: { type: 'string', default: '100' },
    'run-ms': { type: 'string', default: '0' },
    slurm: { type: 'boolean', default: true },
    out: { type: 'string' },
  },
  allowNegative: true,
})
const jobs = Number(values.jobs ?? (values.quick ? 500 : 10_000))
const nodes = Number(values.nodes)
const runMs = Number(values['run-ms'])
const [clients, gpusPerNode, lookEveryMs, restMs] = [8, 8, 200, values.quick ? 5000 : 20_000]
const progress = (text) => console.error(`${new Date().toISOString().slice(11, 19)} ${text}`)

/** A child of the benchmark that gets its options as JSON. */
const begin = (file, options) => {
  const child = fork(path.join(import.meta.dirname, file), [JSON.stringify(options)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const answer = new Promise((resolve, reject) => {
    child.on('message', (message) => {
      if (message.fault !== undefined) progress(message.fault)
      else resolve(message)
    })
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code}`)))
  })
  answer.catch(() => undefined)
  return { child, answer }
}

/** Never resolves; fails with the child. */
const failureOf = ({ answer }) => answer.then(() => new Promise(() => undefined))

const uploadScript = async ({ client, projectId }) => {
  const text = 'print("done")\n'
  const digest = createHash('sha256').update(text).digest('hex')
  await client.putBlob({ params: { projectId, digest }, body: Buffer.from(text) })
  const files = [{ path: 'main.py', sizeBytes: text.length, digest, reason: 'entrypoint' }]
  const body = { files, excluded: [], git: null }
  return (await client.createCodeSnapshot({ params: { projectId }, body })).snapshot.id
}

const counts = `SELECT count(*)::int AS jobs, count(*) FILTER (WHERE status = 'queued')::int AS queued,
  count(*) FILTER (WHERE status = 'succeeded')::int AS succeeded FROM jobs WHERE gpu_count > 0`
const times = `SELECT extract(epoch FROM job.submitted_at) * 1000 AS "submittedMs",
  extract(epoch FROM attempt.created_at) * 1000 AS "grantedMs",
  extract(epoch FROM attempt.started_at) * 1000 AS "startedMs", job.attempt_count AS attempts
  FROM jobs job JOIN attempts attempt ON attempt.id = job.attempt_id WHERE job.gpu_count > 0`

const rounded = (number, digits = 1) => Number(number.toFixed(digits))
const spread = (numbers) => ({
  p50: rounded(median(numbers)),
  p99: rounded(quantile(numbers, 0.99)),
  max: rounded(Math.max(...numbers)),
})

const measureOurs = async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'novabrain-bench-postgres-'))
  chmodSync(folder, 0o711)
  const postgres = await startEmbeddedPostgres({ home: folder, log: pino({ level: 'silent' }) })
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => void postgres.stop().finally(() => process.exit(1)))
  const admin = new pg.Client(postgres.adminUrl.replace(/\/[^/]*$/, `/${new URL(postgres.url).pathname.slice(1)}`))
  await admin.connect()
  const server = await startBenchServer({ databaseUrl: postgres.url })
  const { home, url, token, projectId, client } = server
  const snapshotId = await uploadScript(server)
  const { runId } = await client.submitJob({
    params: { projectId },
    body: {
      task: { kind: 'script', path: 'main.py', arguments: [] },
      resources: { gpuCount: 0, cpuMilli: 100 },
      pinDigest: null,
      snapshotId,
    },
  })
  const fleet = begin('server-fleet.mjs', {
    home,
    databaseUrl: postgres.url,
    serverUrl: url,
    nodes,
    gpusPerNode,
    runMs,
  })
  await fleet.answer
  progress(`the server runs, and ${nodes} nodes with ${nodes * gpusPerNode} GPUs`)
  const asking = { role: 'look', url, token, projectId, runId, everyMs: lookEveryMs }
  const lookFor = async (work) => {
    await server.loopDelayMs()
    const looker = begin('server-load.mjs', asking)
    const done = await work()
    looker.child.send('stop')
    const { took } = await looker.answer
    return { done, took, loop: await server.loopDelayMs() }
  }
  const pids = { server: server.pid, postgres: postgres.pid(), fleet: fleet.child.pid }
  /** Processor time of each from now on. */
  const watchCpu = () => {
    const [begunMs, before] = [performance.now(), Object.entries(pids).map(([name, pid]) => [name, cpuMsOf(pid)])]
    return () => ({
      seconds: (performance.now() - begunMs) / 1000,
      of: Object.fromEntries(before.map(([name, ms]) => [name, cpuMsOf(pids[name]) - ms])),
    })
  }
  const restCpu = watchCpu()
  const rest = await lookFor(() => delay(restMs))
  const atRest = restCpu()
  progress(`at rest: ${JSON.stringify(atRest)}`)

  const burstCpu = watchCpu()
  const memory = { server: watchMemory(pids.server, 1000), postgres: watchMemory(pids.postgres, 5000) }
  const body = {
    task: { kind: 'script', path: 'main.py', arguments: [] },
    resources: { gpuCount: 1, cpuMilli: 1000, memoryMib: 1024 },
    pinDigest: null,
    snapshotId,
  }
  let mostQueued = 0
  const begunMs = Date.now()
  const burst = await lookFor(async () => {
    const submitted = begin('server-load.mjs', { role: 'submit', url, token, projectId, jobs, clients, body })
    for (;;) {
      await Promise.race([delay(1000), failureOf(submitted)])
      const now = (await admin.query(counts)).rows[0]
      mostQueued = Math.max(mostQueued, now.queued)
      if ((Date.now() - begunMs) % 10_000 < 1000)
        progress(`${now.jobs} submitted, ${now.queued} wait, ${now.succeeded} ended`)
      if (now.succeeded === jobs) return submitted.answer
    }
  })
  const inBurst = burstCpu()
  // What the nodes and the pages cost at rest is no cost of the jobs.
  const cpuOf = (name) => inBurst.of[name] - (atRest.of[name] / atRest.seconds) * inBurst.seconds
  const cpu = Object.fromEntries(Object.keys(pids).map((name) => [name, Math.max(0, cpuOf(name))]))
  const mib = { server: Math.round(memory.server()), postgres: Math.round(memory.postgres()) }
  const { rows } = await admin.query(times)
  const lastStart = Math.max(...rows.map(({ grantedMs }) => Number(grantedMs)))
  const firstSubmit = Math.min(...rows.map(({ submittedMs }) => Number(submittedMs)))
  const lastSubmit = Math.max(...rows.map(({ submittedMs }) => Number(submittedMs)))
  fleet.child.send('stop')
  await once(fleet.child, 'exit')
  await server.close()
  await admin.end()
  await postgres.stop()
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
  return {
    jobs,
    nodes,
    runMs,
    'submissions/s': rounded(jobs / burst.done.seconds),
    'starts/s': rounded((1000 * jobs) / (lastStart - firstSubmit)),
    'last start after last submission s': rounded(Math.max(0, lastStart - lastSubmit) / 1000),
    'most waiting': mostQueued,
    'jobs with more than one attempt': rows.filter(({ attempts }) => attempts !== 1).length,
    submitMs: spread(burst.done.took),
    waitMs: spread(rows.map(({ submittedMs, grantedMs }) => grantedMs - submittedMs)),
    cpuAtRest: Object.fromEntries(
      Object.entries(atRest.of).map(([name, ms]) => [name, `${rounded(ms / atRest.seconds / 10)} %`]),
    ),
    cpuMsPerJob: Object.fromEntries(Object.entries(cpu).map(([name, ms]) => [name, rounded(ms / jobs, 2)])),
    memoryMib: mib,
    routes: Object.fromEntries(
      Object.keys(rest.took).map((name) => [name, { rest: spread(rest.took[name]), burst: spread(burst.took[name]) }]),
    ),
    loopDelayMs: { rest: rest.loop, burst: burst.loop },
  }
}

const line = (cells) => `| ${cells.join(' | ')} |`
const tableOf = (head, rows) =>
  [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')

const ours = await measureOurs()
progress(JSON.stringify(ours))
const missing = values.slurm ? slurmMissing() : 'Slurm was not asked for.'
const slurm = missing === null ? await measureSlurm({ jobs, nodes, clients, progress }) : null
if (missing !== null) progress(missing)

const measures = [
  ['jobs submitted/s', ours['submissions/s'], slurm?.['submissions/s']],
  ['jobs started/s, first submission to last start', ours['starts/s'], slurm?.['starts/s']],
]
const ratio = (left, right) => (right === undefined ? '–' : `${rounded(left / right, 1)} ×`)
console.log(
  tableOf(
    [`${jobs} jobs, ${nodes} nodes`, 'NovaBrain', 'Slurm 22.05', 'ratio'],
    [
      ...measures.map(([name, left, right]) => [name, left, right ?? '–', ratio(left, right)]),
      [
        'processor time of the servers a job, ms',
        rounded(ours.cpuMsPerJob.server + ours.cpuMsPerJob.postgres, 2),
        slurm?.cpuMsPerJob.slurmctld ?? '–',
        slurm === null ? '–' : ratio(ours.cpuMsPerJob.server + ours.cpuMsPerJob.postgres, slurm.cpuMsPerJob.slurmctld),
      ],
      ['processor time of the nodes a job, ms', ours.cpuMsPerJob.fleet, slurm?.cpuMsPerJob.nodes ?? '–', ''],
    ],
  ),
)
const figures = ({ p50, p99, max }) => [p50, p99, max]
console.log(
  `\n${tableOf(
    ['what pages ask meanwhile, ms', 'at rest p50', 'p99', 'max', 'in the burst p50', 'p99', 'max'],
    [
      ...Object.entries(ours.routes).map(([name, { rest, burst }]) => [name, ...figures(rest), ...figures(burst)]),
      [
        'event loop of the server late by',
        ...figures(ours.loopDelayMs.rest).map((ms) => rounded(ms)),
        ...figures(ours.loopDelayMs.burst).map((ms) => rounded(ms)),
      ],
    ],
  )}`,
)
console.log(
  `\n${tableOf(
    ['the burst', 'value'],
    [
      ['a submission, ms: p50 / p99 / max', figures(ours.submitMs).join(' / ')],
      ['from submission to its place, ms: p50 / p99 / max', figures(ours.waitMs).join(' / ')],
      ['last start after the last submission, s', ours['last start after last submission s']],
      ['most jobs waiting at once', ours['most waiting']],
      [
        'processor time at rest, % of a core: server / PostgreSQL / nodes',
        Object.values(ours.cpuAtRest)
          .map((share) => share.replace(' %', ''))
          .join(' / '),
      ],
      ['processor time a job, ms: server / PostgreSQL', `${ours.cpuMsPerJob.server} / ${ours.cpuMsPerJob.postgres}`],
      ['memory, MiB: server / PostgreSQL', `${ours.memoryMib.server} / ${ours.memoryMib.postgres}`],
      ['jobs with more than one attempt', ours['jobs with more than one attempt']],
    ],
  )}`,
)
console.log(`\n${missing === null ? '' : `${missing} `}${machineLine()}`)
if (values.out !== undefined)
  writeFileSync(
    values.out,
    `${JSON.stringify({ name: 'server', ours, slurm, notes: [machineLine(), missing].filter(Boolean), load: loadavg() }, null, 1)}\n`,
  )
