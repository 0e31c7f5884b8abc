import type { Hold, Placement, QueuedJob, SchedNode, SchedQueue } from './snapshot.js'

/** What happens to a cluster; `evolve` applies it. Times are milliseconds since 1970. */
export type SchedEvent =
  | { readonly type: 'submitted'; readonly job: QueuedJob }
  /** A queued job was cancelled. */
  | { readonly type: 'withdrawn'; readonly jobId: string }
  | { readonly type: 'started'; readonly jobId: string; readonly placement: Placement; readonly atMs: number }
  /** Victims were told to stop and what they free is held. */
  | { readonly type: 'preempting'; readonly hold: Hold }
  /** An elastic job was told to stop and to begin again with another number of devices. */
  | { readonly type: 'resizing'; readonly jobId: string; readonly placement: Placement }
  /** It did. */
  | { readonly type: 'resized'; readonly jobId: string; readonly atMs: number }
  /** A running job was told to stop for good. */
  | { readonly type: 'stopping'; readonly jobId: string }
  | { readonly type: 'ended'; readonly jobId: string; readonly atMs: number }
  /** An attempt ended and the job waits again: evicted (`evicted`), or to be tried again. */
  | {
      readonly type: 'requeued'
      readonly jobId: string
      readonly atMs: number
      readonly notBeforeMs: number
      readonly evicted: boolean
    }
  /** A node joined, or changed its state or size. */
  | { readonly type: 'node_changed'; readonly node: SchedNode }
  /** A node is gone; every gang with a pod there goes back to the queue whole. */
  | { readonly type: 'node_left'; readonly nodeId: string; readonly atMs: number }
  | { readonly type: 'queues_changed'; readonly queues: readonly SchedQueue[] }
  | { readonly type: 'hold_dropped'; readonly jobId: string }
