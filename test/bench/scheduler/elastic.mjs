// node test/bench/scheduler/elastic.mjs [--quick] [--histories 10000] [--out FILE.json]
// Elastic jobs beside rigid ones on the arrivals of Sia's workloads, and a search for loops among random histories with
// elastic jobs. Traces are looked for in NOVABRAIN_TRACES, else in ../shared/traces beside the repository: sia/*.csv.
// Markdown goes to the standard output, every row to the file of --out.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { defaultPolicy, fifoPolicy, shortestPolicy } from '@novabrain/scheduler'
import {
  corePolicy,
  metricsOf,
  noisy,
  quantile,
  randomTrace,
  readSia,
  siaCosts,
  simulate,
  watchEvictions,
  withoutWords,
} from '@novabrain/scheduler/simulator'
import { root } from '../../../scripts/lib/places.mjs'
import { machineLine } from '../support/server.mjs'

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, histories: { type: 'string' }, out: { type: 'string' } },
})
const folder = path.join(process.env['NOVABRAIN_TRACES'] ?? path.join(root, '..', 'shared', 'traces'), 'sia')
if (!existsSync(path.join(folder, 'philly.csv'))) {
  console.error(`There are no traces in ${folder}. NOVABRAIN_TRACES names the folder that has sia/philly.csv.`)
  process.exit(2)
}
const histories = Number(values.histories ?? (values.quick ? 300 : 10_000))
const sigma = 0.5
const seeds = values.quick ? [1] : [1, 2, 3]
const families = values.quick ? ['philly'] : ['philly', 'saturn']
const serials = values.quick ? [0.05] : [0.02, 0.05, 0.1]

const withoutShorter = { ...defaultPolicy, preemption: { ...defaultPolicy.preemption, shorterWork: 'never' } }
const policies = [
  ['rigid', 'fifo', fifoPolicy],
  ['rigid', 'default, no evictions for shorter work', withoutShorter],
  ['rigid', 'default', defaultPolicy],
  ['rigid', 'shortest', shortestPolicy],
  ['elastic', 'default', defaultPolicy],
]
const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length

/** A policy on all workloads of a family, over all seeds. */
const measure = (family, serial, [kind, name, policy]) => {
  const begun = process.cpuUsage()
  const runs = seeds.flatMap((seed) =>
    readSia(readFileSync(path.join(folder, `${family}.csv`), 'utf8'), family, {
      seed,
      elastic: kind === 'elastic',
      serial,
    }).map((trace) => {
      const watch = watchEvictions(corePolicy({ name, policy: withoutWords(policy), oracle: noisy(sigma, seed) }))
      const result = simulate(trace, watch.maker, { costs: siaCosts })
      return { jobs: result.jobs, metrics: metricsOf(result), faults: watch.faults() }
    }),
  )
  const hours = runs.flatMap(({ jobs }) => jobs.map(({ submitMs, endMs }) => (endMs - submitMs) / 3_600_000))
  const row = {
    family,
    serial,
    kind,
    policy: name,
    meanH: mean(hours),
    p50H: quantile(hours, 0.5),
    p99H: quantile(hours, 0.99),
    makespanH: mean(runs.map(({ metrics }) => metrics.makespanS / 3600)),
    deviceHoursAJob: mean(runs.map(({ metrics }) => metrics.deviceHours / metrics.jobs)),
    evictions: mean(runs.map(({ metrics }) => metrics.preemptions)),
    resizes: mean(runs.map(({ jobs }) => jobs.reduce((sum, job) => sum + job.resizes, 0))),
    faults: runs.reduce((sum, { faults }) => sum + faults.length, 0),
    cpuS: process.cpuUsage(begun).user / 1e6,
  }
  console.error(`${family} ${serial} ${kind} ${name}: mean ${row.meanH.toFixed(2)} h (${row.cpuS.toFixed(1)} s of CPU)`)
  return row
}

const rows = families.flatMap((family) =>
  serials.flatMap((serial) => policies.map((policy) => measure(family, serial, policy))),
)

/** Random histories: evictions and resizes as easy as can be, wrong guesses. */
const search = () => {
  const easy = { minimumRunMs: 0, shorterWork: 'any', benefitPermille: 1000, restartCostMs: 0 }
  const policy = { ...withoutWords(defaultPolicy), preemption: { ...defaultPolicy.preemption, ...easy } }
  const found = { histories, evictions: 0, resizes: 0, faults: [] }
  for (let seed = 1; seed <= histories; seed += 1) {
    const { trace, costs } = randomTrace(seed, true)
    const watch = watchEvictions(corePolicy({ name: 'NovaBrain', policy, oracle: noisy(1, seed) }))
    const { jobs } = simulate(trace, watch.maker, { costs })
    found.evictions += watch.count()
    found.resizes += jobs.reduce((sum, job) => sum + job.resizes, 0)
    found.faults.push(...watch.faults().map((fault) => ({ seed, ...fault })))
    if (seed % 1000 === 0) console.error(`${seed} of ${histories} histories`)
  }
  return found
}
const searched = search()

const number = (value, digits = 2) => value.toFixed(digits)
const whole = (value) => Math.round(value).toLocaleString('en-US')
const protocol =
  'Five workloads of 160 jobs in eight hours on 8 nodes of 8 equal GPUs. Arrivals, applications and the GPUs that a tuned rigid job asks for ' +
  "are Sia's (SOSP'23); a rigid job gets what it asks, an elastic one any number from one a pod up to that."
const notes = [
  'Speed-up: Amdahl, 1 / (s + (1 - s) / g) on g GPUs, s as in the table. Work: GPU-hours on one GPU, log-uniform within the bands of Pollux ' +
    '(cifar10 0.1 to 1, bert and deepspeech2 1 to 10, yolov3 10 to 100, imagenet 100 to 1,000), the same for rigid and elastic; ' +
    `${seeds.length} seed(s). Whoever is evicted or resized saves itself and loses a minute.`,
  `Run times are believed with a log-normal error of σ = ${sigma}; the scheduler does not know the speed-up. Evictions and resizes are a workload's.`,
  "Sia's own figures (Philly: Sia 0.6 h mean, 9.5 h p99; Pollux 1.0, 14.9; Gavel, tuned, 1.9, 30.0) do not compare: its cluster has three kinds of GPUs, " +
    'its jobs change their batch size, and its goodput models, which say how long a job takes, are not in the tables.',
]
console.log(
  [
    protocol,
    '',
    '| arrivals | s | jobs | policy | mean h | p50 h | p99 h | makespan h | GPU-h a job | evictions | resizes |',
    '| --- | ---: | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |',
    ...rows.map(
      (row) =>
        `| ${row.family} | ${row.serial} | ${row.kind} | ${row.policy} | ${number(row.meanH)} | ${number(row.p50H)} | ${number(row.p99H, 1)} | ` +
        `${number(row.makespanH, 1)} | ${number(row.deviceHoursAJob, 1)} | ${whole(row.evictions)} | ${whole(row.resizes)} |`,
    ),
    '',
    ...notes.map((note) => `- ${note}`),
    '',
    'Random crowded clusters in which half of the jobs are elastic, with wrong guesses, evictions and resizes as easy as can be: no two jobs may evict each ' +
      'other twice, and whoever others were evicted or shrunk for must start as soon as they are gone.',
    '',
    '| histories | evictions | resizes | faults |',
    '| ---: | ---: | ---: | ---: |',
    `| ${whole(searched.histories)} | ${whole(searched.evictions)} | ${whole(searched.resizes)} | ${searched.faults.length} |`,
    '',
    machineLine(),
  ].join('\n'),
)
for (const fault of searched.faults.slice(0, 10)) console.error(`seed ${fault.seed}: ${fault.kind}, ${fault.detail}`)
if (values.out !== undefined)
  writeFileSync(values.out, `${JSON.stringify({ name: 'elastic', protocol, rows, searched, notes }, null, 1)}\n`)
process.exitCode = searched.faults.length + rows.reduce((sum, { faults }) => sum + faults, 0) === 0 ? 0 : 1
