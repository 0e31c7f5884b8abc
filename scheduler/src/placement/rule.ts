import type { JobRequest } from '../model/request.js'
import type { Free, Layout } from '../steps/cluster.js'

/**
 * A placement rule, opened for one layout of the nodes. It judges nodes that are known to fit and never changes whether
 * something fits. Scores are whole numbers, least is best, equal ones go to the first node of the layout (smallest name,
 * then id). Of a request it looks at what is asked of devices and, if it says so, of CPU; never at memory of the node.
 */
export interface Rule {
  readonly looksAtCpu: boolean
  /** How badly a node suits one pod that fits on it. */
  score(free: Free, node: number, request: JobRequest): number
  /** The device for a pod that wants a share of one; `null` leaves it to the fullest that has room. */
  device(free: Free, node: number, request: JobRequest): number | null
  /** Where a rule draws lots instead of scoring: which of so many fitting nodes, counted from 0. */
  draw?(count: number): number
}

/** Whether a request wants a part of each device. */
export const isShare = (request: JobRequest): boolean => request.gpuCount > 0 && request.gpuMilli < 1000

/** The thousandths of a node's GPUs that are idle. */
export const idleMilliOn = (layout: Layout, free: Free, node: number): number => {
  let milli = 0
  const end = layout.firstDevice[node + 1] ?? 0
  for (let device = layout.firstDevice[node] ?? 0; device < end; device += 1) {
    if (layout.deviceIsGpu[device] === 1) milli += free.deviceMilli[device] ?? 0
  }
  return milli
}

/** The greatest node of a layout, in cores and in GPUs; at least 1 each, so that one can divide by it. */
export interface GreatestNode {
  readonly cpuMilli: number
  readonly gpuMilli: number
}

/** Finds the greatest amounts, each for itself. */
export const greatestNode = (layout: Layout): GreatestNode => {
  const gpus = layout.nodes.map(
    ({ devices }) => 1000 * devices.reduce((count, { kind }) => count + (kind === 'gpu' ? 1 : 0), 0),
  )
  return {
    cpuMilli: layout.nodes.reduce((most, node) => Math.max(most, node.cpuMilli), 1),
    gpuMilli: gpus.reduce((most, milli) => Math.max(most, milli), 1),
  }
}
