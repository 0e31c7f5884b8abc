import type { JobRequest } from '../model/request.js'
import type { Free, Layout } from '../steps/cluster.js'
import { memoryOn, orderedDevices, slotsOn } from '../steps/place.js'
import { isShare } from './rule.js'
import type { NodeState, Usable } from './usable.js'

/** What placing one pod on a node would do to its fragmentation, for the best of its devices. */
export interface Drop {
  /** F before − F after, times the sum of the weights: positive where less of the node is of no use afterwards. */
  readonly weighted: number
  /** The device to take a share of; `null` where the request leaves no choice. */
  readonly device: number | null
}

/** Measures the fragmentation of nodes, and how a pod would change it. */
export interface Gradient {
  /** F_n times the sum of the weights. */
  fragmentation(free: Free, node: number): number
  /**
   * For each choice of device that differs from those before it; `isBetter` says whether a drop beats the best so far.
   */
  drop(free: Free, node: number, request: JobRequest, isBetter: (drop: number, best: number) => boolean): Drop
}

const emptyState = (size: number): NodeState => ({
  count: 0,
  group: new Int32Array(size),
  milli: new Float64Array(size),
  memory: new Float64Array(size),
})

/** Opens the measure for a layout. It works in one scratch state, so it is quick and not reentrant. */
export const openGradient = (layout: Layout, usable: Usable): Gradient => {
  const most = layout.nodes.reduce((size, { devices }) => Math.max(size, devices.length), 0)
  const state = emptyState(most)
  const devices = new Int32Array(most)

  const read = (free: Free, node: number): void => {
    state.count = 0
    const end = layout.firstDevice[node + 1] ?? 0
    for (let device = layout.firstDevice[node] ?? 0; device < end; device += 1) {
      if (layout.deviceIsGpu[device] !== 1) continue
      const at = state.count++
      devices[at] = device
      state.group[at] = usable.groupOf[device] ?? 0
      state.milli[at] = Math.max(0, free.deviceMilli[device] ?? 0)
      state.memory[at] = Math.max(0, free.deviceMemory[device] ?? 0)
    }
  }
  const ofDevice = (at: number, cpuRow: number): number => {
    const milli = state.milli[at] ?? 0
    return milli * usable.ofDevice(state.group[at] ?? 0, cpuRow, milli, state.memory[at] ?? 0)
  }
  const ofAll = (cpuMilli: number): number => {
    const row = usable.cpuRow(cpuMilli)
    let sum = usable.ofNode(state, cpuMilli)
    for (let at = 0; at < state.count; at += 1) sum += ofDevice(at, row)
    return sum
  }
  const take = (at: number, request: JobRequest, sign: 1 | -1): void => {
    const memory = memoryOn(request, layout.deviceMemory[devices[at] ?? 0] ?? 0)
    state.milli[at] = (state.milli[at] ?? 0) - sign * request.gpuMilli
    state.memory[at] = (state.memory[at] ?? 0) - sign * memory
  }
  const isLike = (at: number, other: number): boolean =>
    state.group[at] === state.group[other] &&
    state.milli[at] === state.milli[other] &&
    state.memory[at] === state.memory[other]
  const isRepeated = (at: number): boolean => {
    for (let other = 0; other < at; other += 1) if (isLike(at, other)) return true
    return false
  }

  const dropOfShare: Gradient['drop'] = (free, node, request, isBetter) => {
    const before = ofAll(free.cpu[node] ?? 0)
    const cpuMilli = (free.cpu[node] ?? 0) - request.cpuMilli
    const row = usable.cpuRow(cpuMilli)
    let singles = 0
    for (let at = 0; at < state.count; at += 1) singles += ofDevice(at, row)
    const taken = request.gpuMilli * usable.weight
    let best: Drop | null = null
    for (let at = 0; at < state.count; at += 1) {
      if (isRepeated(at) || slotsOn(layout, free, devices[at] ?? 0, request) === 0) continue
      const others = singles - ofDevice(at, row)
      take(at, request, 1)
      const weighted = taken - (before - others - ofDevice(at, row) - usable.ofNode(state, cpuMilli))
      take(at, request, -1)
      if (best === null || isBetter(weighted, best.weighted)) best = { weighted, device: devices[at] ?? null }
    }
    return best ?? { weighted: 0, device: null }
  }
  const dropOfWhole: Gradient['drop'] = (free, node, request) => {
    const before = ofAll(free.cpu[node] ?? 0)
    const chosen = request.gpuCount === 0 ? [] : orderedDevices(layout, free, node, request, false)
    const count = Math.min(request.gpuCount, chosen.length)
    for (let place = 0; place < count; place += 1) take(devices.indexOf(chosen[place] ?? -1), request, 1)
    const after = ofAll((free.cpu[node] ?? 0) - request.cpuMilli)
    return { weighted: count * request.gpuMilli * usable.weight - (before - after), device: null }
  }
  return {
    fragmentation(free, node) {
      read(free, node)
      let idle = 0
      for (let at = 0; at < state.count; at += 1) idle += state.milli[at] ?? 0
      return idle * usable.weight - ofAll(free.cpu[node] ?? 0)
    },
    drop(free, node, request, isBetter) {
      read(free, node)
      const choose = isShare(request) && request.gpuCount === 1 ? dropOfShare : dropOfWhole
      return choose(free, node, request, isBetter)
    },
  }
}
