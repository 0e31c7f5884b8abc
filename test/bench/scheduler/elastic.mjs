// node test/bench/scheduler/elastic.mjs [--quick] [--histories 10000] [--out FILE.json] [--workers 2]
// Elastic jobs beside rigid ones on the arrivals of Sia's workloads, and a search for loops among random histories with
// elastic jobs. Traces are looked for in NOVABRAIN_TRACES, else in ../shared/traces beside the repository: sia/*.csv.
// Markdown goes to the standard output, every row to the file of --out.
import { existsSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { Worker } from 'node:worker_threads'
import { root } from '../../../scripts/lib/places.mjs'
import { machineLine } from '../support/server.mjs'

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    histories: { type: 'string' },
    out: { type: 'string' },
    workers: { type: 'string', default: '2' },
  },
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

const policies = [
  ['rigid', 'fifo'],
  ['rigid', 'default, no evictions for shorter work'],
  ['rigid', 'default'],
  ['rigid', 'shortest'],
  ['elastic', 'default'],
]
const workloads = families.flatMap((family) =>
  serials.flatMap((serial) => policies.map(([kind, policy]) => ({ what: 'workloads', family, serial, kind, policy }))),
)
/** So many random histories at once. */
const portion = 250
const searches = Array.from({ length: Math.ceil(histories / portion) }, (_, at) => ({
  what: 'search',
  from: at * portion + 1,
  to: Math.min(histories, (at + 1) * portion),
}))

const progressOf = ({ what, family, serial, kind, policy, meanH, from, to, seconds }) =>
  what === 'search'
    ? `histories ${from} to ${to} (${seconds.toFixed(1)} s)`
    : `${family} ${serial} ${kind} ${policy}: mean ${meanH.toFixed(2)} h (${seconds.toFixed(1)} s)`

/** Hands the tasks out one by one to so many threads; answers in the order of the tasks. */
const runAll = (tasks, count) =>
  new Promise((resolve, reject) => {
    const answers = new Array(tasks.length)
    let [next, done] = [0, 0]
    for (let index = 0; index < Math.min(count, tasks.length); index += 1) {
      const worker = new Worker(new URL('elastic-worker.mjs', import.meta.url), {
        workerData: { folder, seeds, sigma },
      })
      let at = -1
      const give = () => {
        if (next === tasks.length) return void worker.terminate()
        at = next++
        worker.postMessage(tasks[at])
      }
      worker.on('message', (answer) => {
        answers[at] = answer
        console.error(progressOf(answer))
        done += 1
        give()
        if (done === tasks.length) resolve(answers)
      })
      worker.on('error', reject)
      give()
    }
  })

const answers = await runAll([...workloads, ...searches], Number(values.workers))
const rows = answers.filter(({ what }) => what === 'workloads').map(({ what: _, ...row }) => row)
const found = answers.filter(({ what }) => what === 'search')
const searched = {
  histories,
  evictions: found.reduce((sum, { evictions }) => sum + evictions, 0),
  resizes: found.reduce((sum, { resizes }) => sum + resizes, 0),
  faults: found.flatMap(({ faults }) => faults),
}

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
