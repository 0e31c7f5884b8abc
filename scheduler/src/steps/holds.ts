import { givenUpBy, requestAt, totalGivenUpBy } from '../model/elastic.js'
import { totalOf } from '../model/request.js'
import type { ResourceVector } from '../model/resources.js'
import type { Hold, PodPlacement, RunningJob, SchedJob } from '../model/snapshot.js'
import type { Layout } from './cluster.js'

/**
 * Whether a running job is a victim that has not stopped yet. A victim that was started again since is a new attempt,
 * which does not stop and must not be taken for the old one.
 */
export const stopsFor = (hold: Hold, job: RunningJob): boolean => job.stopping && hold.victimIds.includes(job.id)

/** Whether the hold of a waiting job still binds: its nodes are open, and its time is not over or a victim still stops. */
export const holdIsAlive = (hold: Hold, running: readonly RunningJob[], layout: Layout, nowMs: number): boolean => {
  const isOpen = (pod: PodPlacement): boolean =>
    (layout.nodes[layout.nodeIndex.get(pod.nodeId) ?? -1]?.schedulable ?? false) &&
    pod.devices.every((grant) => layout.deviceIndex.has(grant.deviceId))
  return (nowMs < hold.expiresAtMs || running.some((job) => stopsFor(hold, job))) && hold.placement.pods.every(isOpen)
}

interface Amounts {
  cpuMilli: number
  memoryMib: number
  readonly devices: Map<string, { milli: number; memoryMib: number }>
}

const summed = (added: readonly PodPlacement[], subtracted: readonly PodPlacement[]): Map<string, Amounts> => {
  const nodes = new Map<string, Amounts>()
  const book = (pod: PodPlacement, sign: 1 | -1): void => {
    const node = nodes.get(pod.nodeId) ?? { cpuMilli: 0, memoryMib: 0, devices: new Map() }
    nodes.set(pod.nodeId, node)
    node.cpuMilli += sign * pod.cpuMilli
    node.memoryMib += sign * pod.memoryMib
    for (const grant of pod.devices) {
      const device = node.devices.get(grant.deviceId) ?? { milli: 0, memoryMib: 0 }
      node.devices.set(grant.deviceId, device)
      device.milli += sign * grant.milli
      device.memoryMib += sign * grant.memoryMib
    }
  }
  added.forEach((pod) => book(pod, 1))
  subtracted.forEach((pod) => book(pod, -1))
  return nodes
}

/**
 * What a hold keeps on top of what its victims still use and will give up: on each node and device the greater of both counts, so that
 * neither the stopping victims nor the coming job can find its place taken.
 */
export const keptBeyondVictims = (hold: Hold, victims: readonly RunningJob[]): PodPlacement[] =>
  [
    ...summed(
      hold.placement.pods,
      victims.flatMap((victim) => givenUpBy(victim)),
    ),
  ].map(([nodeId, amounts]) => ({
    nodeId,
    cpuMilli: Math.max(0, amounts.cpuMilli),
    memoryMib: Math.max(0, amounts.memoryMib),
    devices: [...amounts.devices].map(([deviceId, device]) => ({
      deviceId,
      milli: Math.max(0, device.milli),
      memoryMib: Math.max(0, device.memoryMib),
    })),
  }))

/** The same for the quota of the preemptor's queue: its victims of that queue still count until they have stopped. */
export const quotaBeyondVictims = (hold: Hold, job: SchedJob, victims: readonly RunningJob[]): ResourceVector => {
  const totals = victims.filter((victim) => victim.queueName === job.queueName).map(totalGivenUpBy)
  const needed = totalOf(requestAt(job, hold.placement))
  const beyond = (resource: keyof ResourceVector): number =>
    Math.max(0, needed[resource] - totals.reduce((sum, total) => sum + total[resource], 0))
  return { gpuMilli: beyond('gpuMilli'), cpuMilli: beyond('cpuMilli'), memoryMib: beyond('memoryMib') }
}
