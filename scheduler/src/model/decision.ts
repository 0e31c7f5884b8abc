import type { JobRequest } from './request.js'
import type { ResourceName } from './resources.js'
import type { Hold, Placement } from './snapshot.js'

/** Who holds what a waiting job needs: the first few, soonest expected end first. */
export interface Holder {
  readonly jobId: string
  readonly gpuMilli: number
  readonly predictedEndMs: number | null
}

/** Numbers behind a shortage on the nodes. Devices are counted whole, shares in thousandths. */
export interface ShortageFacts {
  /** Devices one pod needs on one node. */
  readonly gpuCount: number
  readonly gpuMilli: number
  readonly gpuMemoryMib: number
  readonly gpuModel: string | null
  readonly cpuMilli: number
  readonly memoryMib: number
  /** The node that comes nearest, and how many fitting devices it has free. */
  readonly nodeName: string | null
  readonly freeOnNode: number
  /** Fitting free devices on all nodes together, and how many fitting devices there are. */
  readonly freeInAll: number
  readonly matchingInAll: number
  readonly heldBy: readonly Holder[]
}

/** Why no node can run a request even when nothing else runs. */
export interface UnfitFacts {
  readonly lacking:
    'nodes' | 'gpu' | 'gpuModel' | 'gpuCount' | 'gpuMemoryMib' | 'cpuMilli' | 'memoryMib' | 'replicas' | 'combination'
  readonly needed: number
  /** The most that one node offers of it (for `replicas`, all nodes together). */
  readonly best: number
  readonly gpuModel: string | null
  /** Models that exist, sorted. */
  readonly models: readonly string[]
}

/**
 * The first failing constraint of a waiting job, with the facts behind it. Codes are stable: they are stored and shown.
 */
export type HoldCause =
  /** No node, even empty, could run it. */
  | { readonly reason: 'never_fits'; readonly facts: UnfitFacts }
  /** No node has a device of the wanted model. */
  | { readonly reason: 'no_node_matches'; readonly facts: UnfitFacts }
  /** It would fit only on nodes that are lost or draining. */
  | { readonly reason: 'node_unavailable'; readonly facts: { readonly nodeNames: readonly string[] } }
  | { readonly reason: 'queue_not_found'; readonly facts: { readonly queueName: string } }
  | { readonly reason: 'backing_off'; readonly facts: { readonly untilMs: number } }
  /** More than its queue can ever use. */
  | { readonly reason: 'queue_limit'; readonly facts: QuotaFacts }
  /** The queue's own share, or what it may borrow, is in use. */
  | { readonly reason: 'quota_exceeded'; readonly facts: QuotaFacts }
  /** It would have fitted, but the turn belonged to somebody who used less. */
  | { readonly reason: 'fair_share'; readonly facts: AheadFacts }
  /** It would have fitted, but jobs ahead of it took the place. */
  | { readonly reason: 'behind_in_queue'; readonly facts: AheadFacts }
  | { readonly reason: 'gpu_busy'; readonly facts: ShortageFacts }
  /** Enough is free in all, but not together on one node (or one device). */
  | { readonly reason: 'gpu_fragmented'; readonly facts: ShortageFacts }
  /** Compute is free, device memory is not. */
  | { readonly reason: 'gpu_memory'; readonly facts: ShortageFacts }
  | { readonly reason: 'cpu_busy'; readonly facts: ShortageFacts }
  | { readonly reason: 'memory_busy'; readonly facts: ShortageFacts }
  /** Some pods of the gang would fit, not all. */
  | {
      readonly reason: 'gang_incomplete'
      readonly facts: { readonly placeable: number; readonly replicas: number } & ShortageFacts
    }
  /** What it needs is free but kept for another job; `untilMs` is when that one is expected to start, if known. */
  | {
      readonly reason: 'reserved_for_other'
      readonly facts: { readonly forJobId: string; readonly untilMs: number | null }
    }
  /** Victims are stopping to make room for it. */
  | { readonly reason: 'waiting_for_preemption'; readonly facts: { readonly victimIds: readonly string[] } }

/** The code of a hold, stable. */
export type HoldReason = HoldCause['reason']

export interface QuotaFacts {
  readonly queueName: string
  readonly resource: ResourceName
  readonly needed: number
  readonly used: number
  /** The bound that is hit: the queue's most, or what is left to it in its cohort. */
  readonly limit: number
  /** Whether the cohort's common pool, not the queue's own limit, is what is used up. */
  readonly pool: boolean
  readonly cohort: string | null
  readonly heldBy: readonly Holder[]
}

export interface AheadFacts {
  readonly aheadJobId: string
  /** Jobs that were started ahead of it in the same cycle. */
  readonly startedAhead: number
}

/** The smallest change of the request that would start it in this very cycle. */
export interface Suggestion {
  readonly change: Partial<JobRequest>
}

/** A range for the start, from predicted ends; rough by nature. Milliseconds since 1970. */
export interface EstimatedStart {
  readonly p50Ms: number
  readonly p90Ms: number
}

/** What the owner of a job that does not start may read. `position` counts the waiting jobs in serving order from 1. */
export type Waiting = HoldCause & {
  readonly position: number
  readonly suggestion: Suggestion | null
  readonly estimatedStart: EstimatedStart | null
}

/** The job starts now, exactly there. */
export interface StartDecision {
  readonly type: 'start'
  readonly jobId: string
  readonly placement: Placement
}

/**
 * The place is kept for the job from `atMs` on. With a `hold` (made by preemptions of this cycle, or confirmed from
 * the snapshot) the hold must be stored; without one the reservation lives for this cycle and is found anew in the next.
 */
export type ReserveDecision = Waiting & {
  readonly type: 'reserve'
  readonly jobId: string
  readonly placement: Placement
  readonly atMs: number
  readonly hold: Hold | null
}

/** The job waits. */
export type HoldDecision = Waiting & { readonly type: 'hold'; readonly jobId: string }

/** A running job must stop in favour of a job that is reserved in the same decisions. */
export interface PreemptDecision {
  readonly type: 'preempt'
  readonly victimId: string
  readonly forJobId: string
  /**
   * `priority`: the other is more important. `reclaim`: the victim's queue had borrowed what the other's owns. `shorter`:
   * the other has so much less left to do that all together end sooner, the cost of the interruption counted. `aged`: the
   * other came first and is past its age bound.
   */
  readonly why: 'priority' | 'reclaim' | 'shorter' | 'aged'
}

/**
 * A running elastic job must save itself and begin again with another number of devices. It never goes back to the queue:
 * where it begins again is kept for it, and what it does not need any more is free, or held, once it has stopped.
 */
export interface ResizeDecision {
  readonly type: 'resize'
  readonly jobId: string
  /** `shrink`: in favour of a job that is reserved in the same decisions. `grow`: devices are idle and nobody waits for them. */
  readonly why: 'shrink' | 'grow'
  /** For whom it shrinks; `null` when it grows. */
  readonly forJobId: string | null
  readonly placement: Placement
}

/** Every queued job gets exactly one of `start`, `reserve` and `hold`; running jobs may get `preempt` or `resize`. */
export type Decision = StartDecision | ReserveDecision | HoldDecision | PreemptDecision | ResizeDecision
