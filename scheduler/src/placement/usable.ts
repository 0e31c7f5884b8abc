import { acceptsModel, type JobRequest } from '../model/request.js'
import type { Layout } from '../steps/cluster.js'
import { memoryOn } from '../steps/place.js'
import type { Typical, TypicalRequest } from './typical.js'

/**
 * How much of a node's idle GPU the typical requests can use: Σ w_m · Σ_d l_d over the devices d with room for m, if the
 * node can run m at all; l_d is the idle part of d in thousandths. So idle · Σ w_m − usable = Σ w_m · F_n(m), the
 * fragmentation of fragmentation gradient descent (Weng et al., ATC'23, §4), times the sum of the weights.
 *
 * A device is two vectors: a share fits if its compute and its memory both do. What single devices can be used for is
 * tabled by CPU, memory and idle part; requests of several devices are counted on the node.
 */
export interface Usable {
  /** Σ w_m. */
  readonly weight: number
  /** Looks up what one device of a group is good for, with so much CPU on its node. Times its idle part: what is usable. */
  ofDevice(group: number, cpuRow: number, milli: number, memoryMib: number): number
  /** What several devices together are good for: the sum over requests of more than one device. */
  ofNode(state: NodeState, cpuMilli: number): number
  /** The row of the tables for so much CPU. */
  cpuRow(cpuMilli: number): number
  /** The group of a device: of one model and size. */
  readonly groupOf: Int32Array
}

/** The GPUs of one node as they are, or would be. */
export interface NodeState {
  count: number
  readonly group: Int32Array
  readonly milli: Float64Array
  readonly memory: Float64Array
}

/** The kind and size of a device. */
interface Group {
  readonly model: string
  readonly memoryMib: number
}

const groupsOf = (layout: Layout): { readonly groups: readonly Group[]; readonly groupOf: Int32Array } => {
  const groups: Group[] = []
  const groupOf = Int32Array.from(layout.deviceModels, (model, device) => {
    const memoryMib = layout.deviceMemory[device] ?? 0
    const known = groups.findIndex((group) => group.model === model && group.memoryMib === memoryMib)
    return known >= 0 ? known : groups.push({ model, memoryMib }) - 1
  })
  return { groups, groupOf }
}

const mayUse = ({ model, memoryMib }: Group, request: JobRequest): boolean =>
  acceptsModel(request, model) && memoryMib >= request.gpuMemoryMib

/** So many different amounts are told apart; of more, those between two that are kept count as the greater. */
const mostLevels = 128

const levelsOf = (values: readonly number[]): Float64Array => {
  const sorted = [...new Set(values)].sort((left, right) => left - right)
  const every = Math.ceil(sorted.length / mostLevels)
  return Float64Array.from(sorted.filter((_, at) => (sorted.length - 1 - at) % every === 0))
}

/** How many levels are reached by a value. */
const reached = (levels: Float64Array, value: number): number => {
  let low = 0
  let high = levels.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((levels[middle] ?? 0) <= value) low = middle + 1
    else high = middle
  }
  return low
}

/** The level that a need counts as, from 1: the least that is as great. */
const levelFor = (levels: Float64Array, need: number): number => {
  const below = reached(levels, need)
  return levels[below - 1] === need ? below : below + 1
}

/** For each value from 0 to 1000 how many levels it reaches. */
const reachedByMilli = (levels: Float64Array): Int32Array =>
  Int32Array.from({ length: 1001 }, (_, milli) => reached(levels, milli))

/** The weights of all requests of one device that a device of a group has room for, by CPU, memory and idle part. */
interface Table {
  readonly memory: Float64Array
  readonly rows: number
  readonly columns: number
  readonly sums: Int32Array
}

/** Turns what is gained at each step of one dimension into what is had up to there. */
const addUp = (sums: Int32Array, stride: number, size: number): void => {
  for (let at = 0; at < sums.length; at += 1) {
    if (Math.floor(at / stride) % size > 0) sums[at] = (sums[at] ?? 0) + (sums[at - stride] ?? 0)
  }
}

const tableFor = (group: Group, singles: readonly TypicalRequest[], cpu: Float64Array, milli: Float64Array): Table => {
  const fitting = singles.filter(({ request }) => mayUse(group, request))
  const memory = levelsOf(fitting.map(({ request }) => memoryOn(request, group.memoryMib)))
  const columns = milli.length + 1
  const rows = memory.length + 1
  const sums = new Int32Array((cpu.length + 1) * rows * columns)
  for (const { request, weight } of fitting) {
    const cpuAt = levelFor(cpu, request.cpuMilli)
    const memoryAt = levelFor(memory, memoryOn(request, group.memoryMib))
    const at = (cpuAt * rows + memoryAt) * columns + levelFor(milli, request.gpuMilli)
    sums[at] = (sums[at] ?? 0) + weight
  }
  addUp(sums, 1, columns)
  addUp(sums, columns, rows)
  addUp(sums, columns * rows, cpu.length + 1)
  return { memory, rows, columns, sums }
}

/** Idle parts of the devices of a node with room for one share of a request, if they are enough. */
const roomFor = (groups: readonly Group[], state: NodeState, request: JobRequest): number => {
  let devices = 0
  let idle = 0
  for (let at = 0; at < state.count; at += 1) {
    const group = groups[state.group[at] ?? -1]
    const milli = state.milli[at] ?? 0
    if (group === undefined || milli < request.gpuMilli || !mayUse(group, request)) continue
    if ((state.memory[at] ?? 0) < memoryOn(request, group.memoryMib)) continue
    devices += 1
    idle += milli
  }
  return devices >= request.gpuCount ? idle : 0
}

/** Works the tables out of a layout and the typical requests. */
export const openUsable = (layout: Layout, typical: Typical): Usable => {
  const { groups, groupOf } = groupsOf(layout)
  const wanting = typical.classes.filter(({ request }) => request.gpuCount > 0)
  const singles = wanting.filter(({ request }) => request.gpuCount === 1)
  const several = wanting.filter(({ request }) => request.gpuCount > 1)
  const cpu = levelsOf(wanting.map(({ request }) => request.cpuMilli))
  const milli = levelsOf(singles.map(({ request }) => request.gpuMilli))
  const columnOf = reachedByMilli(milli)
  const tables = groups.map((group) => tableFor(group, singles, cpu, milli))
  return {
    weight: typical.weight,
    groupOf,
    cpuRow: (cpuMilli) => reached(cpu, cpuMilli),
    ofDevice(group, cpuRow, idle, memoryMib) {
      const table = tables[group]
      if (table === undefined || idle <= 0) return 0
      const memoryAt = reached(table.memory, memoryMib)
      return table.sums[(cpuRow * table.rows + memoryAt) * table.columns + (columnOf[idle] ?? 0)] ?? 0
    },
    ofNode(state, cpuMilli) {
      let usable = 0
      for (const { request, weight } of several) {
        if (request.cpuMilli <= cpuMilli && request.gpuCount <= state.count)
          usable += weight * roomFor(groups, state, request)
      }
      return usable
    },
  }
}
