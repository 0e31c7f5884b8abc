import type { EstimatedStart } from '../model/decision.js'

/**
 * By how much waits are longer than they were foretold, as natural logarithms of factors: for all alike, and besides by how
 * long the foretold wait is, at 1, 4, 16 … minutes and between those in proportion.
 */
export interface Leaning {
  readonly all: number
  readonly byWait: readonly number[]
}

/** How both ends of an estimate are moved. */
export interface StartCorrection {
  readonly likely: Leaning
  readonly far: Leaning
}

const minuteMs = 60_000
const rungs = 8
/** The logarithm of the distance between two rungs. */
const rungLog = Math.log(4)
/** Nothing told is moved by more than this factor, either way. */
const farthestLog = Math.log(8)

const upright: Leaning = { all: 0, byWait: new Array<number>(rungs).fill(0) }

/** Leaves estimates as they are. */
export const noCorrection: StartCorrection = { likely: upright, far: upright }

/** A place between two rungs: the lower one, and the part of the way to the next. */
interface Place {
  readonly rung: number
  readonly part: number
}

const placeOf = (waitMs: number): Place => {
  const at = Math.max(0, Math.min(rungs - 1, Math.log(Math.max(minuteMs, waitMs) / minuteMs) / rungLog))
  const rung = Math.min(rungs - 2, Math.floor(at))
  return { rung, part: at - rung }
}

const within = (limit: number, value: number): number => Math.max(-limit, Math.min(limit, value))

/** What is added at each rung: no rung is told sooner than the one below it, so that who is foretold later is told later. */
const curveOf = ({ all, byWait }: Leaning): number[] => {
  let highest = Number.NEGATIVE_INFINITY
  return byWait.map((log, rung) => {
    highest = Math.max(highest, rung * rungLog + within(farthestLog, all + log))
    return highest - rung * rungLog
  })
}

/** How long a wait is told to be. Below a minute it is moved as far as a minute is. */
type Lean = (waitMs: number) => number

const leanBy = (leaning: Leaning): Lean => {
  const curve = curveOf(leaning)
  return (waitMs) => {
    const { rung, part } = placeOf(waitMs)
    const factor = Math.exp((curve[rung] ?? 0) * (1 - part) + (curve[rung + 1] ?? 0) * part)
    return waitMs >= minuteMs ? waitMs * factor : Math.max(0, waitMs + minuteMs * (factor - 1))
  }
}

/** Moves estimates. */
export interface Corrector {
  /** What is told instead of an estimate: never before now, and the far end never before the likely moment. */
  correct(estimate: EstimatedStart, nowMs: number): EstimatedStart
}

/** Opens a corrector; one that was never wrong tells estimates as they are. */
export const openCorrector = ({ likely, far }: StartCorrection): Corrector => {
  const [toLikely, toFar] = [leanBy(likely), leanBy(far)]
  const told = (lean: Lean, atMs: number, nowMs: number): number => nowMs + Math.round(lean(Math.max(0, atMs - nowMs)))
  return {
    correct({ p50Ms, p90Ms }, nowMs) {
      const likelyMs = told(toLikely, p50Ms, nowMs)
      return { p50Ms: likelyMs, p90Ms: Math.max(likelyMs, told(toFar, p90Ms, nowMs)) }
    },
  }
}

/** What became of something told: whether the start came too late for it, and how long a wait had been foretold. */
export interface Verdict {
  readonly foretoldMs: number
  readonly isLate: boolean
}

/** A verdict moves what is told by at most this much when all of a round agree, for all alike and by its wait. */
const stepLog = 0.1

/**
 * Moves a leaning by verdicts: a late start up by the part wanted in time, one in time down by the rest, so that it comes to
 * rest where just that part is in time (Gibbs and Candès 2021, adaptive conformal inference). `usual` is how many are
 * told in a round.
 */
export const leanFurther = (
  { all, byWait }: Leaning,
  verdicts: readonly Verdict[],
  part: number,
  usual: number,
): Leaning => {
  const moves = new Array<number>(rungs).fill(0)
  for (const { foretoldMs, isLate } of verdicts) {
    const place = placeOf(foretoldMs)
    const move = isLate ? part : part - 1
    moves[place.rung] = (moves[place.rung] ?? 0) + move * (1 - place.part)
    moves[place.rung + 1] = (moves[place.rung + 1] ?? 0) + move * place.part
  }
  const step = (from: number, move: number): number =>
    within(farthestLog, from + stepLog * within(1, move / Math.max(1, usual)))
  return {
    all: step(
      all,
      moves.reduce((sum, move) => sum + move, 0),
    ),
    byWait: byWait.map((log, rung) => step(log, moves[rung] ?? 0)),
  }
}
