import { In, LessThan } from 'typeorm'
import { DeviceEntity, NodeEntity, type DeviceRow, type NodeRow } from '../../db/entities/execution.js'
import { prepared } from '../../db/prepared.js'
import { rowsOf } from '../../db/rows.js'
import type { Tx } from '../../deps.js'

const nodeRows = rowsOf(NodeEntity)
const deviceRows = rowsOf(DeviceEntity)
const allNodes = prepared(`SELECT ${nodeRows.columns()} FROM nodes ORDER BY name, id`)
const presentDevices = prepared(`SELECT ${deviceRows.columns()} FROM devices WHERE present ORDER BY node_id, index`)

export const listNodes = async (tx: Tx): Promise<NodeRow[]> => nodeRows.read(await tx.query(allNodes, []))

export const listDevices = async (tx: Tx): Promise<DeviceRow[]> => deviceRows.read(await tx.query(presentDevices, []))

/** Jobs may begin on a node that is locked: only its own row stands still. */
const lock = { mode: 'for_no_key_update' } as const

/** A node as it is, held until the transaction ends. */
export const lockNode = (tx: Tx, id: string): Promise<NodeRow | null> => tx.findOne(NodeEntity, { where: { id }, lock })

/** The nodes at work that were not heard of since `before`, held until the transaction ends. */
export const lockSilentNodes = (tx: Tx, before: string): Promise<NodeRow[]> =>
  tx.find(NodeEntity, { where: { state: 'ready', lastSeenAt: LessThan(before) }, order: { id: 'ASC' }, lock })

export const saveNode = (tx: Tx, node: NodeRow): Promise<unknown> => tx.upsert(NodeEntity, node as never, ['id'])

/** Make the devices of a node these; what is no longer found stays as a record of what ran there. */
export const saveDevices = async (tx: Tx, nodeId: string, devices: readonly DeviceRow[]): Promise<void> => {
  await tx.update(DeviceEntity, { nodeId }, { present: false })
  for (const device of devices) await tx.upsert(DeviceEntity, device as never, ['id'])
}

export const listDevicesOf = (tx: Tx, nodeIds: readonly string[]): Promise<DeviceRow[]> =>
  tx.findBy(DeviceEntity, { nodeId: In([...nodeIds]), present: true })

/** What is held of each node, by attempt. */
export interface HeldNode {
  readonly nodeId: string
  readonly cpuMilli: number
  readonly memoryMib: number
}

const heldNodes = prepared(`
  SELECT node_id AS "nodeId", sum(cpu_milli)::integer AS "cpuMilli", sum(memory_mib)::integer AS "memoryMib"
  FROM allocations GROUP BY node_id`)

export const listHeldNodes = (tx: Tx): Promise<HeldNode[]> => tx.query(heldNodes, [])

/** A grant on a device with the job it is for. */
export interface HeldDevice {
  readonly deviceId: string
  readonly milli: number
  readonly memoryMib: number
  readonly projectId: string
  readonly jobId: string
  readonly jobNumber: number
  readonly jobName: string
}

/** Little is held at once of all that ever ran: each is looked up by itself, whatever is known of the tables. */
const jobOfHeld = `LATERAL (SELECT job_id FROM attempts WHERE id = held.attempt_id OFFSET 0) attempt,
    LATERAL (SELECT * FROM jobs WHERE id = attempt.job_id OFFSET 0) job`

const heldDevices = prepared(`
  SELECT held.device_id AS "deviceId", held.milli, held.memory_mib AS "memoryMib", job.project_id AS "projectId",
    job.id AS "jobId", job.number AS "jobNumber", job.name AS "jobName"
  FROM device_allocations held, ${jobOfHeld}
  ORDER BY job.submitted_at, job.id`)

export const listHeldDevices = (tx: Tx): Promise<HeldDevice[]> => tx.query(heldDevices, [])

const heldProcessors = prepared(`
  SELECT device.id AS "deviceId", held.cpu_milli AS milli, held.memory_mib AS "memoryMib", job.project_id AS "projectId",
    job.id AS "jobId", job.number AS "jobNumber", job.name AS "jobName"
  FROM devices device JOIN allocations held ON held.node_id = device.node_id, ${jobOfHeld}
  WHERE device.kind = 'cpu' AND device.present ORDER BY job.submitted_at, job.id`)

/** What jobs hold of nodes that have no accelerator; `milli` are thousandths of a core. */
export const listHeldProcessors = (tx: Tx): Promise<HeldDevice[]> => tx.query(heldProcessors, [])
