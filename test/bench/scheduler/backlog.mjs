// node test/bench/scheduler/backlog.mjs [--quick] [--waiting N] [--out FILE.json]
// The whole server (whole-server.mjs) while very many jobs wait: every GPU is held, the waiting ones are written into the
// database beside one that was submitted, and small jobs that need no GPU go on coming. How soon they start, what pages
// answer, and what is asked of the scheduler itself: why a job waits, what would happen to one, the page of the queue.
import { writeFileSync } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { watchMemory } from '../support/memory.mjs'
import { machineLine } from '../support/server.mjs'
import { progress, spread, startWholeServer, tableOf } from './whole-server.mjs'

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, waiting: { type: 'string' }, out: { type: 'string' } },
})
const waiting = Number(values.waiting ?? (values.quick ? 10_000 : 100_000))
const [nodes, gpusPerNode, smallJobs, smallEveryMs, settleMs] = [100, 8, values.quick ? 20 : 100, 500, 15_000]

const whole = await startWholeServer({ nodes, gpusPerNode, runMs: 3_600_000 })
const { server, admin, job, submit, lookFor, watchCpu } = whole
const { client, projectId } = server

for (let index = 0; index < nodes; index += 1)
  await submit({ ...job({ gpuCount: gpusPerNode, cpuMilli: 1000, memoryMib: 1024 }), name: 'holds' })
const running = `SELECT count(*)::int AS count FROM jobs WHERE status = 'running' AND gpu_count > 0`
while ((await admin.query(running)).rows[0].count < nodes) await delay(500)
const { id: jobId } = await submit({ ...job({ gpuCount: 1, cpuMilli: 1000, memoryMib: 1024 }), name: 'waits' })

const { rows: columns } = await admin.query(`SELECT attname AS name FROM pg_attribute
  WHERE attrelid = 'jobs'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`)
/** What each has of its own; the rest is as in the job that was submitted. */
const own = {
  id: `md5('job ' || n)`,
  run_id: `md5('run ' || n)`,
  number: '1000000 + n',
  name: `'sweep-' || n % 50`,
  gpu_count: '1 + n % 4',
  hold: 'NULL',
}
const names = columns.map(({ name }) => name).join(', ')
const given = columns.map(({ name }) => own[name] ?? `job.${name}`).join(', ')
await admin.query(
  `INSERT INTO jobs (${names}) SELECT ${given} FROM jobs job, generate_series(1, $1) AS n WHERE job.id = $2`,
  [waiting, jobId],
)
progress(`${waiting} jobs wait`)
await delay(settleMs)

const memory = watchMemory(server.pid, 1000)
const cpu = watchCpu()
const { done, took, loop } = await lookFor(async () => {
  const ids = []
  for (let index = 0; index < smallJobs; index += 1) {
    ids.push((await submit({ ...job({ gpuCount: 0, cpuMilli: 100, memoryMib: 64 }), name: 'small' })).id)
    await delay(smallEveryMs)
  }
  await delay(2000)
  return ids
})
const { seconds, of } = cpu()
const { rows } = await admin.query(
  `SELECT extract(epoch FROM attempt.created_at - job.submitted_at)::float8 * 1000 AS "waitedMs"
   FROM jobs job JOIN attempts attempt ON attempt.id = job.attempt_id WHERE job.id = ANY ($1)`,
  [done],
)
if (rows.length !== smallJobs) throw new Error(`${rows.length} of ${smallJobs} small jobs got a place`)

/** Milliseconds of questions one after another. */
const timesOf = async (ask) => {
  const times = []
  for (let index = 0; index < 10; index += 1) {
    const begun = performance.now()
    await ask()
    times.push(performance.now() - begun)
  }
  return spread(times)
}
const params = { projectId }
const resources = { gpuCount: 1, cpuMilli: 100, memoryMib: 64 }
const questions = {
  'why a job waits': await timesOf(() => client.explainJob({ params: { ...params, jobId } })),
  'what would happen to a job': await timesOf(() => client.previewJob({ params, body: { name: 'one', resources } })),
  'the page of the queue': await timesOf(() => client.listQueueEntries({ params })),
}
const mib = Math.round(memory())
await whole.close()

const pages = Object.fromEntries(Object.entries(took).map(([name, times]) => [name, spread(times)]))
const waited = spread(rows.map(({ waitedMs }) => waitedMs))
const figures = ({ p50, p99, max }) => [p50, p99, max]
const share = (ms) => Math.round(ms / seconds / 10)
console.log(
  [
    tableOf(
      [`${waiting.toLocaleString('en')} jobs wait, ${nodes} nodes; ms`, 'p50', 'p99', 'max'],
      [
        ['from submission to its place, of a small job', ...figures(waited)],
        ...Object.entries(pages).map(([name, times]) => [name, ...figures(times)]),
        ...Object.entries(questions).map(([name, times]) => [name, ...figures(times)]),
        ['event loop of the server late by', ...figures(loop).map((ms) => Math.round(ms))],
      ],
    ),
    '',
    `Processor time, % of a core: server ${share(of.server)}, PostgreSQL ${share(of.postgres)}; the server took ${mib} MiB at most.`,
    machineLine(),
  ].join('\n'),
)
if (values.out !== undefined)
  writeFileSync(
    values.out,
    `${JSON.stringify({ name: 'backlog', waiting, nodes, waited, pages, questions, loop, mib, notes: [machineLine()] }, null, 1)}\n`,
  )
