/**
 * What becomes of a job when an attempt has ended.
 *
 * An attempt ends with a verdict. Whether the job ends with it depends on why it ended:
 * - it succeeded: the job succeeded, even when a stop was asked for a moment earlier, since the work is done;
 * - its owner asked to stop: cancelled, whatever the process made of the signal;
 * - it had to make room: back to the queue; this is nobody's fault and counts against nothing;
 * - it had to begin again with another number of GPUs: it does, where its place was kept, and queues only if that is gone;
 * - the machinery failed (the process vanished, the code could not be fetched): again after a pause, `maxRetries` times;
 * - it ran out of GPU memory on a share or on a small device: once more, alone and on more memory;
 * - its own code failed: the job failed. Running it again would fail again, only later.
 */
import type { Attempt, AttemptState, DeviceGrant, JobStatus, Verdict, VerdictKind } from '@novabrain/contracts'

/** What was asked of the attempt before it ended. */
export type Command = 'none' | 'cancelled' | 'preempted' | 'resized'

/** What a job remembers of its earlier attempts. */
export interface RetryState {
  readonly maxRetries: number
  /** Retries for failures of the machinery so far. */
  readonly retryCount: number
  /** Whether it was already started again on more GPU memory. */
  readonly memoryRaised: boolean
}

/** What changes when a job goes back to the queue. */
export interface Requeue {
  /** Milliseconds to wait before it may start again. */
  readonly delayMs: number
  readonly countsAsRetry: boolean
  /** Whole devices with at least so much memory from now on; `null` leaves the request as it is. */
  readonly gpuMemoryMib: number | null
}

export interface AfterAttempt {
  readonly attemptState: Extract<AttemptState, 'succeeded' | 'failed' | 'preempted' | 'resized' | 'cancelled' | 'lost'>
  readonly jobStatus: Extract<JobStatus, 'queued' | 'succeeded' | 'failed' | 'cancelled'>
  /** The reason shown with the job's status. */
  readonly reason: string | null
  /** The attempt's verdict, told in the words of what was asked of it. */
  readonly verdict: Verdict
  readonly requeue: Requeue | null
}

/** Failures of the machinery rather than of the job's own code. */
const retryable: ReadonlySet<VerdictKind> = new Set<VerdictKind>(['lost', 'snapshot_failed'])

/** The outcome for the job of an attempt that ended with `verdict` after `command`. */
export const afterAttempt = (ended: {
  readonly verdict: Verdict
  readonly command: Command
  readonly retries: RetryState
  readonly devices: readonly DeviceGrant[]
  /** The memory of the largest device a job could get, MiB. */
  readonly largestDeviceMib: number
}): AfterAttempt => {
  const { verdict, command, retries } = ended
  if (verdict.kind === 'succeeded') return final('succeeded', 'succeeded', verdict)
  if (command === 'cancelled' || verdict.kind === 'cancelled')
    return final('cancelled', 'cancelled', { ...verdict, kind: 'cancelled' })
  if (command === 'resized' || verdict.kind === 'resized')
    return again('resized', { ...verdict, kind: 'resized' }, { delayMs: 0, countsAsRetry: false, gpuMemoryMib: null })
  if (command === 'preempted' || verdict.kind === 'preempted')
    return again(
      'preempted',
      { ...verdict, kind: 'preempted' },
      { delayMs: 0, countsAsRetry: false, gpuMemoryMib: null },
    )
  if (verdict.kind === 'out_of_gpu_memory') return afterOutOfMemory(ended)
  const attemptState = verdict.kind === 'lost' ? 'lost' : 'failed'
  if (!retryable.has(verdict.kind) || retries.retryCount >= retries.maxRetries)
    return final(attemptState, 'failed', verdict)
  return again(attemptState, verdict, {
    delayMs: retryDelayMs(retries.retryCount),
    countsAsRetry: true,
    gpuMemoryMib: null,
  })
}

/** No retry waits longer. */
export const longestRetryDelayMs = 300_000

/** The pause before retry `retryCount` (from 0): 1 s, doubled each time, at most 5 minutes. */
export const retryDelayMs = (retryCount: number): number =>
  Math.min(1000 * 2 ** Math.min(retryCount, 20), longestRetryDelayMs)

const afterOutOfMemory = ({
  verdict,
  retries,
  devices,
  largestDeviceMib,
}: Parameters<typeof afterAttempt>[0]): AfterAttempt => {
  const wanted = moreMemory(devices, largestDeviceMib)
  if (retries.memoryRaised || wanted === null) return final('failed', 'failed', verdict)
  return again('failed', verdict, { delayMs: 0, countsAsRetry: false, gpuMemoryMib: wanted })
}

/**
 * The device memory to try next: a share gets a whole device with at least twice its grant; a whole device gets a larger
 * one. `null` when nothing larger exists, since the same again would fail the same way.
 */
const moreMemory = (devices: readonly DeviceGrant[], largestDeviceMib: number): number | null => {
  const granted = devices.map((device) => device.memoryMib)
  const had = granted.length === 0 ? 0 : Math.min(...granted)
  const shared = devices.some((device) => device.milli < 1000)
  if (shared) return Math.min(Math.max(had * 2, had), largestDeviceMib)
  return had > 0 && had < largestDeviceMib ? Math.min(had * 2, largestDeviceMib) : null
}

const final = (
  attemptState: AfterAttempt['attemptState'],
  jobStatus: 'succeeded' | 'failed' | 'cancelled',
  verdict: Verdict,
): AfterAttempt => ({
  attemptState,
  jobStatus,
  reason: jobStatus === 'succeeded' ? null : verdict.kind,
  verdict,
  requeue: null,
})

const again = (attemptState: AfterAttempt['attemptState'], verdict: Verdict, requeue: Requeue): AfterAttempt => ({
  attemptState,
  jobStatus: 'queued',
  reason: verdict.kind,
  verdict,
  requeue,
})

/** A verdict with nothing but its kind and evidence. */
export const plainVerdict = (kind: VerdictKind, evidence: string | null): NonNullable<Attempt['verdict']> => ({
  kind,
  exitCode: null,
  signal: null,
  evidence,
  cellIndex: null,
  module: null,
})
