import type { Cycle } from '../cycle.js'
import type { QueuedJob, RunningJob } from '../model/snapshot.js'
import { findExchange, mayYield, type Yielding } from './exchange.js'
import { bySubmission, isAged, widthOf, workIn, workOf } from './order.js'
import { isEvictable, lostByEvictionMs, type Search } from './preempt.js'
import { expectedEndMs } from './runners.js'
import type { Waiter } from './waiters.js'

/** A running job that may make room for shorter work. */
export interface Longer extends Yielding {
  /** How long it will probably still run, and that as work (see `predictedWork`). */
  readonly leftMs: number
  readonly work: number
  /** What its eviction costs itself: work undone, and the restart. */
  readonly costMs: number
}

/** Running jobs whose end is foreseen and that the policy lets be ended for shorter work, most left to do first. */
const longerIn = (cycle: Cycle): readonly Longer[] => {
  if (cycle.longer !== null) return cycle.longer
  const { policy, nowMs, snapshot, runners } = cycle
  const { shorterWork, restartCostMs } = policy.preemption
  const candidates = shorterWork === 'any' ? snapshot.running : [...runners.resumable]
  cycle.longer = candidates
    .filter((job) => job.predictedEndMs !== null && isEvictable(job, cycle, policy.preemption.aged === 'never'))
    .map((job): Longer => {
      const leftMs = expectedEndMs(job, policy, nowMs) - nowMs
      const costMs = lostByEvictionMs(job, nowMs) + restartCostMs
      return { job, leftMs, work: workOf(job, leftMs, policy), costMs }
    })
    .sort((left, right) => right.leftMs - left.leftMs || bySubmission(left.job, right.job))
  return cycle.longer
}

/** Whether a job may ask others to make room for shorter work: short work goes first in its queue, and its run time is foreseen. */
export const mayAsk = (cycle: Cycle, { job, kind }: Waiter): boolean =>
  kind.orderKind === 'predicted' && cycle.policy.preemption.shorterWork !== 'never' && job.predictedRuntimeMs !== null

/** Whether anybody runs who may be ended for shorter work. */
export const someAreLonger = (cycle: Cycle): boolean =>
  cycle.policy.preemption.shorterWork !== 'never' && longerIn(cycle).length > 0

/** A job has hardly run beside another if it has had at most one part in so many of its work. */
const hardly = 1000

/**
 * Whoever runs past its age bound, and could itself make others end, yields to jobs that hardly ran beside it: not to those of which more
 * was expected once. Least attained service, where guesses have shown how little they say.
 */
const mayEnd = ({ policy, nowMs }: Cycle, job: QueuedJob, victim: RunningJob): boolean => {
  const ranMs = victim.attainedMs + nowMs - victim.startedAtMs
  return (
    !isAged(victim, policy, victim.startedAtMs) ||
    hardly * workOf(job, job.attainedMs, policy) <= workOf(victim, ranMs, policy)
  )
}

/** Whether fairness lets a job pass another: it is of the same owner, or its owner uses no more. */
const isFair = (cycle: Cycle, job: QueuedJob, victim: RunningJob): boolean =>
  job.owner === victim.owner ||
  cycle.shares.ofOwner(job.queueName, job.owner) <= cycle.shares.ofOwner(job.queueName, victim.owner)

/**
 * Who is to go first runs as long as is likely; who is to end others for that, as long as halfway, in logarithms, to what nine
 * of ten do not exceed: close to the mean of a log-normal guess, which lies above its median. Exact guesses stay as they are.
 */
const soberMs = ({ predictedRuntimeMs, cautiousRuntimeMs }: QueuedJob): number => {
  const likelyMs = predictedRuntimeMs ?? 0
  return Math.max(likelyMs, Math.round(Math.sqrt(likelyMs * (cautiousRuntimeMs ?? likelyMs))))
}

/**
 * What an exchange is worth by time: the job starts sooner by as long as the longest victim would still run, and each victim
 * is set back by the job's run time.
 */
const savedTime = (job: QueuedJob, victims: readonly Longer[]): number =>
  victims.reduce((most, { leftMs }) => Math.max(most, leftMs), 0) - victims.length * (job.predictedRuntimeMs ?? 0)

/**
 * How wide a job counts where victims make room for it: what it takes of them. The rest of its width lies idle, and counts as
 * far as others wait who would fit there. What victims free beyond the job is of use only to others who wait: as far as they
 * are too few the job counts as if it took that too.
 */
const widthTaken = ({ policy, lines }: Cycle, { request }: QueuedJob, victims: readonly Longer[]): number => {
  const freed = victims.reduce((sum, victim) => sum + widthOf(victim.job.request, policy), 0)
  const own = widthOf(request, policy)
  if (freed >= own) return Math.max(own, freed - (lines.width() - own))
  const idle = own - freed
  return freed + Math.min(idle, lines.width(idle))
}

/**
 * The same by work: the job starts sooner by the work that its victims have left, and each of them is set back by the job's.
 * On a full cluster that is the gain of swapping two neighbours in the order of least work (Smith 1956, Naval Research
 * Logistics Quarterly 3).
 */
const savedWork = (cycle: Cycle, job: QueuedJob, victims: readonly Longer[]): number => {
  const own = workIn(widthTaken(cycle, job, victims), soberMs(job), cycle.policy)
  return victims.reduce((sum, { work }) => sum + work, 0) - victims.length * own
}

/** What an exchange is worth, in thousandths, if what evictions cost counts θ times. Above 0 it pays. */
const worthOf = (cycle: Cycle, job: QueuedJob, victims: readonly Longer[]): number => {
  const { exchange, benefitPermille } = cycle.policy.preemption
  const inWork = exchange === 'work'
  const costOf = (victim: Longer): number => (inWork ? workOf(victim.job, victim.costMs, cycle.policy) : victim.costMs)
  const cost = victims.reduce((sum, victim) => sum + costOf(victim), 0)
  return 1000 * (inWork ? savedWork(cycle, job, victims) : savedTime(job, victims)) - benefitPermille * cost
}

/**
 * Looks for running jobs of the same importance and queue with so much more left to do that ending them pays. Shortest remaining service first, with the
 * cost of interruptions counted: they are ended only if what is saved is above θ times what is lost, and what they free is kept for the job.
 */
export const findShorter = (cycle: Cycle, waiter: Waiter): Search => {
  const { job, work } = waiter
  // What an exchange is worth by work holds it against the victims' work already, as wide as the job counts there.
  const least = cycle.policy.preemption.exchange === 'time' ? work : 0
  const yields = mayYield(cycle, waiter)
  const worth = (victims: readonly Longer[]): number => worthOf(cycle, job, victims)
  const candidates = longerIn(cycle).filter(
    (one) =>
      one.work > least &&
      yields(one.job) &&
      mayEnd(cycle, job, one.job) &&
      worth([one]) > 0 &&
      isFair(cycle, job, one.job),
  )
  return findExchange(cycle, waiter, { why: 'shorter', candidates, worthOf: worth })
}
