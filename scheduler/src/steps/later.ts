import type { Cycle } from '../cycle.js'
import { findExchange, mayYield, type Yielding } from './exchange.js'
import { bySubmission } from './order.js'
import { isEvictable, type Search } from './preempt.js'
import type { Waiter } from './waiters.js'

const latestFirst = (left: Yielding, right: Yielding): number => bySubmission(right.job, left.job)

/** Running jobs that the policy lets be ended for who came before them, last come first. */
const lateIn = (cycle: Cycle): readonly Yielding[] => {
  if (cycle.late !== null) return cycle.late
  const { policy, snapshot, runners } = cycle
  const candidates = policy.preemption.aged === 'any' ? snapshot.running : [...runners.resumable]
  cycle.late = candidates
    .filter((job) => isEvictable(job, cycle, false))
    .map((job) => ({ job }))
    .sort(latestFirst)
  return cycle.late
}

/** Whether a job may make those end who came after it. */
export const mayOvertake = ({ policy }: Cycle, { aged }: Waiter): boolean => aged && policy.preemption.aged !== 'never'

/**
 * Looks for running jobs of the same importance and queue that came after one that is past its age bound: of the sets that make room for it the one whose
 * earliest came last. So who has waited long enough is served first come, first served, as in the lowest queue of Tiresias (NSDI'19), and its tail
 * is bounded by the work that came before it.
 */
export const findLater = (cycle: Cycle, waiter: Waiter): Search => {
  const yields = mayYield(cycle, waiter)
  const candidates = lateIn(cycle).filter((one) => bySubmission(waiter.job, one.job) < 0 && yields(one.job))
  const worthOf = (victims: readonly Yielding[]): number =>
    1 + victims.reduce((earliest, one) => Math.min(earliest, one.job.submittedAtMs), Number.POSITIVE_INFINITY)
  return findExchange(cycle, waiter, { why: 'aged', candidates, worthOf })
}
