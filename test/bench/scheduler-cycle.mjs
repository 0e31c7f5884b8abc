/**
 * How long one scheduling cycle takes. Build first, then `node test/bench/scheduler-cycle.mjs [repeats]`.
 * Every case is a fixed snapshot made from a fixed seed; `decide` is timed on it, nothing is carried over.
 * On a machine that does other work too, the CPU time of a cycle says more than the time by the clock.
 */
import { cpus } from 'node:os'
import { performance } from 'node:perf_hooks'
import { applyDecisions, decide, defaultPolicy, unlimited } from '@novabrain/scheduler'

const repeats = Number(process.argv[2] ?? 40)
const nowMs = 1_000_000_000_000
const minute = 60_000

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

const pick = (roll, list) => list[roll(list.length)]

const nodesOf = (count) =>
  Array.from({ length: count }, (_, n) => ({
    id: `node-${n}`,
    name: `node-${String(n).padStart(5, '0')}`,
    schedulable: true,
    cpuMilli: 128_000,
    memoryMib: 1_048_576,
    devices: Array.from({ length: 8 }, (_, index) => ({
      id: `node-${n}-${index}`,
      index,
      kind: 'gpu',
      model: n % 3 === 0 ? 'H200' : 'A100',
      memoryMib: 81_920,
    })),
  }))

const queues = Array.from({ length: 10 }, (_, index) => ({
  name: `queue-${index}`,
  cohort: `cohort-${index % 2}`,
  nominal: unlimited,
  borrowingLimit: unlimited,
  lendingLimit: unlimited,
  weight: 1 + (index % 3),
}))

const requestOf = (roll, distinct) => ({
  gpuCount: pick(roll, [0, 1, 1, 1, 1, 1, 2, 4, 8]),
  gpuMilli: 1000,
  gpuMemoryMib: 0,
  gpuModel: pick(roll, [null, null, null, 'A100', 'H200']),
  cpuMilli: distinct ? 1000 + roll(12_000) : pick(roll, [1000, 4000, 12_000]),
  memoryMib: pick(roll, [4096, 16_384]),
  replicas: roll(50) === 0 ? 4 : 1,
})

const jobsOf = (count, { seed, distinct = false, important = 0, prefix = 'job' }) => {
  const roll = dice(seed)
  return Array.from({ length: count }, (_, index) => {
    const request = requestOf(roll, distinct)
    const isShare = request.gpuCount === 1 && roll(4) === 0
    return {
      id: `${prefix}-${String(index).padStart(6, '0')}`,
      queueName: `queue-${roll(10)}`,
      owner: `owner-${roll(200)}`,
      priority: index < important ? 300 : 200,
      submittedAtMs: nowMs - roll(50) * minute,
      request: isShare ? { ...request, gpuMilli: pick(roll, [250, 500]) } : request,
      predictedRuntimeMs: roll(3) === 0 ? null : (1 + roll(600)) * minute,
      evictedAtMs: [],
      attainedMs: 0,
      notBeforeMs: 0,
    }
  })
}

const emptyOf = (nodes, queued) => ({
  nodes: nodesOf(nodes),
  queues,
  queued,
  running: [],
  holds: [],
  usage: { halfLifeMs: 24 * 60 * minute, records: [] },
})

const startAll = (snapshot, atMs) => applyDecisions(snapshot, decide(snapshot, defaultPolicy, atMs), atMs)

/** Jobs do not all start at one moment: each is moved back by up to two hours. */
const spread = (running) => {
  const roll = dice(23)
  return running.map((job) => {
    const backMs = roll(120 * minute)
    const predictedEndMs = job.predictedEndMs === null ? null : job.predictedEndMs - backMs
    return { ...job, startedAtMs: job.startedAtMs - backMs, predictedEndMs }
  })
}

/** A cluster whose GPUs other jobs fill; cores are left. */
const gpusFull = (nodes, queued) => {
  const before = nowMs - 30 * minute
  const filled = startAll(emptyOf(nodes, jobsOf(nodes * 12, { seed: 7, prefix: 'run' })), before)
  return { ...filled, running: spread(filled.running), queued }
}

/** A job that takes the cores a node has left. */
const coresOf = (node, cpuMilli) => {
  const [job] = jobsOf(1, { seed: 5, prefix: `cores-${node.name}` })
  const request = { ...job.request, gpuCount: 0, gpuMilli: 1000, cpuMilli, memoryMib: 0, replicas: 1 }
  const placement = { pods: [{ nodeId: node.id, cpuMilli, memoryMib: 0, devices: [] }] }
  const startedAtMs = nowMs - 30 * minute
  return { ...job, request, placement, startedAtMs, stopping: false, predictedEndMs: null, checkpointedAtMs: null }
}

/** A cluster on which nothing has room. */
const fullOf = (nodes, queued) => {
  const snapshot = gpusFull(nodes, queued)
  const used = new Map()
  for (const { nodeId, cpuMilli } of snapshot.running.flatMap((job) => job.placement.pods))
    used.set(nodeId, (used.get(nodeId) ?? 0) + cpuMilli)
  const cores = snapshot.nodes.map((node) => coresOf(node, node.cpuMilli - (used.get(node.id) ?? 0)))
  return { ...snapshot, running: [...snapshot.running, ...cores] }
}

/** A few jobs end, all over the cluster. */
const withFreed = (snapshot, count) => {
  const every = Math.floor(snapshot.running.length / count)
  return { ...snapshot, running: snapshot.running.filter((_, index) => index % every !== 0) }
}

const cases = [
  ['full cluster, all wait', () => fullOf(1000, jobsOf(10_000, { seed: 11 }))],
  ['full cluster, 50 jobs ended', () => withFreed(fullOf(1000, jobsOf(10_000, { seed: 11 })), 50)],
  ['full cluster, 500 may preempt', () => fullOf(1000, jobsOf(10_000, { seed: 11, important: 500 }))],
  ['full cluster, 10,000 different requests', () => fullOf(1000, jobsOf(10_000, { seed: 13, distinct: true }))],
  ['GPUs full, cores free', () => gpusFull(1000, jobsOf(10_000, { seed: 11 }))],
  ['empty cluster, as many start as fit', () => emptyOf(1000, jobsOf(10_000, { seed: 11 }))],
  ['1,213 full nodes, 100,000 queued', () => fullOf(1213, jobsOf(100_000, { seed: 17 }))],
]

const quantile = (sorted, part) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))]

const measure = ([name, make]) => {
  const snapshot = make()
  const times = []
  const cpuTimes = []
  let decisions = []
  const rounds = snapshot.queued.length > 10_000 ? Math.ceil(repeats / 5) : repeats
  for (let round = -3; round < rounds; round += 1) {
    const begin = performance.now()
    const cpuBegin = process.cpuUsage()
    decisions = decide(snapshot, defaultPolicy, nowMs)
    const cpu = process.cpuUsage(cpuBegin)
    if (round < 0) continue
    times.push(performance.now() - begin)
    cpuTimes.push((cpu.user + cpu.system) / 1000)
  }
  times.sort((left, right) => left - right)
  cpuTimes.sort((left, right) => left - right)
  const count = (type) => decisions.filter((decision) => decision.type === type).length
  return {
    case: name,
    nodes: snapshot.nodes.length,
    running: snapshot.running.length,
    queued: snapshot.queued.length,
    starts: count('start'),
    preempts: count('preempt'),
    'p50 ms': Number(quantile(times, 0.5).toFixed(1)),
    'p99 ms': Number(quantile(times, 0.99).toFixed(1)),
    'CPU p50 ms': Number(quantile(cpuTimes, 0.5).toFixed(1)),
  }
}

console.log(
  `${repeats} cycles each (a fifth of that for 100,000 jobs), Node ${process.version}, ${cpus()[0]?.model ?? 'unknown CPU'}`,
)
const wanted = process.argv[3]
console.table(cases.filter(([name]) => wanted === undefined || name.includes(wanted)).map(measure))
