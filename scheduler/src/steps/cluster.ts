import type { PodPlacement, SchedNode } from '../model/snapshot.js'

/** The fixed part of a cluster, laid out flat: nodes by name then id, the devices of each node by index then id. */
export interface Layout {
  readonly nodes: readonly SchedNode[]
  /** Devices of node `i` are `firstDevice[i]` up to, not including, `firstDevice[i + 1]`. */
  readonly firstDevice: Int32Array
  readonly deviceIds: readonly string[]
  readonly deviceModels: readonly string[]
  readonly deviceMemory: Float64Array
  /** 1 for devices that may be granted, 0 for the stand-in `cpu` device. */
  readonly deviceIsGpu: Uint8Array
  readonly nodeIndex: ReadonlyMap<string, number>
  readonly deviceIndex: ReadonlyMap<string, number>
}

/** Widths of pods that are told apart: 0 is without GPU, 1 a share, then one GPU, two, and so on; the last is all wider ones. */
export const widths = 10

/** The width of a pod by the devices it has and what it takes of each. */
export const widthOf = (gpuCount: number, gpuMilli: number): number =>
  gpuCount === 0 ? 0 : gpuCount === 1 && gpuMilli < 1000 ? 1 : Math.min(widths - 1, gpuCount + 1)

/** What is free, by position in the layout. Local to one decision and changed in place. */
export interface Free {
  readonly cpu: Float64Array
  readonly memory: Float64Array
  readonly deviceMilli: Float64Array
  readonly deviceMemory: Float64Array
  /** How many pods of each width run on a node: entry `node × widths + width`. */
  readonly pods: Int32Array
  /** The nodes in the order in which they changed, so that whatever was computed from them is known to be stale. */
  readonly changed: number[]
}

const byText = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)

/** Lays a cluster out in the stable order that all ties fall back to. */
export const layOut = (unordered: readonly SchedNode[]): Layout => {
  const nodes = [...unordered].sort((left, right) => byText(left.name, right.name) || byText(left.id, right.id))
  const devices = nodes.map((node) =>
    [...node.devices].sort((left, right) => left.index - right.index || byText(left.id, right.id)),
  )
  const flat = devices.flat()
  const firstDevice = new Int32Array(nodes.length + 1)
  devices.forEach((own, index) => (firstDevice[index + 1] = (firstDevice[index] ?? 0) + own.length))
  return {
    nodes,
    firstDevice,
    deviceIds: flat.map((device) => device.id),
    deviceModels: flat.map((device) => device.model),
    deviceMemory: Float64Array.from(flat, (device) => device.memoryMib),
    deviceIsGpu: Uint8Array.from(flat, (device) => (device.kind === 'gpu' ? 1 : 0)),
    nodeIndex: new Map(nodes.map((node, index) => [node.id, index])),
    deviceIndex: new Map(flat.map((device, index) => [device.id, index])),
  }
}

/** The cluster with nothing running. */
export const emptyFree = (layout: Layout): Free => ({
  cpu: Float64Array.from(layout.nodes, (node) => node.cpuMilli),
  memory: Float64Array.from(layout.nodes, (node) => node.memoryMib),
  deviceMilli: new Float64Array(layout.deviceIds.length).fill(1000),
  deviceMemory: Float64Array.from(layout.deviceMemory),
  pods: new Int32Array(layout.nodes.length * widths),
  changed: [],
})

/** An independent copy. */
export const copyFree = (free: Free): Free => ({
  cpu: free.cpu.slice(),
  memory: free.memory.slice(),
  deviceMilli: free.deviceMilli.slice(),
  deviceMemory: free.deviceMemory.slice(),
  pods: free.pods.slice(),
  changed: [],
})

const add = (amounts: Float64Array | Int32Array, index: number, amount: number): void => {
  amounts[index] = (amounts[index] ?? 0) + amount
}

const change = (layout: Layout, free: Free, pod: PodPlacement, sign: 1 | -1): void => {
  const node = layout.nodeIndex.get(pod.nodeId)
  if (node === undefined) return
  add(free.cpu, node, sign * pod.cpuMilli)
  add(free.memory, node, sign * pod.memoryMib)
  const width = widthOf(pod.devices.length, pod.devices[0]?.milli ?? 0)
  if (width > 0) add(free.pods, node * widths + width, -sign)
  for (const grant of pod.devices) {
    const device = layout.deviceIndex.get(grant.deviceId)
    if (device === undefined) continue
    add(free.deviceMilli, device, sign * grant.milli)
    add(free.deviceMemory, device, sign * grant.memoryMib)
  }
  free.changed.push(node)
}

/** Takes what a pod uses; nodes and devices that are gone are passed over. */
export const take = (layout: Layout, free: Free, pods: readonly PodPlacement[]): void => {
  for (const pod of pods) change(layout, free, pod, -1)
}

/** Gives back what a pod used. */
export const give = (layout: Layout, free: Free, pods: readonly PodPlacement[]): void => {
  for (const pod of pods) change(layout, free, pod, 1)
}

/** Lowers `free` to what `bound` has, on one node. */
export const lowerNode = (layout: Layout, free: Free, bound: Free, node: number): void => {
  const lower = (own: Float64Array, other: Float64Array, index: number): void => {
    own[index] = Math.min(own[index] ?? 0, other[index] ?? 0)
  }
  lower(free.cpu, bound.cpu, node)
  lower(free.memory, bound.memory, node)
  for (let device = layout.firstDevice[node] ?? 0; device < (layout.firstDevice[node + 1] ?? 0); device += 1) {
    lower(free.deviceMilli, bound.deviceMilli, device)
    lower(free.deviceMemory, bound.deviceMemory, device)
  }
  free.changed.push(node)
}
