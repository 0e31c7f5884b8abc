import type { AfterAttempt } from './after-attempt.js'

/**
 * What becomes of a job that somebody works in. What was in its memory went with its attempt, so another one would only
 * hold a device for nobody: the job ends with its first attempt.
 */
export const endsWithAttempt = (after: AfterAttempt): AfterAttempt =>
  after.requeue === null ? after : { ...after, jobStatus: 'failed', reason: after.verdict.kind, requeue: null }
