import { acceptsModel, type JobRequest } from '../model/request.js'
import type { DeviceGrant, PodPlacement } from '../model/snapshot.js'
import type { Rule } from '../placement/rule.js'
import type { Free, Layout } from './cluster.js'
import type { DeviceAsk, Shape, Shapes } from './waiters.js'

const isWhole = (request: JobRequest): boolean => request.gpuMilli >= 1000

/** Memory that a pod takes on a device: all of it with a whole device, else what it asks or its proportion. */
export const memoryOn = (request: JobRequest, deviceMemoryMib: number): number => {
  if (isWhole(request)) return deviceMemoryMib
  return request.gpuMemoryMib > 0 ? request.gpuMemoryMib : Math.floor((deviceMemoryMib * request.gpuMilli) / 1000)
}

/** Whether the kind, model and size of a device suit a request, whatever runs on it. */
export const suits = (layout: Layout, device: number, request: JobRequest): boolean =>
  layout.deviceIsGpu[device] === 1 &&
  acceptsModel(request, layout.deviceModels[device] ?? '') &&
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

/** How many pairs of a pod and a device of it a node has room for, where each device serves at most so many pods. */
const pairsOn = (layout: Layout, free: Free, node: number, request: JobRequest, pods: number): number => {
  const end = layout.firstDevice[node + 1] ?? 0
  let pairs = 0
  for (let device = layout.firstDevice[node] ?? 0; device < end; device += 1)
    pairs += Math.min(slotsOn(layout, free, device, request), pods)
  return pairs
}

/** The most pods whose `gpuCount` different devices can be found: the greatest P with Σ min(slots, P) ≥ gpuCount · P. */
export const podsByDevices = (
  layout: Layout,
  free: Free,
  node: number,
  request: JobRequest,
  atMost: number,
): number => {
  const { gpuCount } = request
  let pods = Math.min(atMost, Math.floor(pairsOn(layout, free, node, request, atMost) / gpuCount))
  while (pods > 0 && pairsOn(layout, free, node, request, pods) < gpuCount * pods) pods -= 1
  return pods
}

/** How many pods a node has room for by its CPU and memory; nothing fits where too much is granted. */
export const roomOn = (free: Free, node: number, request: JobRequest): number => {
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
export const orderedDevices = (
  layout: Layout,
  free: Free,
  node: number,
  request: JobRequest,
  more: boolean,
): number[] => {
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

/** The devices of a pod on a node. */
type Chooser = Pick<Rule, 'device'>

const chosenDevices = (layout: Layout, free: Free, node: number, request: JobRequest, by: Chooser | null): number[] => {
  if (request.gpuCount === 0) return []
  const single = request.gpuCount === 1 && !isWhole(request) ? (by?.device(free, node, request) ?? null) : null
  return single === null
    ? orderedDevices(layout, free, node, request, by === null).slice(0, request.gpuCount)
    : [single]
}

const grantsOn = (layout: Layout, free: Free, node: number, request: JobRequest, by: Chooser | null): DeviceGrant[] =>
  chosenDevices(layout, free, node, request, by).map((device) => ({
    deviceId: layout.deviceIds[device] ?? '',
    milli: request.gpuMilli,
    memoryMib: memoryOn(request, layout.deviceMemory[device] ?? 0),
  }))

/**
 * One pod on a node where it is known to fit, with the device that a rule chooses. Without a rule further pods of its
 * gang go there too, and the devices are chosen so that all find room.
 */
export const podOn = (
  layout: Layout,
  free: Free,
  node: number,
  request: JobRequest,
  by: Chooser | null,
): PodPlacement => ({
  nodeId: layout.nodes[node]?.id ?? '',
  cpuMilli: request.cpuMilli,
  memoryMib: request.memoryMib,
  devices: grantsOn(layout, free, node, request, by),
})

/** What is idle of the GPU of a node that has most left, thousandths. */
const mostIdleOn = (layout: Layout, free: Free, node: number): number => {
  let most = 0
  for (let device = layout.firstDevice[node] ?? 0; device < (layout.firstDevice[node + 1] ?? 0); device += 1) {
    if (layout.deviceIsGpu[device] === 1) most = Math.max(most, free.deviceMilli[device] ?? 0)
  }
  return most
}

/** Open nodes with an idle device, or a part of one; and all open nodes. A full cluster has few of the first. */
export interface Roomy {
  readonly withGpu: readonly number[]
  readonly all: readonly number[]
  /** By node: what was idle of its GPU that had most left, thousandths. */
  readonly mostIdle: Float64Array
}

/** The nodes that take jobs, in their order. */
export const openNodes = (layout: Layout): number[] =>
  [...layout.nodes.keys()].filter((node) => layout.nodes[node]?.schedulable)

/** Which nodes are worth a look in a view that no longer changes, or only shrinks. */
export const roomyNodes = (layout: Layout, free: Free): Roomy => {
  const all = openNodes(layout)
  const mostIdle = Float64Array.from(layout.nodes, (_, node) => mostIdleOn(layout, free, node))
  return { all, withGpu: all.filter((node) => (mostIdle[node] ?? 0) > 0), mostIdle }
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
export interface Refusals {
  isRefused(shape: Shape): boolean
  refuse(shape: Shape): void
}

/** Opens an empty list of refusals. */
export const openRefusals = (): Refusals => {
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
