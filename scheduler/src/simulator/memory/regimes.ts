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
  /** What a job is tried with when it has run out of memory so many times; `null`: it has failed. */
  again(deaths: number, held: Held, deviceMib: number): JobRequest | null
}

/** What a job held of its device. */
export interface Held {
  readonly milli: number
  readonly memoryMib: number
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

/** Once more, on a device of its own: what the server does. */
const onceAlone = (deaths: number): JobRequest | null => (deaths === 1 ? ownDevice : null)

/** Nothing is shared. */
export const exclusive: MemoryRegime = { name: 'exclusive', held: false, request: () => ownDevice, again: onceAlone }

/** Shares of the computing as asked; nobody looks at memory. */
export const staticFractions: MemoryRegime = {
  name: 'static fractions',
  held: false,
  request: (job) => onOneDevice(job.gpuMilli, 1),
  again: onceAlone,
}

/** Four to a device, whoever comes (time-slicing with four replicas). */
export const noCheck: MemoryRegime = {
  name: 'no check',
  held: false,
  request: () => onOneDevice(250, 1),
  again: onceAlone,
}

/** Shares of the computing and of the memory as each job says of itself. */
export const asAsked: MemoryRegime = {
  name: 'as asked',
  held: false,
  request: (job) => onOneDevice(job.gpuMilli, job.askedMib),
  again: onceAlone,
}

export interface PredictedOptions {
  readonly name: string
  readonly held: boolean
  readonly policy: Pick<Policy, 'memory'>
  /** How those are let in of whom nothing is known: alone, as the server does, or with what they ask. */
  readonly unknown?: 'alone' | 'asked'
  /** With what a job is tried again: alone, as the server does; on half as much more; or on that and then alone. */
  readonly again?: 'alone' | 'more' | 'more_then_alone'
}

/** Half as much more of the computing and of the memory, at most a device. */
const halfMore = ({ milli, memoryMib }: Held, deviceMib: number): JobRequest => {
  const [moreMilli, moreMib] = [milli, memoryMib].map((amount) => Math.ceil(amount * 1.5))
  const isWhole = (moreMilli ?? 0) >= 1000 || (moreMib ?? 0) >= deviceMib
  return isWhole ? ownDevice : onOneDevice(moreMilli ?? 1000, moreMib ?? 0)
}

/** The rule of the server (`admitMemory`), held by the runner or only advised. */
export const predicted = ({
  name,
  held,
  policy,
  unknown = 'alone',
  again = 'alone',
}: PredictedOptions): MemoryRegime => ({
  name,
  held,
  again(deaths, grant, deviceMib) {
    if (again === 'alone') return onceAlone(deaths)
    if (deaths === 1) return halfMore(grant, deviceMib)
    return again === 'more_then_alone' && deaths === 2 && grant.milli < 1000 ? ownDevice : null
  },
  request(job, history, deviceMib) {
    const ask = { gpuMilli: job.gpuMilli, gpuMemoryMib: job.askedMib }
    const admission = admitMemory(ask, { history, raisedMib: null, deviceMib }, policy)
    if (admission.kind === 'predicted') return onOneDevice(job.gpuMilli, admission.atLeastMib)
    const trusts = admission.kind === 'alone' && admission.history === null && unknown === 'asked'
    return admission.kind === 'asked' || trusts ? onOneDevice(job.gpuMilli, job.askedMib) : ownDevice
  },
})
