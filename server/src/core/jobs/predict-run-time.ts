/** A job of the past, as far as it tells something about the next one. */
export interface PastJob {
  readonly submittedBy: string
  readonly name: string
  /** From the start of the process to its end, milliseconds. */
  readonly runMs: number
}

/** How long a job will probably run, and what that is judged from. */
export interface Prediction {
  readonly runMs: number
  readonly from: 'same_user_and_name' | 'same_user' | 'everybody'
  readonly sampleCount: number
}

/**
 * The median run time of the most alike past jobs: same user and name, else same user, else everybody; `null` without
 * any. The median, since run times have a long tail and one forgotten job must not make all others look long.
 */
export const predictRunTime = (
  history: readonly PastJob[],
  job: { readonly submittedBy: string; readonly name: string },
): Prediction | null => {
  const ofUser = history.filter((past) => past.submittedBy === job.submittedBy)
  const ofUserAndName = ofUser.filter((past) => past.name === job.name)
  if (ofUserAndName.length > 0) return prediction('same_user_and_name', ofUserAndName)
  if (ofUser.length > 0) return prediction('same_user', ofUser)
  return history.length > 0 ? prediction('everybody', history) : null
}

const prediction = (from: Prediction['from'], jobs: readonly PastJob[]): Prediction => ({
  runMs: median(jobs.map((past) => past.runMs)),
  from,
  sampleCount: jobs.length,
})

/** The middle value; the lower of the two middle ones for an even count, so that it is a value that occurred. */
const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((left, right) => left - right)
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0
}
