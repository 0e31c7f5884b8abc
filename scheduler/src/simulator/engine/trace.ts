import type { Elastic } from '../../model/elastic.js'
import type { JobRequest } from '../../model/request.js'
import type { SchedNode, SchedQueue } from '../../model/snapshot.js'

/** A job as a trace has it. Times are milliseconds since the beginning of the trace. */
export interface TraceJob {
  readonly id: string
  readonly submitMs: number
  readonly request: JobRequest
  /** How long it runs alone and undisturbed. */
  readonly runMs: number
  readonly queueName: string
  readonly owner: string
  readonly priority: number
  /** What it resembles other jobs in, from most to least special: all that may be known before it has run. */
  readonly keys: readonly string[]
  /** Between how many devices a pod it makes do with any number. Absent: only with what it asks. */
  readonly elastic?: Elastic
  /** How fast it is with so many devices a pod, measured by what it asks: `runMs` is its time at speed 1. Absent: always 1. */
  readonly speedAt?: (gpuCount: number) => number
}

/** What happens to a cluster from outside: which nodes there are and which jobs come. */
export interface Trace {
  readonly name: string
  readonly nodes: readonly SchedNode[]
  readonly queues: readonly SchedQueue[]
  readonly jobs: readonly TraceJob[]
}

/** Devices of a whole job, over all its pods. */
export const widthOf = ({ request }: Pick<TraceJob, 'request'>): number => request.gpuCount * request.replicas

/**
 * What an interruption costs, in milliseconds. An interrupted job goes on where it stopped unless `losesWork`: then each
 * attempt begins anew, except of elastic jobs, which save themselves.
 */
export interface Costs {
  /** Before an attempt gets on with its work; `isRestart` when it was interrupted before. */
  startMs(job: TraceJob, isRestart: boolean): number
  /** From being told to stop until the devices are free. */
  stopMs(job: TraceJob): number
  /** Taken from every running job whenever any job arrives or ends, as the protocol of Muri has it. */
  eventMs(job: TraceJob): number
  readonly losesWork: boolean
}

/** Interruptions that cost nothing. */
export const noCosts: Costs = { startMs: () => 0, stopMs: () => 0, eventMs: () => 0, losesWork: false }
