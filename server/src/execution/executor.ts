import type { AttemptResult } from '@novabrain/contracts'
import type { NodeDescription } from '../modules/nodes/service.js'

/** What an engine can do; NovaBrain plans only with that, and the screen says which promise is advisory. */
export interface Capabilities {
  /** Puts work back in its queue by itself. */
  readonly requeue: boolean
  readonly suspend: boolean
  /** Fences a share of a device. */
  readonly deviceFraction: boolean
  /** Gives a task the very devices it was granted. */
  readonly devicePinning: boolean
  readonly memoryLimit: boolean
  readonly startEstimate: boolean
  readonly reasonText: boolean
}

/** What the executor knows of an attempt when it is asked directly. */
export type Fate =
  /** It was never started here, or nothing was left of it before it could do anything. */
  | { readonly kind: 'never_started' }
  | { readonly kind: 'alive' }
  /** Its runner is gone; `result` is what it left, if it came that far, and `lastWords` the last line it printed itself. */
  | { readonly kind: 'ended'; readonly result: AttemptResult | null; readonly lastWords: string | null }

/**
 * An engine that runs attempts on one node. Everything is by the id of the attempt and may be repeated: starting twice
 * starts once, stopping what has ended does nothing. It outlives the server's process: after a restart it answers for
 * attempts that were started before.
 */
export interface Executor {
  readonly kind: 'local' | 'slurm' | 'kubernetes'
  readonly capabilities: Capabilities
  /** The node and its devices as they are now. */
  discover(): Promise<NodeDescription>
  /** Start the runner of an attempt, with a token that is good for this attempt only. */
  start(attemptId: string, token: string): Promise<void>
  ask(attemptId: string): Promise<Fate>
  /** Ask the runner to stop its task with the grace period. Asked again, also after a restart, it keeps that. */
  stop(attemptId: string): Promise<void>
  /** End everything that belongs to the attempt at once, and return when nothing of it runs any more. */
  kill(attemptId: string): Promise<void>
  /** Attempts that something is kept of. */
  list(): Promise<readonly string[]>
  /** Forget an attempt whose result is stored: its scratch files go, caches stay. */
  release(attemptId: string): Promise<void>
  /** Jobs that saved something for their next attempt. */
  saved(): Promise<readonly string[]>
  /** Forget what a job saved: it has ended. */
  forget(jobId: string): Promise<void>
  /** Hear at once when the runner of an attempt is gone. It may also be found out by asking. */
  onGone(listener: (attemptId: string) => void): void
}
