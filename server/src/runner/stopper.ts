import type { StopOrder } from './heart.js'
import type { StopReason } from './verdict.js'

/** Whether, and why, the runner is to end its task early. */
export interface Stopper {
  /** Aborted at the first order to stop. */
  readonly signal: AbortSignal
  /** Aborted when nobody waits for the attempt any more: kill at once, report nothing. */
  readonly over: AbortSignal
  /** Aborted when the task is not to be given its grace period. */
  readonly now: AbortSignal
  reason(): StopReason | null
  /** An order of the server; it knows better than the node why. */
  order(order: StopOrder): void
  /** The node asks: politely first, the second time at once. */
  nodeStops(): void
}

/** Nothing is ordered yet. */
export const createStopper = (): Stopper => {
  const stop = new AbortController()
  const over = new AbortController()
  const now = new AbortController()
  let reason: StopReason | null = null
  let asked = false
  return {
    signal: stop.signal,
    over: over.signal,
    now: now.signal,
    reason: () => reason,
    order: (order) => {
      if (order !== 'over') reason = order
      if (order === 'over' || order === 'superseded') now.abort()
      if (order === 'over') over.abort()
      stop.abort()
    },
    nodeStops: () => {
      if (asked) now.abort()
      asked = true
      reason ??= 'node_stopped'
      stop.abort()
    },
  }
}
