// node test/bench/scheduler/order.mjs [--quick] [--out FILE.json] [--only TRACE,…] [--workers 2]
// Order over time beside published and well-known policies: four virtual clusters of Philly (Jeon et al., ATC'19) and the
// traces of Muri (Zhao et al., SIGCOMM'22). The very scheduler of the server decides. Traces are looked for in
// NOVABRAIN_TRACES, else in ../shared/traces beside the repository: philly/jobs.csv, philly/baselines.csv and muri/*.csv.
// Markdown goes to the standard output, every row to the file of --out.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { calibrate } from '@novabrain/scheduler'
import { phillyClusters, readCsv, readPhilly } from '@novabrain/scheduler/simulator'
import { root } from '../../../scripts/lib/places.mjs'
import { machineLine } from '../support/server.mjs'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
    only: { type: 'string' },
    workers: { type: 'string', default: '2' },
  },
})

const folder = process.env['NOVABRAIN_TRACES'] ?? path.join(root, '..', 'shared', 'traces')
if (!existsSync(path.join(folder, 'philly', 'jobs.csv')) || !existsSync(path.join(folder, 'muri', 'trace1.csv'))) {
  console.error(
    `There are no traces in ${folder}. NOVABRAIN_TRACES names the folder that has philly/jobs.csv and muri/.`,
  )
  process.exit(2)
}

const seed = 1
const baselines = ['FIFO', 'FIFO+', 'EASY', 'SJF', 'SJF+', '2D-LAS', 'SRTF', 'SRSF', 'Themis']
const ours = [
  ...['exact', 'σ=0.5', 'σ=1', 'history'].map((oracle) => ({ policy: 'shortest', oracle })),
  ...['exact', 'σ=1', 'history'].map((oracle) => ({ policy: 'bounded', oracle })),
  { policy: 'default', oracle: 'σ=1' },
]
const wanted = (trace) => values.only === undefined || values.only.split(',').includes(trace)
const tasksFor = (protocol, trace, policies) => [
  ...policies.map((policy) => ({ protocol, trace, policy, oracle: null, seed })),
  ...ours.map((one) => ({ protocol, trace, ...one, seed })),
]
const large = '6214e9'
const philly = (values.quick ? ['2869ce', '7f04ca'] : [large, 'b436b2', '7f04ca', '2869ce']).filter(wanted)
const muri = (values.quick ? ['trace3'] : ['trace1', 'trace3']).filter(wanted)
const letters = (values.quick ? ['trace1', 'trace3'] : ['trace1', 'trace1_pr', 'trace3', 'trace3_pr']).filter(wanted)
// Themis orders all who wait anew every few minutes: on the largest cluster that takes longer than all the rest.
const tasks = [
  ...philly.flatMap((trace) =>
    tasksFor('philly', trace, trace === large ? baselines.filter((name) => name !== 'Themis') : baselines),
  ),
  ...letters.flatMap((trace) =>
    ['SRTF', 'SRSF', 'Tiresias-L'].map((policy) => ({
      protocol: 'muri, to the letter',
      trace,
      policy,
      oracle: null,
      seed,
    })),
  ),
  ...muri.flatMap((trace) => tasksFor('muri, cost at each start', trace, baselines)),
  ...muri.flatMap((trace) => ours.map((one) => ({ protocol: 'muri, cost at every event', trace, ...one, seed }))),
]

const tell = (row) => {
  const told = row.oracle === null ? '' : ` ${row.oracle}`
  const mean = Math.round(row.meanJctS)
  console.error(`${row.protocol} ${row.trace} ${row.policy}${told}: mean ${mean} s (${row.seconds.toFixed(1)} s)`)
}

/** One worker takes task after task until there are no more. */
const work = (queue, rows) =>
  new Promise((resolve, reject) => {
    const worker = new Worker(new URL('order-worker.mjs', import.meta.url), { workerData: { folder } })
    const next = () => {
      const task = queue.shift()
      if (task === undefined) void worker.terminate().then(resolve)
      else worker.postMessage(task)
    }
    worker.on('error', reject)
    worker.on('message', (row) => {
      rows.push(row)
      tell(row)
      next()
    })
    next()
  })

const live = async (queue) => {
  const rows = []
  await Promise.all(Array.from({ length: Number(values.workers) }, () => work(queue, rows)))
  return rows
}

const inOrder = new Map(tasks.map((task, at) => [JSON.stringify(task), at]))
const placeOf = ({ protocol, trace, policy, oracle, seed: drawn }) =>
  inOrder.get(JSON.stringify({ protocol, trace, policy, oracle, seed: drawn })) ?? 0
const rows = (await live([...tasks])).sort((left, right) => placeOf(left) - placeOf(right))

const published = [
  ...readCsv(readFileSync(path.join(folder, 'philly', 'baselines.csv'), 'utf8'), [
    'vc',
    'policy',
    'avg_jct_s',
    'p99_jct_s',
  ]).map((row) => ({
    protocol: 'philly',
    trace: row.text('vc'),
    policy: row.text('policy'),
    meanJctS: row.number('avg_jct_s'),
    p99JctS: row.number('p99_jct_s'),
  })),
  ...readCsv(readFileSync(path.join(folder, 'muri', 'recorded_results.csv'), 'utf8'), [
    'trace',
    'policy',
    'metric',
    'value',
  ])
    .filter((row) => row.text('metric') === 'avg_jct_s')
    .map((row) => ({
      protocol: 'muri, to the letter',
      trace: row.text('trace'),
      policy: row.text('policy'),
      meanJctS: row.number('value'),
    })),
]

const notes = [
  'Completion counts from submission to end. p99 is the entry ⌊0.99 n⌋ of the sorted list; slowdown is bounded at 10 s.',
  'Philly: October and November 2017, nodes of eight GPUs, best fit (ties to the first node); an interruption costs 7, 30 or 60 s by width.',
  'SRTF, SRSF, SJF, EASY and Themis are told exact run times. “σ” is a log-normal error of ours (seed 1), doubled when outlived; “history” knows only jobs that ended, by their number of GPUs: the traces tell no more.',
  'Muri, to the letter: everybody is placed anew and pays its start cost at every event. The engine runs pay at each start, or (as a stricter check of ours) at every event.',
  '2D-LAS has the bounds of Tiresias (3250, 7200, 18000 GPU-seconds); Themis here is its order by finish-time fairness with leases of 20 minutes.',
]
/** How good foresight is when only the number of GPUs is known, each job learnt as if it had run the moment it came. */
const jobsText = readFileSync(path.join(folder, 'philly', 'jobs.csv'), 'utf8')
const calibration = phillyClusters
  .filter(({ vc }) => philly.includes(vc))
  .map((cluster) => {
    const { jobs } = readPhilly(jobsText, cluster)
    return { trace: cluster.vc, ...calibrate(jobs.map((job) => ({ ...job, endMs: job.submitMs + job.runMs }))) }
  })

const thousands = (value) => (value === undefined ? '–' : Math.round(value).toLocaleString('en-US'))
const lineOf = (row) =>
  `| ${row.policy}${row.oracle === null ? '' : ` (${row.oracle})`} | ${thousands(row.meanJctS)} | ${thousands(row.meanWaitS)} | ${thousands(row.p50JctS)} | ${thousands(row.p99JctS)} | ${row.p99Slowdown === undefined ? '–' : row.p99Slowdown.toFixed(1)} | ${thousands(row.makespanS)} | ${row.utilisation === undefined ? '–' : row.utilisation.toFixed(3)} | ${thousands(row.preemptions)} |`

console.log(`# Order over time\n\n${machineLine()}\n`)
for (const group of new Set(rows.map(({ protocol, trace }) => `${protocol}: ${trace}`))) {
  console.log(
    `## ${group}\n\n| policy | mean JCT s | mean wait s | p50 s | p99 s | p99 slowdown | makespan s | use | preemptions |`,
  )
  console.log('|---|---|---|---|---|---|---|---|---|')
  for (const row of rows) if (`${row.protocol}: ${row.trace}` === group) console.log(lineOf(row))
  console.log('')
}
console.log(
  '## Foresight from ended jobs\n\n| trace | foreseen | within the median | within the 90th percentile | σ of the error |',
)
console.log('|---|---|---|---|---|')
for (const one of calibration)
  console.log(
    `| ${one.trace} | ${thousands(one.foreseen)} | ${one.withinLikely.toFixed(3)} | ${one.withinCautious.toFixed(3)} | ${one.logError.toFixed(2)} |`,
  )
console.log('')
console.log(notes.map((note) => `- ${note}`).join('\n'))
if (values.out !== undefined)
  writeFileSync(
    values.out,
    JSON.stringify({ name: 'order', protocol: 'philly and muri', rows, published, calibration, notes }, null, 1),
  )
