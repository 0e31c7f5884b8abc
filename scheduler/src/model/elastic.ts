import { totalOf, type JobRequest } from './request.js'
import { nothing, type ResourceVector } from './resources.js'
import type { Placement, PodPlacement, RunningJob, SchedJob } from './snapshot.js'

/**
 * A job of which each pod makes do with any number of devices in a range, both ends counted (min and max replicas in
 * Pollux and Sia, partial admission in Kueue). While it waits its `request` asks for the least; while it runs, for what it has.
 */
export interface Elastic {
  /** At least 1. */
  readonly minimumGpuCount: number
  readonly maximumGpuCount: number
  /** Whether it goes on only on the nodes it is on, because what it saved lies there. Absent: anywhere. */
  readonly stays?: boolean
}

/** What a job asks for in a place: an elastic one as many devices as its pods have there. */
export const requestAt = (job: Pick<SchedJob, 'request' | 'elastic'>, placement: Placement): JobRequest =>
  job.elastic === undefined ? job.request : sized(job.request, placement.pods[0]?.devices.length ?? 0)

/** The same request with another number of devices a pod. */
export const sized = (request: JobRequest, gpuCount: number): JobRequest =>
  request.gpuCount === gpuCount ? request : { ...request, gpuCount }

/** What a job that has no place asks for. */
export const requestWithout = (job: Pick<SchedJob, 'request' | 'elastic'>): JobRequest =>
  job.elastic === undefined ? job.request : sized(job.request, job.elastic.minimumGpuCount)

type Resized = Pick<RunningJob, 'request' | 'elastic' | 'placement' | 'resizing'>

const beyond = (pod: PodPlacement, other: PodPlacement): PodPlacement['devices'] => {
  const known = new Set(other.devices.map(({ deviceId }) => deviceId))
  return pod.devices.filter(({ deviceId }) => !known.has(deviceId))
}

/** What nobody else may use as long as a job runs: its place, with what it grows into. */
export const takenBy = ({ placement, resizing }: Resized): readonly PodPlacement[] => {
  if (resizing === undefined) return placement.pods
  return placement.pods.flatMap((pod, at) => {
    const next = resizing.pods[at]
    if (next === undefined) return [pod]
    return next.nodeId === pod.nodeId ? [{ ...pod, devices: [...pod.devices, ...beyond(next, pod)] }] : [pod, next]
  })
}

/** What is free once a job that was told to stop has stopped: its place, or the devices without which it begins again. */
export const givenUpBy = ({ placement, resizing }: Resized): readonly PodPlacement[] => {
  if (resizing === undefined) return placement.pods
  return placement.pods.flatMap((pod, at) => {
    const next = resizing.pods[at]
    if (next?.nodeId !== pod.nodeId) return [pod]
    const devices = beyond(pod, next)
    return devices.length === 0 ? [] : [{ nodeId: pod.nodeId, cpuMilli: 0, memoryMib: 0, devices }]
  })
}

const widthOf = ({ pods }: Placement): number => pods[0]?.devices.length ?? 0

/** What a job counts for in quotas as long as it runs. */
export const totalTakenBy = (job: Resized): ResourceVector =>
  job.resizing === undefined
    ? totalOf(job.request)
    : totalOf(sized(job.request, Math.max(job.request.gpuCount, widthOf(job.resizing))))

/** How much of that is over once it has stopped. */
export const totalGivenUpBy = (job: Resized): ResourceVector => {
  if (job.resizing === undefined) return totalOf(job.request)
  const dropped = Math.max(0, job.request.gpuCount - widthOf(job.resizing))
  return { ...nothing, gpuMilli: totalOf(sized(job.request, dropped)).gpuMilli }
}
