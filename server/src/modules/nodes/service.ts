import type { Node } from '@novabrain/contracts'
import type { DeviceRow, NodeRow } from '../../db/entities/execution.js'
import { inOneJourney } from '../../db/one-journey.js'
import { groupRows } from '../../core/tracking/group-rows.js'
import { systemScope, type Deps } from '../../deps.js'
import { announceCluster } from './cluster.js'
import {
  listDevices,
  listDevicesOf,
  listHeldDevices,
  listHeldProcessors,
  listHeldNodes,
  listNodes,
  lockNode,
  lockSilentNodes,
  saveDevices,
  saveNode,
  type HeldDevice,
  type HeldNode,
} from './repository.js'

/** A node as its executor found it. */
export interface NodeDescription extends Pick<NodeRow, 'id' | 'name' | 'executor' | 'cpuMilli' | 'memoryMib'> {
  readonly devices: readonly Omit<DeviceRow, 'nodeId' | 'present'>[]
}

export type NodeService = ReturnType<typeof createNodeService>

/** The machines that run jobs, and who holds what of them. */
export const createNodeService = ({ database, clock, outbox }: Deps) => ({
  /**
   * Nodes and devices with what is free. Nodes belong to the installation and everybody sees them; of the holders only
   * those in `projectIds` are named.
   */
  async list(projectIds: ReadonlySet<string>): Promise<Node[]> {
    const [nodes, devices, heldNodes, heldDevices, heldProcessors] = await inOneJourney(database, systemScope, (tx) =>
      Promise.all([listNodes(tx), listDevices(tx), listHeldNodes(tx), listHeldDevices(tx), listHeldProcessors(tx)]),
    )
    const devicesOf = groupRows(devices, ({ nodeId }) => nodeId)
    const held = {
      nodes: new Map(heldNodes.map((node) => [node.nodeId, node])),
      devices: groupRows([...heldDevices, ...heldProcessors], ({ deviceId }) => deviceId),
    }
    return nodes.map((node) => presentNode(node, devicesOf.get(node.id) ?? [], held, projectIds))
  },

  /** Make a node known as it is now. Nothing is written, and nobody woken, when it is as it was. */
  register(found: NodeDescription): Promise<void> {
    return database.transaction(systemScope, async (tx) => {
      const known = await lockNode(tx, found.id)
      const { devices, ...rest } = found
      const state = known?.state === 'draining' ? 'draining' : 'ready'
      const node: NodeRow = { ...rest, state, lastSeenAt: clock.now() }
      const same =
        known !== null && sameNode(known, node) && sameDevices(await listDevicesOf(tx, [found.id]), found.devices)
      await saveNode(tx, node)
      if (same) return
      await saveDevices(
        tx,
        node.id,
        devices.map((device) => ({ ...device, nodeId: node.id, present: true })),
      )
      await announceCluster(tx, outbox, null, { type: 'nodes_changed' })
    })
  },

  /** Nodes that nobody has spoken for since `before` take no new work until they are heard of again. */
  async markSilent(before: string): Promise<void> {
    await database.transaction(systemScope, async (tx) => {
      const silent = await lockSilentNodes(tx, before)
      for (const node of silent) await saveNode(tx, { ...node, state: 'lost' })
      if (silent.length > 0) await announceCluster(tx, outbox, null, { type: 'nodes_changed' })
    })
  },
})

const sameNode = (known: NodeRow, node: NodeRow): boolean =>
  known.name === node.name &&
  known.state === node.state &&
  known.cpuMilli === node.cpuMilli &&
  known.memoryMib === node.memoryMib

const sameDevices = (known: readonly DeviceRow[], found: NodeDescription['devices']): boolean =>
  known.length === found.length &&
  found.every((device) =>
    known.some(
      (other) =>
        other.id === device.id &&
        other.index === device.index &&
        other.kind === device.kind &&
        other.model === device.model &&
        other.memoryMib === device.memoryMib &&
        other.simulated === device.simulated,
    ),
  )

const presentNode = (
  node: NodeRow,
  devices: readonly DeviceRow[],
  held: { nodes: ReadonlyMap<string, HeldNode>; devices: ReadonlyMap<string, readonly HeldDevice[]> },
  projectIds: ReadonlySet<string>,
): Node => {
  const used = held.nodes.get(node.id)
  return {
    ...node,
    freeCpuMilli: Math.max(0, node.cpuMilli - (used?.cpuMilli ?? 0)),
    freeMemoryMib: Math.max(0, node.memoryMib - (used?.memoryMib ?? 0)),
    devices: devices.map((device) =>
      presentDevice(
        device,
        (held.devices.get(device.id) ?? []).map((each) => shareOf(node, device, each)),
        projectIds,
      ),
    ),
  }
}

/** A grant in thousandths of the device: for a CPU device, of all cores of the node. */
const shareOf = (node: NodeRow, device: DeviceRow, held: HeldDevice): HeldDevice =>
  device.kind === 'gpu' ? held : { ...held, milli: Math.round((1000 * held.milli) / Math.max(1, node.cpuMilli)) }

const presentDevice = (
  device: DeviceRow,
  held: readonly HeldDevice[],
  projectIds: ReadonlySet<string>,
): Node['devices'][number] => ({
  id: device.id,
  index: device.index,
  kind: device.kind,
  model: device.model,
  memoryMib: device.memoryMib,
  simulated: device.simulated,
  freeMilli: Math.max(0, 1000 - sum(held.map(({ milli }) => milli))),
  freeMemoryMib: Math.max(0, device.memoryMib - sum(held.map(({ memoryMib }) => memoryMib))),
  heldBy: held
    .filter(({ projectId }) => projectIds.has(projectId))
    .map(({ jobId, jobNumber, jobName, milli }) => ({ jobId, jobNumber, jobName, milli })),
})

const sum = (amounts: readonly number[]): number => amounts.reduce((total, amount) => total + amount, 0)
