import { acceptsModel, type JobRequest } from '../model/request.js'
import type { PodPlacement, SchedNode } from '../model/snapshot.js'

/** What is left on each node and device after some pods took their part. Plain sums, apart from the algorithm's own. */
export interface Ledger {
  readonly nodes: ReadonlyMap<string, NodeRest>
}
interface DeviceRest {
  readonly node: string
  readonly isGpu: boolean
  readonly model: string
  readonly size: number
  milli: number
  memoryMib: number
}
interface NodeRest {
  readonly isOpen: boolean
  cpuMilli: number
  memoryMib: number
  readonly devices: ReadonlyMap<string, DeviceRest>
}

/** A ledger of empty nodes. */
export const openLedger = (nodes: readonly SchedNode[]): Ledger => ({
  nodes: new Map(
    nodes.map((node) => [
      node.id,
      {
        isOpen: node.schedulable,
        cpuMilli: node.cpuMilli,
        memoryMib: node.memoryMib,
        devices: new Map(
          node.devices.map((device) => [
            device.id,
            {
              node: node.id,
              isGpu: device.kind === 'gpu',
              model: device.model,
              size: device.memoryMib,
              milli: 1000,
              memoryMib: device.memoryMib,
            },
          ]),
        ),
      },
    ]),
  ),
})

/** Takes pods out of a ledger; what is not there is passed over. */
export const withdraw = (ledger: Ledger, pods: readonly PodPlacement[]): void => {
  for (const pod of pods) {
    const node = ledger.nodes.get(pod.nodeId)
    if (node === undefined) continue
    node.cpuMilli -= pod.cpuMilli
    node.memoryMib -= pod.memoryMib
    for (const grant of pod.devices) {
      const device = node.devices.get(grant.deviceId)
      if (device === undefined) continue
      device.milli -= grant.milli
      device.memoryMib -= grant.memoryMib
    }
  }
}

/** Everything of which more was taken than there is. */
export const overdrawn = (ledger: Ledger): string[] =>
  [...ledger.nodes].flatMap(([nodeId, node]) => [
    ...(node.cpuMilli < 0 ? [`${nodeId} lacks ${-node.cpuMilli} CPU`] : []),
    ...(node.memoryMib < 0 ? [`${nodeId} lacks ${-node.memoryMib} MiB`] : []),
    ...[...node.devices].flatMap(([deviceId, device]) => [
      ...(device.milli < 0 ? [`${deviceId} lacks ${-device.milli} thousandths`] : []),
      ...(device.memoryMib < 0 ? [`${deviceId} lacks ${-device.memoryMib} MiB`] : []),
    ]),
  ])

/** The lesser of two ledgers of the same nodes, entry by entry. */
export const lesser = (left: Ledger, right: Ledger): Ledger => ({
  nodes: new Map(
    [...left.nodes].map(([nodeId, node]) => {
      const other = right.nodes.get(nodeId) ?? node
      const devices = [...node.devices].map(([deviceId, device]): [string, DeviceRest] => {
        const twin = other.devices.get(deviceId) ?? device
        const milli = Math.min(device.milli, twin.milli)
        return [deviceId, { ...device, milli, memoryMib: Math.min(device.memoryMib, twin.memoryMib) }]
      })
      const cpuMilli = Math.min(node.cpuMilli, other.cpuMilli)
      return [
        nodeId,
        { ...node, cpuMilli, memoryMib: Math.min(node.memoryMib, other.memoryMib), devices: new Map(devices) },
      ]
    }),
  ),
})

const neededOn = (device: DeviceRest, request: JobRequest): number =>
  request.gpuMilli === 1000 ? device.size : request.gpuMemoryMib || Math.floor((device.size * request.gpuMilli) / 1000)

const hasRoom = (device: DeviceRest, request: JobRequest): boolean =>
  device.isGpu &&
  acceptsModel(request, device.model) &&
  device.size >= request.gpuMemoryMib &&
  device.milli >= request.gpuMilli &&
  device.memoryMib >= neededOn(device, request)

const onePod = (nodeId: string, node: NodeRest, request: JobRequest): PodPlacement | null => {
  if (!node.isOpen || node.cpuMilli < request.cpuMilli || node.memoryMib < request.memoryMib) return null
  if (node.cpuMilli < 0 || node.memoryMib < 0) return null
  const roomy = [...node.devices].filter(([, device]) => hasRoom(device, request))
  if (roomy.length < request.gpuCount) return null
  const chosen = roomy.sort(([, left], [, right]) => right.milli - left.milli).slice(0, request.gpuCount)
  return {
    nodeId,
    cpuMilli: request.cpuMilli,
    memoryMib: request.memoryMib,
    devices: chosen.map(([deviceId, device]) => ({
      deviceId,
      milli: request.gpuMilli,
      memoryMib: neededOn(device, request),
    })),
  }
}

/** Whether a whole gang fits into what is left, tried pod by pod. The ledger is used up by the trial. */
export const hasPlaceFor = (ledger: Ledger, request: JobRequest): boolean => {
  let placed = 0
  for (const [nodeId, node] of ledger.nodes) {
    for (let pod = onePod(nodeId, node, request); pod !== null; pod = onePod(nodeId, node, request)) {
      placed += 1
      if (placed >= request.replicas) return true
      withdraw(ledger, [pod])
    }
  }
  return false
}
