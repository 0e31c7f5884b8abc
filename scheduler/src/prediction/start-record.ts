import type { EstimatedStart } from '../model/decision.js'
import { leanFurther, noCorrection, openCorrector, type StartCorrection, type Verdict } from './start-correction.js'

/** A start that was foretold to somebody who waits, and what was told of it. An end that was judged is `null`. */
export interface Telling {
  readonly jobId: string
  readonly atMs: number
  readonly foretold: EstimatedStart
  readonly told: { readonly p50Ms: number | null; readonly p90Ms: number | null }
}

/** What was told of starts and how far it went wrong. Plain data. */
export interface StartRecord {
  readonly correction: StartCorrection
  /** Tellings of which not everything is known yet, oldest first. */
  readonly tellings: readonly Telling[]
  /** How many are told something in a round, as a fading mean; 0 before the first one. */
  readonly usual: number
}

/** A record of nothing: it tells estimates as they are. */
export const emptyStartRecord: StartRecord = { correction: noCorrection, tellings: [], usual: 0 }

/** How a wait ended: the job started, or it went away without. */
export interface WaitEnd {
  readonly atMs: number
  readonly started: boolean
}

/** A look at all who wait, every `askEveryMs`. */
export interface Asking {
  readonly nowMs: number
  /** What is foretold to whom, in serving order and not corrected. */
  readonly foretold: readonly { readonly jobId: string; readonly estimate: EstimatedStart }[]
  /** How the wait of a telling ended; `null` while it goes on. */
  endOf(telling: Telling): WaitEnd | null
}

/** So often who waits is asked about: the steps of a correction are measured by it. */
export const askEveryMs = 3_600_000
/** Of so many the record keeps what they were told. */
const mostAsked = 100
/** The oldest tellings are forgotten when there are more. */
const mostKept = 20_000
/** The weight of a round in the mean number of those told. */
const fading = 0.1

/** Whether a start came too late for what was told; `null` while nobody knows, or when nobody ever will. */
const isLate = (toldMs: number, end: WaitEnd | null, nowMs: number): boolean | null => {
  if (end === null) return nowMs > toldMs ? true : null
  if (end.atMs > toldMs) return true
  return end.started ? false : null
}

type End = 'p50Ms' | 'p90Ms'

/** A wait that goes on beyond what was told is late already: nothing is left out for not being over. */
const judge = (tellings: readonly Telling[], end: End, { nowMs, endOf }: Asking): Verdict[] =>
  tellings.flatMap((telling) => {
    const toldMs = telling.told[end]
    const late = toldMs === null ? null : isLate(toldMs, endOf(telling), nowMs)
    return late === null ? [] : { foretoldMs: telling.foretold[end] - telling.atMs, isLate: late }
  })

const leftOpen = (tellings: readonly Telling[], { nowMs, endOf }: Asking): Telling[] =>
  tellings.flatMap((telling) => {
    const end = endOf(telling)
    if (end !== null) return []
    const open = (toldMs: number | null): number | null => (toldMs !== null && nowMs > toldMs ? null : toldMs)
    const [p50Ms, p90Ms] = [open(telling.told.p50Ms), open(telling.told.p90Ms)]
    return p50Ms === null && p90Ms === null ? [] : { ...telling, told: { p50Ms, p90Ms } }
  })

/** Every so many of a long queue, so that all its parts are asked. */
const some = <T>(all: readonly T[]): readonly T[] => {
  const every = Math.max(1, Math.ceil(all.length / mostAsked))
  return all.filter((_, at) => at % every === 0)
}

const learnt = ({ correction, tellings, usual }: StartRecord, asking: Asking): StartCorrection => ({
  likely: leanFurther(correction.likely, judge(tellings, 'p50Ms', asking), 0.5, usual),
  far: leanFurther(correction.far, judge(tellings, 'p90Ms', asking), 0.9, usual),
})

/** The record after one more look: what has become known moves the correction, and what is told with that is kept. */
export const afterAsking = (record: StartRecord, asking: Asking): StartRecord => {
  const correction = learnt(record, asking)
  const corrector = openCorrector(correction)
  const asked = some(asking.foretold)
  const told = asked.map(({ jobId, estimate }): Telling => {
    const { p50Ms, p90Ms } = corrector.correct(estimate, asking.nowMs)
    return { jobId, atMs: asking.nowMs, foretold: estimate, told: { p50Ms, p90Ms } }
  })
  const usual = record.usual === 0 ? asked.length : record.usual + fading * (asked.length - record.usual)
  return {
    correction,
    tellings: [...leftOpen(record.tellings, asking), ...told].slice(-mostKept),
    usual: asked.length === 0 ? record.usual : usual,
  }
}
