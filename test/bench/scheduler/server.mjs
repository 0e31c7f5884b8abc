// node test/bench/scheduler/server.mjs [--quick] [--jobs N] [--nodes N] [--run-ms N] [--no-slurm] [--out FILE.json]
// A burst of jobs through the whole server (whole-server.mjs), and the same number through Slurm in the same run: some
// clients submit, and one asks meanwhile what pages ask for. Then, where Slurm is installed (on Debian: `apt-get install
// slurmctld slurmd slurm-client munge`, as root), a Slurm of its own with as many nodes and jobs that run `true`.
// Everything is on this machine, nodes and whoever submits with less priority, in both: they stand for other machines. Processor
// time is told beside the times by the clock.
import { writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { watchMemory } from '../support/memory.mjs'
import { machineLine } from '../support/server.mjs'
import { measureSlurm, slurmMissing } from './slurm.mjs'
import { beginElsewhere, failureOf, progress, rounded, spread, startWholeServer, tableOf } from './whole-server.mjs'

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
const [clients, gpusPerNode, restMs] = [8, 8, values.quick ? 5000 : 20_000]
const counts = `SELECT count(*)::int AS jobs, count(*) FILTER (WHERE status = 'queued')::int AS queued,
  count(*) FILTER (WHERE status = 'succeeded')::int AS succeeded FROM jobs WHERE gpu_count > 0`
const times = `SELECT extract(epoch FROM job.submitted_at) * 1000 AS "submittedMs",
  extract(epoch FROM attempt.created_at) * 1000 AS "grantedMs",
  extract(epoch FROM attempt.started_at) * 1000 AS "startedMs", job.attempt_count AS attempts
  FROM jobs job JOIN attempts attempt ON attempt.id = job.attempt_id WHERE job.gpu_count > 0`

const measureOurs = async () => {
  const whole = await startWholeServer({ nodes, gpusPerNode, runMs })
  const { server, admin, pids, lookFor, watchCpu } = whole
  const { url, token, projectId } = server
  const restCpu = watchCpu()
  const rest = await lookFor(() => delay(restMs))
  const atRest = restCpu()
  progress(`at rest: ${JSON.stringify(atRest)}`)

  const burstCpu = watchCpu()
  const memory = { server: watchMemory(pids.server, 1000), postgres: watchMemory(pids.postgres, 5000) }
  const body = whole.job({ gpuCount: 1, cpuMilli: 1000, memoryMib: 1024 })
  let mostQueued = 0
  const begunMs = Date.now()
  const burst = await lookFor(async () => {
    const submitted = beginElsewhere('server-load.mjs', { role: 'submit', url, token, projectId, jobs, clients, body })
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
  await whole.close()
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
