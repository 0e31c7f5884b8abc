// node test/bench/scheduler/scale.mjs [--quick] [--out FILE.json]
// What a cycle of the scheduler costs as the queue grows, on a full cluster where jobs come and go: the nodes and requests
// of the FGD traces (Weng et al., ATC'23) and the run times of Philly (Jeon et al., ATC'19), drawn by lot. Traces are
// looked for in NOVABRAIN_TRACES, else in ../shared/traces beside the repository: fgd/nodes_gpu.csv, fgd/pods_default.csv
// and philly/jobs.csv. `act` says what is to be done; `decide` also tells each waiting job why it waits.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { defaultPolicy, evolveAll, openScheduler, unlimited } from '@novabrain/scheduler'
import { readCsv, readPlacementNodes } from '@novabrain/scheduler/simulator'
import { root } from '../../../scripts/lib/places.mjs'
import { machineLine, quantile } from '../support/server.mjs'

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false }, out: { type: 'string' } } })
const folder = process.env['NOVABRAIN_TRACES'] ?? path.join(root, '..', 'shared', 'traces')
if (!existsSync(path.join(folder, 'fgd', 'pods_default.csv')) || !existsSync(path.join(folder, 'philly', 'jobs.csv'))) {
  console.error(`There are no traces in ${folder}: fgd/pods_default.csv and philly/jobs.csv are needed.`)
  process.exit(2)
}
const read = (...names) => readFileSync(path.join(folder, ...names), 'utf8')

/** A small generator of the xorshift family: the same numbers on every machine. */
const dice = (seed) => {
  let state = seed
  return (sides) => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) % sides
  }
}

const nodes = readPlacementNodes(read('fgd', 'nodes_gpu.csv'))
const models = new Set(nodes.flatMap(({ devices }) => devices.map(({ model }) => model)))
const requests = readCsv(read('fgd', 'pods_default.csv'), [
  'cpu_milli',
  'memory_mib',
  'num_gpu',
  'gpu_milli',
  'gpu_spec',
])
  .map((row) => ({
    gpuCount: row.number('num_gpu'),
    gpuMilli: row.number('num_gpu') === 1 ? row.number('gpu_milli') : 1000,
    gpuMemoryMib: 0,
    gpuModel: models.has(row.text('gpu_spec')) ? row.text('gpu_spec') : null,
    cpuMilli: row.number('cpu_milli'),
    memoryMib: row.number('memory_mib'),
    replicas: 1,
  }))
  .filter(({ gpuCount, gpuMilli }) => gpuCount === 0 || gpuMilli > 0)
const runTimesMs = readCsv(read('philly', 'jobs.csv'), ['duration_s']).map((row) =>
  Math.max(1000, Math.round(row.number('duration_s') * 1000)),
)
const queues = Array.from({ length: 10 }, (_, index) => ({
  name: `queue-${index}`,
  cohort: null,
  nominal: unlimited,
  borrowingLimit: unlimited,
  lendingLimit: unlimited,
  weight: 1 + (index % 3),
}))

const rounded = (number) => Number(number.toFixed(1))

/** The processor time of this process so far, ms: it counts the garbage collector too, but not what others do. */
const cpuMs = () => {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

const timed = (samples, work) => {
  const [begin, cpu] = [performance.now(), cpuMs()]
  const answer = work()
  samples.push({ clock: performance.now() - begin, cpu: cpuMs() - cpu })
  return answer
}

const measure = (queued, cycles, comings) => {
  const roll = dice(20_260_101)
  let nowMs = 1_000_000_000_000
  let count = 0
  const job = () => ({
    id: `job-${String((count += 1)).padStart(8, '0')}`,
    queueName: `queue-${roll(10)}`,
    owner: `owner-${roll(200)}`,
    priority: 200,
    submittedAtMs: nowMs - roll(3_000_000),
    request: requests[roll(requests.length)],
    predictedRuntimeMs: runTimesMs[roll(runTimesMs.length)],
    evictedAtMs: [],
    attainedMs: 0,
    notBeforeMs: 0,
  })
  const scheduler = openScheduler(defaultPolicy)
  const usage = { halfLifeMs: 86_400_000, records: [] }
  let snapshot = { nodes, queues, queued: [], running: [], holds: [], usage }
  const started = (starts) => starts.map(({ jobId, placement }) => ({ type: 'started', jobId, placement, atMs: nowMs }))
  const submit = (many) => Array.from({ length: many }, () => ({ type: 'submitted', job: job() }))

  // Fill: first come those that run, then the queue.
  const fills = []
  let filled = 0
  for (let round = 0; round < 4; round += 1) {
    snapshot = evolveAll(snapshot, submit(4000))
    const actions = timed(fills, () => scheduler.act(snapshot, nowMs))
    filled += actions.starts.length
    snapshot = evolveAll(snapshot, started(actions.starts))
  }
  snapshot = evolveAll(snapshot, submit(Math.max(0, queued - snapshot.queued.length)))
  const first = []
  const settled = timed(first, () => scheduler.act(snapshot, nowMs))
  snapshot = evolveAll(snapshot, started(settled.starts))

  const [acts, tells] = [[], []]
  let starts = 0
  for (let cycle = -3; cycle < cycles; cycle += 1) {
    nowMs += 1000
    const ends = Array.from({ length: comings }, () => snapshot.running[roll(snapshot.running.length)])
    const events = [...new Set(ends)].map(({ id }) => ({ type: 'ended', jobId: id, atMs: nowMs }))
    snapshot = evolveAll(snapshot, [...events, ...submit(comings)])
    const actions = timed(cycle < 0 ? [] : acts, () => scheduler.act(snapshot, nowMs))
    starts += cycle < 0 ? 0 : actions.starts.length
    if (cycle >= 0 && cycle % 5 === 0) timed(tells, () => scheduler.decide(snapshot, nowMs))
    snapshot = evolveAll(snapshot, started(actions.starts))
  }
  const of = (samples, kind, share) =>
    rounded(
      quantile(
        samples.map((sample) => sample[kind]),
        share,
      ),
    )
  const sum = (samples, kind) => samples.reduce((total, sample) => total + sample[kind], 0)
  return {
    queued,
    running: snapshot.running.length,
    nodes: nodes.length,
    comings,
    starts,
    'act p50 ms': of(acts, 'clock', 0.5),
    'act p99 ms': of(acts, 'clock', 0.99),
    'act CPU p50 ms': of(acts, 'cpu', 0.5),
    'decide p50 ms': of(tells, 'clock', 0.5),
    'decide CPU p50 ms': of(tells, 'cpu', 0.5),
    'first act ms': of(first, 'clock', 0.5),
    'placements/s': Math.round((filled * 1000) / sum(fills, 'clock')),
    'placements/s of CPU': Math.round((filled * 1000) / sum(fills, 'cpu')),
    'memory MiB': Math.round(process.memoryUsage().rss / 2 ** 20),
  }
}

const sizes = values.quick ? [1000, 10_000, 100_000] : [1000, 10_000, 100_000, 1_000_000]
const rows = sizes.map((size) => {
  const row = measure(size, values.quick ? 20 : 100, 20)
  console.error(JSON.stringify(row))
  return row
})
const columns = Object.keys(rows[0])
const line = (cells) => `| ${cells.join(' | ')} |`
console.log(
  [line(columns), line(columns.map(() => '---:')), ...rows.map((row) => line(columns.map((key) => row[key])))].join(
    '\n',
  ),
)
console.log(`\n${machineLine()}`)

const protocol = {
  nodes: 'FGD, nodes_gpu.csv',
  requests: 'FGD, pods_default.csv, drawn by lot',
  runTimes: 'Philly, drawn by lot, known exactly',
  cycle: '20 jobs end and 20 come, in 10 queues of 200 owners',
  fill: '16,000 jobs offered to an empty cluster in four cycles: placements/s',
  policy: defaultPolicy,
}
const published = [
  { system: 'Slurm', figure: '500 simple batch jobs/s sustained', source: 'docs high_throughput' },
  { system: 'kube-scheduler', figure: '600–690 pods/s at 5,000 nodes', source: 'kubernetes#131345' },
  { system: 'Kueue', figure: '42–43 workloads/s, 15,000 to 50,000 workloads', source: 'kueue performance configs' },
  { system: 'KAI', figure: '2.2 s snapshot and 0.2–0.3 s actions a cycle, 4,000 nodes', source: 'KAI-Scheduler#315' },
]
const notes = [
  machineLine(),
  'The published figures are of whole systems, with their API and stores; ours here is the pure core.',
]
if (values.out !== undefined)
  writeFileSync(values.out, `${JSON.stringify({ name: 'scale', protocol, rows, published, notes }, null, 1)}\n`)
