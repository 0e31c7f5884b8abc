import {
  admitMemory,
  memoryHistoryOf,
  type JobRequest,
  type MemoryAdmission,
  type Policy,
  type SchedDevice,
} from '@novabrain/scheduler'
import type { MemoryFacts } from '../core/jobs/gpu-memory.js'

/** What of a job its device memory is judged by. */
export interface AsksForMemory extends Omit<JobRequest, 'replicas'> {
  /** After an out-of-memory: whole devices with at least so much. */
  readonly raisedGpuMemoryMib: number | null
  /** What like jobs took of each device at most, MiB, a figure a run; only told of jobs that wait for a share. */
  readonly gpuPeaksMib?: readonly number[] | null
}

/** A device, and whether it only stands for one: a simulated device has no memory to run out of. */
export type KnownDevice = Pick<SchedDevice, 'kind' | 'model' | 'memoryMib'> & { readonly simulated: boolean }

/** How jobs are let in, on the devices there are. */
export interface Admissions {
  /** `mostGpuMilli`: what its queue can ever use. */
  of(job: AsksForMemory, mostGpuMilli?: number): { readonly request: JobRequest; readonly facts: MemoryFacts | null }
}

/** What a job asks for now: after an out-of-memory, whole devices with more memory. */
export const requestOf = (job: AsksForMemory): JobRequest => ({
  gpuCount: job.gpuCount,
  gpuMilli: job.raisedGpuMemoryMib === null ? job.gpuMilli : 1000,
  gpuMemoryMib: Math.max(job.gpuMemoryMib, job.raisedGpuMemoryMib ?? 0),
  gpuModel: job.gpuModel,
  cpuMilli: job.cpuMilli,
  memoryMib: job.memoryMib,
  replicas: 1,
})

/** Whether two requests ask for the same. */
export const sameRequest = (left: JobRequest, right: JobRequest): boolean =>
  left === right ||
  (left.gpuCount === right.gpuCount &&
    left.gpuMilli === right.gpuMilli &&
    left.gpuMemoryMib === right.gpuMemoryMib &&
    left.gpuModel === right.gpuModel &&
    left.otherGpuModels === right.otherGpuModels &&
    left.cpuMilli === right.cpuMilli &&
    left.memoryMib === right.memoryMib &&
    left.replicas === right.replicas)

/** The sizes of devices that a job may get, sorted. */
const sizesFor = (devices: readonly KnownDevice[], job: AsksForMemory): readonly number[] =>
  devices
    .filter((device) => device.kind === 'gpu' && !device.simulated)
    .filter(({ model, memoryMib }) => (job.gpuModel ?? model) === model && memoryMib >= job.gpuMemoryMib)
    .map(({ memoryMib }) => memoryMib)
    .sort((left, right) => left - right)

const proportion = (sizeMib: number, milli: number): number => Math.floor((sizeMib * milli) / 1000)

/** At least so much, and never less than asked: the share's part of a device unless memory was named. */
const withAtLeast = (request: JobRequest, atLeastMib: number, sizes: readonly number[]): JobRequest => {
  if (request.gpuMemoryMib > 0) return { ...request, gpuMemoryMib: Math.max(request.gpuMemoryMib, atLeastMib) }
  const [least = 0, most = 0] = [sizes[0], sizes.at(-1)]
  if (atLeastMib <= proportion(least, request.gpuMilli)) return request
  return { ...request, gpuMemoryMib: Math.max(atLeastMib, proportion(most, request.gpuMilli)) }
}

/** Whole devices; where its queue never has so much, the share it asks with all the memory of a device. */
const alone = (request: JobRequest, mostGpuMilli: number, largestMib: number): JobRequest =>
  request.gpuCount * 1000 <= mostGpuMilli ? { ...request, gpuMilli: 1000 } : { ...request, gpuMemoryMib: largestMib }

/** The least memory a request gets of a device it may get. */
const leastOf = ({ gpuMilli, gpuMemoryMib }: JobRequest, leastMib: number): number =>
  gpuMemoryMib > 0 ? gpuMemoryMib : proportion(leastMib, gpuMilli)

const factsOf = (admission: MemoryAdmission, admittedMib: number): MemoryFacts | null => {
  switch (admission.kind) {
    case 'asked':
      return null
    case 'raised':
      return { kind: 'raised', admittedMib: admission.atLeastMib }
    case 'alone':
      return admission.history === null
        ? { kind: 'unknown' }
        : { kind: 'large', peakMib: admission.history.p95Mib, runs: admission.history.runs }
    case 'predicted': {
      const { runs, p95Mib } = admission.history
      return {
        kind: 'predicted',
        admittedMib,
        peakMib: p95Mib,
        runs,
      }
    }
  }
}

/** Lets jobs in with the memory that like jobs took (`admitMemory`), where there are devices that can run out of it. */
export const openAdmissions = (devices: readonly KnownDevice[], policy: Pick<Policy, 'memory'>): Admissions => ({
  of(job, mostGpuMilli = Number.POSITIVE_INFINITY) {
    const asked = requestOf(job)
    if (job.gpuCount === 0) return { request: asked, facts: null }
    const sizes = sizesFor(devices, job)
    const largestMib = sizes.at(-1)
    if (largestMib === undefined) return { request: asked, facts: null }
    const history = memoryHistoryOf(job.gpuPeaksMib ?? [])
    const known = { history, raisedMib: job.raisedGpuMemoryMib, deviceMib: largestMib }
    const admission = admitMemory(job, known, policy)
    if (admission.kind === 'predicted') {
      const request = withAtLeast(asked, admission.atLeastMib, sizes)
      return { request, facts: factsOf(admission, leastOf(request, sizes[0] ?? 0)) }
    }
    const request = admission.kind === 'alone' ? alone(asked, mostGpuMilli, largestMib) : asked
    return { request, facts: factsOf(admission, 0) }
  },
})
