import type { JobRequest } from '../model/request.js'
import type { DeviceGrant, Placement, PodPlacement } from '../model/snapshot.js'
import { copyFree, take, type Free, type Layout } from './cluster.js'
import type { DeviceAsk, Shape, Shapes } from './waiters.js'

/**
 * How badly a node suits one pod that fits on it; whole numbers, least is best, equal ones go to the first node of the
 * layout (smallest name, then id). Of the request it looks only at what is asked of devices. Another placement rule
 * (fragmentation gradient) is another function of this type.
 */
export type Score = (layout: Layout, free: Free, node: number, request: JobRequest) => number

const isWhole = (request: JobRequest): boolean => request.gpuMilli >= 1000

/** Memory that a pod takes on a device: all of it with a whole device, else what it asks or its proportion. */
export const memoryOn = (request: JobRequest, deviceMemoryMib: number): number => {
  if (isWhole(request)) return deviceMemoryMib
  return request.gpuMemoryMib > 0 ? request.gpuMemoryMib : Math.floor((deviceMemoryMib * request.gpuMilli) / 1000)
}

/** Whether the kind, model and size of a device suit a request, whatever runs on it. */
export const suits = (layout: Layout, device: number, request: JobRequest): boolean =>
  layout.deviceIsGpu[device] === 1 &&
  (request.gpuModel === null || layout.deviceModels[device] === request.gpuModel) &&
  (layout.deviceMemory[device] ?? 0) >= request.gpuMemoryMib

/** How many pods of the request a single device has room for. Both vectors count: compute and memory. */
export const slotsOn = (layout: Layout, free: Free, device: number, request: JobRequest): number => {
  if (!suits(layout, device, request)) return 0
  const milli = free.deviceMilli[device] ?? 0
  const memory = free.deviceMemory[device] ?? 0
  const size = layout.deviceMemory[device] ?? 0
  if (isWhole(request)) return milli >= 1000 && memory >= size ? 1 : 0
  const each = memoryOn(request, size)
  if (milli < request.gpuMilli || memory < each) return 0
  const byMilli = Math.floor(milli / request.gpuMilli)
  return each > 0 ? Math.min(byMilli, Math.floor(memory / each)) : byMilli
}

const roomFor = (free: number, each: number): number => (each > 0 ? Math.floor(free / each) : Number.MAX_SAFE_INTEGER)

/** The most pods whose `gpuCount` different devices can be found: the greatest P with Σ min(slots, P) ≥ gpuCount · P. */
const podsByDevices = (layout: Layout, free: Free, node: number, request: JobRequest, atMost: number): number => {
  const first = layout.firstDevice[node] ?? 0
  const end = layout.firstDevice[node + 1] ?? 0
  const pairsFor = (pods: number): number => {
    let pairs = 0
    for (let device = first; device < end; device += 1) pairs += Math.min(slotsOn(layout, free, device, request), pods)
    return pairs
  }
  let pods = Math.min(atMost, Math.floor(pairsFor(atMost) / request.gpuCount))
  while (pods > 0 && pairsFor(pods) < request.gpuCount * pods) pods -= 1
  return pods
}

/** How many pods a node has room for by its CPU and memory; nothing fits where too much is granted. */
const roomOn = (free: Free, node: number, request: JobRequest): number => {
  const cpu = free.cpu[node] ?? 0
  const memory = free.memory[node] ?? 0
  if (cpu < 0 || memory < 0) return 0
  return Math.min(roomFor(cpu, request.cpuMilli), roomFor(memory, request.memoryMib))
}

/** How many equal pods fit on a node together, counted no further than `atMost`. Nothing fits where too much is granted. */
export const podsThatFit = (layout: Layout, free: Free, node: number, request: JobRequest, atMost: number): number => {
  const room = Math.min(atMost, roomOn(free, node, request))
  if (room <= 0) return 0
  return request.gpuCount === 0 ? room : podsByDevices(layout, free, node, request, room)
}

/** Tightest device first for a share; for several pods of several devices each, the roomiest first keeps all possible. */
const orderedDevices = (layout: Layout, free: Free, node: number, request: JobRequest, more: boolean): number[] => {
  const devices: number[] = []
  for (let device = layout.firstDevice[node] ?? 0; device < (layout.firstDevice[node + 1] ?? 0); device += 1) {
    if (slotsOn(layout, free, device, request) > 0) devices.push(device)
  }
  if (isWhole(request)) return devices
  const milli = (device: number): number => free.deviceMilli[device] ?? 0
  const memory = (device: number): number => free.deviceMemory[device] ?? 0
  const slots = (device: number): number => slotsOn(layout, free, device, request)
  return more && request.gpuCount > 1
    ? devices.sort((left, right) => slots(right) - slots(left) || left - right)
    : devices.sort((left, right) => milli(left) - milli(right) || memory(left) - memory(right) || left - right)
}

const grantsOn = (layout: Layout, free: Free, node: number, request: JobRequest, more: boolean): DeviceGrant[] => {
  if (request.gpuCount === 0) return []
  const chosen = orderedDevices(layout, free, node, request, more).slice(0, request.gpuCount)
  return chosen.map((device) => ({
    deviceId: layout.deviceIds[device] ?? '',
    milli: request.gpuMilli,
    memoryMib: memoryOn(request, layout.deviceMemory[device] ?? 0),
  }))
}

/** One pod on a node where it is known to fit. `more` says that further pods of its gang go there too. */
export const podOn = (layout: Layout, free: Free, node: number, request: JobRequest, more = false): PodPlacement => ({
  nodeId: layout.nodes[node]?.id ?? '',
  cpuMilli: request.cpuMilli,
  memoryMib: request.memoryMib,
  devices: grantsOn(layout, free, node, request, more),
})

const freeMilliOn = (layout: Layout, free: Free, node: number): number => {
  let milli = 0
  for (let device = layout.firstDevice[node] ?? 0; device < (layout.firstDevice[node + 1] ?? 0); device += 1) {
    if (layout.deviceIsGpu[device] === 1) milli += free.deviceMilli[device] ?? 0
  }
  return milli
}

const tightestShare = (layout: Layout, free: Free, node: number, request: JobRequest): number => {
  const device = orderedDevices(layout, free, node, request, false)[0] ?? 0
  const milli = free.deviceMilli[device] ?? 0
  return milli >= 1000 ? 2000 : milli
}

const step = 2 ** 20

/**
 * Best fit: a share goes to the fullest device that still has room and opens a fresh one last; whole devices and jobs
 * without device go where the least GPU stays idle, then where the fewest cores stay idle.
 */
export const bestFit: Score = (layout, free, node, request) => {
  const idleMilli = Math.min(step - 1, freeMilliOn(layout, free, node))
  const idleCores = Math.max(0, Math.min(step - 1, Math.floor((free.cpu[node] ?? 0) / 1000)))
  const isShare = request.gpuCount > 0 && !isWhole(request)
  return isShare ? tightestShare(layout, free, node, request) * step + idleMilli : idleMilli * step + idleCores
}

/** Finds places on one view of what is free, remembering what has not changed since it last looked. */
export interface Placer {
  /** A place for the whole gang, or `null`. Takes nothing. */
  find(shape: Shape): Placement | null
}

/** The node for the next chunk of a gang: the tightest that takes all that is left, else the one that takes most. */
const chunkNode = (pods: Int32Array, left: number): number => {
  let best = -1
  for (let node = 0; node < pods.length; node += 1) {
    const count = pods[node] ?? 0
    if (count === 0) continue
    const most = best < 0 ? 0 : (pods[best] ?? 0)
    const better = best < 0 || (most >= left ? count >= left && count < most : count > most)
    if (better) best = node
  }
  return best
}

const gangPlacement = (layout: Layout, free: Free, request: JobRequest, fitting: Int32Array): Placement | null => {
  if (fitting.reduce((sum, count) => sum + count, 0) < request.replicas) return null
  const pods: PodPlacement[] = []
  const room = fitting.slice()
  const trial = copyFree(free)
  while (pods.length < request.replicas) {
    const node = chunkNode(room, request.replicas - pods.length)
    const count = Math.min(room[node] ?? 0, request.replicas - pods.length)
    for (let placed = 0; placed < count; placed += 1) {
      const pod = podOn(layout, trial, node, request, placed < count - 1)
      take(layout, trial, [pod])
      pods.push(pod)
    }
    room[node] = 0
  }
  return { pods }
}

/** What is known of the nodes that may have room for what is asked of devices; one entry a node, in their order. */
interface Candidates {
  readonly nodes: Int32Array
  /** Pods whose devices fit, no further than the gang is large; and the score of one, boundless where none fits. */
  readonly pods: Int32Array
  readonly scores: Float64Array
  /** How many of the changes of `free` are taken into account. */
  seen: number
}

const judge = (
  layout: Layout,
  free: Free,
  score: Score,
  { example }: DeviceAsk,
  known: Candidates,
  at: number,
): void => {
  const node = known.nodes[at] ?? 0
  const { replicas, gpuCount } = example
  const pods = gpuCount === 0 ? replicas : podsByDevices(layout, free, node, example, replicas)
  known.pods[at] = pods
  known.scores[at] = pods > 0 ? score(layout, free, node, example) : Number.POSITIVE_INFINITY
}

const candidatesFor = (layout: Layout, free: Free, score: Score, ask: DeviceAsk, roomy: Roomy): Candidates => {
  const { example } = ask
  const nodes = Int32Array.from(
    example.gpuCount > 0
      ? roomy.withGpu.filter((node) => podsByDevices(layout, free, node, example, 1) > 0)
      : roomy.all,
  )
  const pods = new Int32Array(nodes.length)
  const scores = new Float64Array(nodes.length)
  const known: Candidates = { nodes, pods, scores, seen: free.changed.length }
  for (let at = 0; at < nodes.length; at += 1) judge(layout, free, score, ask, known, at)
  return known
}

/** Where a node stands among the candidates, or -1; they are in ascending order. */
const positionOf = (nodes: Int32Array, node: number): number => {
  let low = 0
  let high = nodes.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const found = nodes[middle] ?? 0
    if (found === node) return middle
    if (found < node) low = middle + 1
    else high = middle - 1
  }
  return -1
}

/** Judges anew the nodes that changed since the last look, and only those. */
const refresh = (layout: Layout, free: Free, score: Score, ask: DeviceAsk, known: Candidates): void => {
  const stale = new Set<number>()
  for (; known.seen < free.changed.length; known.seen += 1) stale.add(free.changed[known.seen] ?? 0)
  for (const node of stale) {
    const at = positionOf(known.nodes, node)
    if (at >= 0) judge(layout, free, score, ask, known, at)
  }
}

const hasIdleDevice = (layout: Layout, free: Free, node: number): boolean => {
  for (let device = layout.firstDevice[node] ?? 0; device < (layout.firstDevice[node + 1] ?? 0); device += 1) {
    if (layout.deviceIsGpu[device] === 1 && (free.deviceMilli[device] ?? 0) > 0) return true
  }
  return false
}

/** Open nodes with an idle device, or a part of one; and all open nodes. A full cluster has few of the first. */
export interface Roomy {
  readonly withGpu: readonly number[]
  readonly all: readonly number[]
}

/** The nodes that take jobs, in their order. */
export const openNodes = (layout: Layout): number[] =>
  [...layout.nodes.keys()].filter((node) => layout.nodes[node]?.schedulable)

/** Which nodes are worth a look in a view that no longer changes, or only shrinks. */
export const roomyNodes = (layout: Layout, free: Free): Roomy => {
  const all = openNodes(layout)
  return { all, withGpu: all.filter((node) => hasIdleDevice(layout, free, node)) }
}

/** Whether the gang fits, without saying where: cheaper than `find` and leaves nothing behind. */
export const fitsNow = (layout: Layout, free: Free, request: JobRequest, roomy: Roomy | null = null): boolean => {
  const nodes = (request.gpuCount > 0 ? roomy?.withGpu : roomy?.all) ?? layout.nodes.keys()
  let pods = 0
  for (const node of nodes) {
    if (layout.nodes[node]?.schedulable) pods += podsThatFit(layout, free, node, request, request.replicas - pods)
    if (pods >= request.replicas) return true
  }
  return false
}

/** Amounts of CPU and memory with which something is known to fit, or not to fit. */
type Known = Pick<JobRequest, 'cpuMilli' | 'memoryMib'>

const isAsMuch = (request: Known, other: Known): boolean =>
  request.cpuMilli >= other.cpuMilli && request.memoryMib >= other.memoryMib

/** What was refused, by what is asked of devices: whatever asks for as much or more is refused too. */
interface Refusals {
  isRefused(shape: Shape): boolean
  refuse(shape: Shape): void
}

const openRefusals = (): Refusals => {
  const refused = new Map<DeviceAsk, Known[]>()
  return {
    isRefused: ({ request, devices }) => refused.get(devices)?.some((other) => isAsMuch(request, other)) ?? false,
    refuse({ request, devices }) {
      const greater = (refused.get(devices) ?? []).filter((other) => !isAsMuch(other, request))
      refused.set(devices, [...greater, request])
    },
  }
}

/** Answers whether requests fit into a view that does not change while it is asked, from few trials. */
export interface FitMemory {
  fits(request: JobRequest): boolean
}

/** Opens a memory of what fits into `free` and what does not. */
export const rememberFits = (layout: Layout, free: Free, shapes: Shapes): FitMemory => {
  let roomy: Roomy | null = null
  const refusals = openRefusals()
  const fitting = new Map<DeviceAsk, Known[]>()
  return {
    fits(request) {
      const shape = shapes.of(request)
      if (refusals.isRefused(shape)) return false
      const accepted = fitting.get(shape.devices) ?? []
      if (accepted.some((other) => isAsMuch(other, request))) return true
      const fits = fitsNow(layout, free, request, (roomy ??= roomyNodes(layout, free)))
      if (fits) fitting.set(shape.devices, [...accepted.filter((other) => !isAsMuch(request, other)), request])
      else refusals.refuse(shape)
      return fits
    },
  }
}

/**
 * A placer over `free`. What did not fit once is not tried again, and nodes without a fitting device are not looked at
 * again, so `free` may only shrink while it is used. Nodes that did not change are not judged anew.
 */
export const createPlacer = (layout: Layout, free: Free, score: Score): Placer => {
  const refusals = openRefusals()
  const byDevices = new Map<DeviceAsk, Candidates>()
  let roomy: Roomy | null = null
  const candidates = (ask: DeviceAsk): Candidates => {
    const known = byDevices.get(ask)
    if (known !== undefined) {
      refresh(layout, free, score, ask, known)
      return known
    }
    const fresh = candidatesFor(layout, free, score, ask, (roomy ??= roomyNodes(layout, free)))
    byDevices.set(ask, fresh)
    return fresh
  }
  const placePod = (request: JobRequest, { nodes, scores }: Candidates): Placement | null => {
    let best = -1
    let least = Number.POSITIVE_INFINITY
    for (let at = 0; at < nodes.length; at += 1) {
      const value = scores[at] ?? least
      const node = nodes[at] ?? 0
      if (value >= least || roomOn(free, node, request) < 1) continue
      least = value
      best = node
    }
    return best < 0 ? null : { pods: [podOn(layout, free, best, request)] }
  }
  const placeGang = (request: JobRequest, known: Candidates): Placement | null => {
    const pods = new Int32Array(layout.nodes.length)
    known.nodes.forEach((node, at) => {
      pods[node] = Math.min(known.pods[at] ?? 0, roomOn(free, node, request))
    })
    return gangPlacement(layout, free, request, pods)
  }
  return {
    find(shape) {
      if (refusals.isRefused(shape)) return null
      const { request } = shape
      const known = candidates(shape.devices)
      const placement = request.replicas > 1 ? placeGang(request, known) : placePod(request, known)
      if (placement === null) refusals.refuse(shape)
      return placement
    },
  }
}
