import type { Cycle } from '../cycle.js'
import type { HoldCause, Holder, ShortageFacts } from '../model/decision.js'
import type { JobRequest } from '../model/request.js'
import type { RunningJob } from '../model/snapshot.js'
import type { Free, Layout } from './cluster.js'
import { bySubmission } from './order.js'
import { openNodes, podsThatFit, slotsOn, suits } from './place.js'
import type { DeviceAsk } from './waiters.js'

const toldHolders = 5

/** Running jobs as an owner reads them: soonest expected end first, unknown ends last, only the first few. */
export const holdersOf = (jobs: readonly RunningJob[], gpuMilliOf: (job: RunningJob) => number): Holder[] => {
  const endOf = (job: RunningJob): number => job.predictedEndMs ?? Number.MAX_SAFE_INTEGER
  const first: RunningJob[] = []
  for (const job of jobs) {
    const at = first.findIndex((other) => (endOf(job) - endOf(other) || bySubmission(job, other)) < 0)
    if (at >= 0) first.splice(at, 0, job)
    else if (first.length < toldHolders) first.push(job)
    if (first.length > toldHolders) first.pop()
  }
  return first.map((job) => ({ jobId: job.id, gpuMilli: gpuMilliOf(job), predictedEndMs: job.predictedEndMs }))
}

/**
 * What the devices of all open nodes have for a request, whatever it asks of CPU and memory: the same for every request
 * that asks the same of devices. One entry a node in the lists.
 */
interface AllDevices {
  readonly nodes: readonly number[]
  readonly matching: Int32Array
  readonly free: Int32Array
  readonly matchingInAll: number
  readonly freeInAll: number
  readonly milliInAll: number
  /** Whether some device has the compute but not the memory. */
  readonly lackDeviceMemory: boolean
}

const lookAtDevices = (layout: Layout, free: Free, nodes: readonly number[], request: JobRequest): AllDevices => {
  const matching = new Int32Array(nodes.length)
  const freeOn = new Int32Array(nodes.length)
  const sums = { matchingInAll: 0, freeInAll: 0, milliInAll: 0, lackDeviceMemory: false }
  const look = (at: number, device: number): void => {
    if (!suits(layout, device, request)) return
    const milli = free.deviceMilli[device] ?? 0
    const isFree = slotsOn(layout, free, device, request) > 0
    matching[at] = (matching[at] ?? 0) + 1
    freeOn[at] = (freeOn[at] ?? 0) + (isFree ? 1 : 0)
    sums.matchingInAll += 1
    sums.freeInAll += isFree ? 1 : 0
    sums.milliInAll += Math.max(0, milli)
    if (!isFree && milli >= request.gpuMilli) sums.lackDeviceMemory = true
  }
  nodes.forEach((node, at) => {
    const end = request.gpuCount === 0 ? 0 : (layout.firstDevice[node + 1] ?? 0)
    for (let device = layout.firstDevice[node] ?? 0; device < end; device += 1) look(at, device)
  })
  return { nodes, matching, free: freeOn, ...sums }
}

const hasCpu = (free: Free, node: number, request: JobRequest): boolean => (free.cpu[node] ?? 0) >= request.cpuMilli
const hasMemory = (free: Free, node: number, request: JobRequest): boolean =>
  (free.memory[node] ?? 0) >= request.memoryMib

/** A node and how many fitting devices it has free. */
interface Nearest {
  readonly node: number
  readonly free: number
}

/** The node that comes nearest: that has enough fitting devices at all, then most of them free, then CPU and memory. */
const nearestNode = (free: Free, devices: AllDevices, request: JobRequest): Nearest | null => {
  const { gpuCount } = request
  let best = -1
  let most = -1
  for (let at = 0; at < devices.nodes.length; at += 1) {
    const node = devices.nodes[at] ?? 0
    const nearness =
      ((devices.matching[at] ?? 0) >= gpuCount ? 4 * (gpuCount + 1) : 0) +
      4 * Math.min(devices.free[at] ?? 0, gpuCount) +
      (hasCpu(free, node, request) ? 1 : 0) +
      (hasMemory(free, node, request) ? 1 : 0)
    if (nearness <= most) continue
    most = nearness
    best = at
  }
  return best < 0 ? null : { node: devices.nodes[best] ?? 0, free: devices.free[best] ?? 0 }
}

const reasonFor = (free: Free, devices: AllDevices, best: Nearest | null, request: JobRequest) => {
  if (best !== null && best.free >= request.gpuCount) {
    if (!hasCpu(free, best.node, request)) return 'cpu_busy'
    if (!hasMemory(free, best.node, request)) return 'memory_busy'
  }
  if (devices.lackDeviceMemory) return 'gpu_memory'
  const isShare = request.gpuMilli < 1000
  const enoughInAll = isShare
    ? devices.milliInAll >= request.gpuMilli * request.gpuCount
    : devices.freeInAll >= request.gpuCount
  return enoughInAll ? 'gpu_fragmented' : 'gpu_busy'
}

const uses = (job: RunningJob, nodeId: string, needsGpu: boolean): boolean =>
  job.placement.pods.some((pod) => pod.nodeId === nodeId && (!needsGpu || pod.devices.length > 0))

const milliOn = (job: RunningJob, nodeId: string): number =>
  job.placement.pods
    .filter((pod) => pod.nodeId === nodeId)
    .reduce((sum, pod) => sum + pod.devices.reduce((inPod, grant) => inPod + grant.milli, 0), 0)

/** Looks into shortages of one cycle, after all were served; what equal requests share is looked at once. */
export interface ShortageBook {
  /** Which thing is short, for a request that would fit if the nodes were empty but does not fit in `free`. */
  of(request: JobRequest, free: Free): HoldCause
}

const runningByNode = (running: readonly RunningJob[]): ReadonlyMap<string, readonly RunningJob[]> => {
  const byNode = new Map<string, RunningJob[]>()
  for (const job of running) {
    for (const pod of job.placement.pods) {
      const others = byNode.get(pod.nodeId)
      if (others === undefined) byNode.set(pod.nodeId, [job])
      else if (others.at(-1) !== job) others.push(job)
    }
  }
  return byNode
}

/** Opens the book for a cycle. */
export const openShortageBook = (cycle: Cycle): ShortageBook => {
  const { layout } = cycle
  const byDevices = { now: new Map<DeviceAsk, AllDevices>(), bound: new Map<DeviceAsk, AllDevices>() }
  const open = openNodes(layout)
  let holders: ReadonlyMap<string, readonly RunningJob[]> | null = null
  const devicesFor = (request: JobRequest, free: Free): AllDevices => {
    const looked = byDevices[free === cycle.now.free ? 'now' : 'bound']
    const asked = cycle.shapes.of(request).devices
    const known = looked.get(asked)
    if (known !== undefined) return known
    const devices = lookAtDevices(layout, free, open, request)
    looked.set(asked, devices)
    return devices
  }
  return {
    of(request, free) {
      holders ??= runningByNode(cycle.snapshot.running)
      return shortageFrom(layout, free, devicesFor(request, free), request, holders)
    },
  }
}

const podsInAll = (layout: Layout, free: Free, devices: AllDevices, request: JobRequest): number =>
  devices.nodes.reduce((sum, node) => sum + podsThatFit(layout, free, node, request, request.replicas), 0)

const shortageFrom = (
  layout: Layout,
  free: Free,
  devices: AllDevices,
  request: JobRequest,
  byNode: ReadonlyMap<string, readonly RunningJob[]>,
): HoldCause => {
  const best = nearestNode(free, devices, request)
  const node = best === null ? undefined : layout.nodes[best.node]
  const nodeId = node?.id ?? ''
  const holding = (byNode.get(nodeId) ?? []).filter((job) => uses(job, nodeId, request.gpuCount > 0))
  const facts: ShortageFacts = {
    gpuCount: request.gpuCount,
    gpuMilli: request.gpuCount > 0 ? request.gpuMilli : 0,
    gpuMemoryMib: request.gpuCount > 0 ? request.gpuMemoryMib : 0,
    gpuModel: request.gpuCount > 0 ? request.gpuModel : null,
    cpuMilli: request.cpuMilli,
    memoryMib: request.memoryMib,
    nodeName: node?.name ?? null,
    freeOnNode: best?.free ?? 0,
    freeInAll: devices.freeInAll,
    matchingInAll: devices.matchingInAll,
    heldBy: holdersOf(holding, (job) => milliOn(job, nodeId)),
  }
  const placeable = request.replicas > 1 ? podsInAll(layout, free, devices, request) : 0
  if (placeable > 0) return { reason: 'gang_incomplete', facts: { ...facts, placeable, replicas: request.replicas } }
  return { reason: reasonFor(free, devices, best, request), facts }
}
