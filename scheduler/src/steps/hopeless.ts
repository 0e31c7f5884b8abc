import { isBound, type Cycle, type Reservation } from '../cycle.js'
import type { Outcome } from '../decide.js'
import type { HoldCause } from '../model/decision.js'
import type { Memory } from '../memory.js'
import type { Kind, Waiter } from './waiters.js'

/**
 * Remembers for which kinds of jobs nothing comes of serving one more. What is free and what quotas leave only shrinks in
 * a cycle, and a search for victims that was in vain is not repeated, so what became of one becomes of all like it: as
 * long as they are equally important, and the same reservation stands.
 */
export interface Hopeless {
  has(waiter: Waiter): boolean
  /** The first place from `at` on, but not beyond `last`, whose kind is not hopeless whichever job of it stands there. */
  past(kinds: readonly number[], at: number, last: number): number
  /** What came of one; `fromWork` is the least work with which another like it could find nobody longer to evict. */
  note(outcome: Outcome, mayReserve: boolean, fromWork: number): void
  /** Forgets everything: others have their turn. */
  nextPart(): void
}

type Stretches = Pick<Memory, 'nextStretch' | 'hopelessIn'>

/** Opens the memory of one cycle. */
export const openHopeless = (cycle: Cycle, { nextStretch, hopelessIn }: Stretches): Hopeless => {
  let stretch = nextStretch()
  let reservation: Reservation | null = null
  const nextPart = (): void => {
    stretch = nextStretch()
    reservation = cycle.reservation
  }
  const noteAll = ({ number }: Kind): void => {
    while (hopelessIn.length <= number) hopelessIn.push(0)
    hopelessIn[number] = stretch
  }
  /** Whether it is the reservation that keeps the job from a place. */
  const isOnlyBound = ({ job, kind }: Waiter, cause: HoldCause | null): boolean =>
    cause === null && isBound(cycle, job) && cycle.now.placer.find(kind.shape) !== null
  /** Whether one more job past its age bound could find its quota used up, and keep others from it. */
  const couldGate = ({ aged, kind: { queueName, shape } }: Waiter, cause: HoldCause | null): boolean =>
    aged &&
    (cause === null || cause.reason === 'reserved_for_other') &&
    !cycle.quota.isUnguaranteed(queueName, shape.total) &&
    cycle.gates.every((gate) => gate.job.queueName !== queueName)
  return {
    nextPart,
    has({ kind: { hopeless }, job, work }) {
      if (reservation !== cycle.reservation) nextPart()
      if (work < hopeless.fromWork) return false
      return hopeless.any === stretch || (hopeless.bound === stretch && isBound(cycle, job))
    },
    past(kinds, at, last) {
      if (reservation !== cycle.reservation) nextPart()
      let to = at
      while (to < last && hopelessIn[kinds[to] ?? 0] === stretch) to += 1
      return to
    },
    note(outcome, mayReserve, fromWork) {
      if (reservation !== cycle.reservation) nextPart()
      const { waiter } = outcome
      if (outcome.type !== 'hold' || waiter.job.notBeforeMs > cycle.nowMs) return
      if ((mayReserve && cycle.reservation === null) || couldGate(waiter, outcome.cause)) return
      if (fromWork === Number.POSITIVE_INFINITY) return
      const { hopeless } = waiter.kind
      const isFirst = hopeless.any !== stretch && hopeless.bound !== stretch
      hopeless.fromWork = isFirst ? fromWork : Math.min(hopeless.fromWork, fromWork)
      hopeless[isOnlyBound(waiter, outcome.cause) ? 'bound' : 'any'] = stretch
      if (hopeless.any === stretch && hopeless.fromWork === 0) noteAll(waiter.kind)
    },
  }
}
