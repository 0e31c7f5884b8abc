import type { JobRequest } from '../../model/request.js'
import type { Policy } from '../../policy/policy.js'
import { admitMemory, type MemoryHistory } from '../../prediction/memory.js'
import type { MemoryJob } from './workload.js'

/** How jobs are let onto shared devices, and whether what they are let in with is held. */
export interface MemoryRegime {
  readonly name: string
  /** A process that wants more than it was given dies of it, and nobody else does. */
  readonly held: boolean
  /** What is asked of the scheduler for a job. `history`: what is known of its like by then. */
  request(job: MemoryJob, history: MemoryHistory | null, deviceMib: number): JobRequest
}

const onOneDevice = (gpuMilli: number, gpuMemoryMib: number): JobRequest => ({
  gpuCount: 1,
  gpuMilli,
  gpuMemoryMib,
  gpuModel: null,
  cpuMilli: 0,
  memoryMib: 0,
  replicas: 1,
})

/** A device of its own. */
export const ownDevice: JobRequest = onOneDevice(1000, 0)

/** Nothing is shared. */
export const exclusive: MemoryRegime = { name: 'exclusive', held: false, request: () => ownDevice }

/** Shares of the computing as asked; nobody looks at memory. */
export const staticFractions: MemoryRegime = {
  name: 'static fractions',
  held: false,
  request: (job) => onOneDevice(job.gpuMilli, 1),
}

/** Four to a device, whoever comes (time-slicing with four replicas). */
export const noCheck: MemoryRegime = { name: 'no check', held: false, request: () => onOneDevice(250, 1) }

/** Shares of the computing and of the memory as each job says of itself. */
export const asAsked: MemoryRegime = {
  name: 'as asked',
  held: false,
  request: (job) => onOneDevice(job.gpuMilli, job.askedMib),
}

export interface PredictedOptions {
  readonly name: string
  readonly held: boolean
  readonly policy: Pick<Policy, 'memory'>
  /** How those are let in of whom nothing is known: alone, as the server does, or with what they ask. */
  readonly unknown?: 'alone' | 'asked'
}

/** The rule of the server (`admitMemory`), held by the runner or only advised. */
export const predicted = ({ name, held, policy, unknown = 'alone' }: PredictedOptions): MemoryRegime => ({
  name,
  held,
  request(job, history, deviceMib) {
    const ask = { gpuMilli: job.gpuMilli, gpuMemoryMib: job.askedMib }
    const admission = admitMemory(ask, { history, raisedMib: null, deviceMib }, policy)
    if (admission.kind === 'predicted') return onOneDevice(job.gpuMilli, admission.atLeastMib)
    const trusts = admission.kind === 'alone' && admission.history === null && unknown === 'asked'
    return admission.kind === 'asked' || trusts ? onOneDevice(job.gpuMilli, job.askedMib) : ownDevice
  },
})
