import type { DemandShare } from './demand.js'
import type { Elastic } from './elastic.js'
import type { JobRequest } from './request.js'
import type { ResourceLimits, ResourceVector } from './resources.js'

/** A device of a node. Its compute is always 1000 thousandths. */
export interface SchedDevice {
  readonly id: string
  readonly index: number
  /** A `cpu` device stands for a node without accelerator and is never granted. */
  readonly kind: 'gpu' | 'cpu'
  readonly model: string
  readonly memoryMib: number
}

/** A machine. Jobs that run on a node that is not schedulable go on; nothing new starts there. */
export interface SchedNode {
  readonly id: string
  readonly name: string
  readonly schedulable: boolean
  readonly cpuMilli: number
  readonly memoryMib: number
  readonly devices: readonly SchedDevice[]
}

/**
 * A waiting line. `nominal` is what it owns. Inside a cohort it may use up to `borrowingLimit` more, out of what the
 * others own and do not use; it lends at most `lendingLimit` of its own and takes that back by reclaim.
 */
export interface SchedQueue {
  readonly name: string
  readonly cohort: string | null
  readonly nominal: ResourceLimits
  readonly borrowingLimit: ResourceLimits
  readonly lendingLimit: ResourceLimits
  /** Its claim in fair share, at least 1. */
  readonly weight: number
  /** How it wants its own jobs served; absent or `null` follows the policy. */
  readonly order?: QueueOrder | null
}

/**
 * How a queue has its own jobs served. It moves nobody of another queue: importance, the shares of queues, the age bound and
 * the gangs that go first stay the policy's, and at equal shares a queue with an order of its own stands behind those without.
 */
export interface QueueOrder {
  /** `predicted`: least predicted work first; `submitted`: first come, first served; `cluster`: as the policy says. */
  readonly kind: 'cluster' | 'predicted' | 'submitted'
  /** Whether the owner who has had least goes first; otherwise owners count alike. */
  readonly fair: boolean
  /** A job that has waited so long goes first in its queue; `null`: none does. */
  readonly patienceMs: number | null
}

/** A device, or a share of one, given to a pod. */
export interface DeviceGrant {
  readonly deviceId: string
  readonly milli: number
  readonly memoryMib: number
}

/** Where one pod runs and what it takes there. */
export interface PodPlacement {
  readonly nodeId: string
  readonly cpuMilli: number
  readonly memoryMib: number
  readonly devices: readonly DeviceGrant[]
}

/** Where a whole gang runs, one entry a pod. */
export interface Placement {
  readonly pods: readonly PodPlacement[]
}

/** What is known of a job whether it waits or runs. Times are milliseconds since 1970. */
export interface SchedJob {
  readonly id: string
  readonly queueName: string
  /** Who shares fairly inside the queue: a user or a project. */
  readonly owner: string
  /** Greater goes first and may preempt smaller; see `priorityOf`. */
  readonly priority: number
  readonly submittedAtMs: number
  readonly request: JobRequest
  /** How long one attempt is expected to run, from the history of like jobs; `null` when nothing is known. */
  readonly predictedRuntimeMs: number | null
  /** When attempts of this job were evicted; entries older than an hour may be left out. */
  readonly evictedAtMs: readonly number[]
  /**
   * The jobs for which its attempts were evicted: it evicts none of them in turn, and for shorter work or past its age bound
   * none of them evicts it again.
   * Those that have ended may be left out. Absent: none.
   */
  readonly evictedBy?: readonly string[]
  /** Time spent running in earlier attempts: it does not count as waiting. */
  readonly attainedMs: number
  /**
   * What nine of ten like attempts do not exceed. Whoever waits for this job to end counts on it; absent or `null` where
   * only `predictedRuntimeMs` is known.
   */
  readonly cautiousRuntimeMs?: number | null
  /** Whether it goes on where it stopped when evicted, because it saves itself when told. Absent: it begins anew. */
  readonly resumes?: boolean
  /**
   * Between how many devices a pod it makes do with any number; it saves itself when told, and begins again with another.
   * What is predicted of it is meant with those it asks for, or has. Absent: rigid.
   */
  readonly elastic?: Elastic
}

/** A job that waits. It does not start before `notBeforeMs` (back-off after a failed try; 0 for none). */
export interface QueuedJob extends SchedJob {
  readonly notBeforeMs: number
}

/** A job that holds resources: starting, running, or stopping until its end is reported. */
export interface RunningJob extends SchedJob {
  readonly placement: Placement
  readonly startedAtMs: number
  readonly stopping: boolean
  /** When it is expected to end; `null` when nothing is known. */
  readonly predictedEndMs: number | null
  /** Since when work would be lost by an eviction; `null` counts from the start. */
  readonly checkpointedAtMs: number | null
  /** Where it begins again once it has stopped, with fewer devices a pod or with more. Only of those that stop. */
  readonly resizing?: Placement
}

/**
 * What an eviction frees, kept for the job it was made for. It binds until `expiresAtMs`, and longer while a victim
 * still stops.
 */
export interface Hold {
  readonly jobId: string
  readonly placement: Placement
  readonly victimIds: readonly string[]
  readonly expiresAtMs: number
}

/** Use in the past, fading by half every `halfLifeMs`: amount × seconds, as of `asOfMs`. */
export interface UsageRecord {
  readonly queueName: string
  readonly owner: string
  readonly asOfMs: number
  readonly amountSeconds: ResourceVector
}

/** Everything a decision looks at. Plain data, never changed in place; the order of its lists means nothing. */
export interface Snapshot {
  readonly nodes: readonly SchedNode[]
  readonly queues: readonly SchedQueue[]
  readonly queued: readonly QueuedJob[]
  readonly running: readonly RunningJob[]
  readonly holds: readonly Hold[]
  readonly usage: { readonly halfLifeMs: number; readonly records: readonly UsageRecord[] }
  /** What jobs are expected to ask for, from history; where there is nothing, what runs and waits now stands for it. */
  readonly demand?: readonly DemandShare[]
}
