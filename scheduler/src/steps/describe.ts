import { gateFor, isBound, type Cycle } from '../cycle.js'
import type { Outcome } from '../decide.js'
import type { Decision, EstimatedStart, HoldCause, HoldDecision, Suggestion } from '../model/decision.js'
import { totalOf } from '../model/request.js'
import type { Causes } from './cause.js'
import { openEstimator, rangeAround, type Estimator } from './estimate.js'
import { rememberFits, type FitMemory } from './place.js'
import { knownOr, saysTheSame } from './same.js'
import { memo } from './memo.js'
import { fieldsFor, smallestChange } from './suggest.js'
import type { Kind, Waiter } from './waiters.js'

type Waits = Exclude<Outcome, { readonly type: 'start' }>

/** Causes that end by themselves at an unknown time, or never. */
const hasForecast = (cause: HoldCause): boolean => {
  switch (cause.reason) {
    case 'never_fits':
    case 'no_node_matches':
    case 'node_unavailable':
    case 'queue_not_found':
    case 'queue_limit':
    case 'quota_exceeded':
    case 'backing_off':
    case 'waiting_for_preemption':
      return false
    default:
      return true
  }
}

const resourceOf = (cause: HoldCause) =>
  cause.reason === 'quota_exceeded' || cause.reason === 'queue_limit' ? cause.facts.resource : null

const suggest = (
  cycle: Cycle,
  causes: Causes,
  waiter: Waiter,
  cause: HoldCause,
  view: FitMemory,
): Suggestion | null => {
  if (cause.reason === 'never_fits' || cause.reason === 'no_node_matches') return causes.nearestFeasible(waiter)
  const { job } = waiter
  return smallestChange(job.request, fieldsFor(cause.reason, resourceOf(cause)), (request) => {
    const changed = { ...job, request }
    const allowed = cycle.quota.check(job.queueName, totalOf(request)) === null && gateFor(cycle, changed) === null
    return allowed && view.fits(request)
  })
}

interface Suggester {
  for(waiter: Waiter, cause: HoldCause): Suggestion | null
}

/** Equal jobs get one suggestion; after so many different ones a cycle gives none. */
const openSuggester = (cycle: Cycle, causes: Causes): Suggester => {
  const views = new Map<boolean, FitMemory>()
  const viewOf = (bound: boolean): FitMemory => {
    const view = views.get(bound) ?? rememberFits(cycle.layout, (bound ? cycle.bound : cycle.now).free, cycle.shapes)
    views.set(bound, view)
    return view
  }
  const known = new Map<Kind, Map<string, Suggestion | null>>()
  let count = 0
  return {
    for(waiter, cause) {
      const bound = isBound(cycle, waiter.job)
      const key = bound ? `${cause.reason}|bound` : cause.reason
      const ofKind = known.get(waiter.kind) ?? new Map<string, Suggestion | null>()
      const found = ofKind.get(key)
      if (found !== undefined) return found
      count += 1
      const suggestion =
        count <= cycle.policy.explain.maximumSuggestions ? suggest(cycle, causes, waiter, cause, viewOf(bound)) : null
      known.set(waiter.kind, ofKind.set(key, suggestion))
      return suggestion
    },
  }
}

const forecast = (cycle: Cycle, estimator: Estimator, outcome: Waits, telling: Telling): EstimatedStart | null => {
  const estimate = telling.hasForecast ? estimator.next(outcome.waiter) : null
  if (outcome.type === 'hold' || outcome.hold !== null) return estimate
  const known = [...cycle.releases, ...cycle.added].every((release) => release.known || release.endMs > outcome.atMs)
  return known ? rangeAround(outcome.atMs, cycle.nowMs) : null
}

/** What jobs of a kind are told, apart from their position and forecast. */
export interface Telling {
  readonly cause: HoldCause
  readonly suggestion: Suggestion | null
  readonly hasForecast: boolean
}

interface Teller {
  of(outcome: Waits): Telling
}

/** Equal jobs are told the same; what was told in the last cycle is told again as the same objects if it still holds. */
const openTeller = (cycle: Cycle, causes: Causes): Teller => {
  const suggester = openSuggester(cycle, causes)
  const byNodes = { bound: new Map<Kind, Telling | 'overtaken'>(), unbound: new Map<Kind, Telling | 'overtaken'>() }
  const byCause = { bound: new Map<Kind, Telling>(), unbound: new Map<Kind, Telling>() }
  const viewOf = ({ job }: Waiter): 'bound' | 'unbound' => (isBound(cycle, job) ? 'bound' : 'unbound')
  const tell = (waiter: Waiter, cause: HoldCause): Telling => ({
    cause,
    suggestion: suggester.for(waiter, cause),
    hasForecast: hasForecast(cause),
  })
  const remembered = (told: Map<Kind, Telling>, waiter: Waiter, cause: HoldCause): Telling => {
    const telling = knownOr(told.get(waiter.kind), tell(waiter, cause))
    told.set(waiter.kind, telling)
    return telling
  }
  const ofNodes = (waiter: Waiter): Telling | 'overtaken' => {
    const view = viewOf(waiter)
    return memo(byNodes[view], waiter.kind, () => {
      const cause = causes.onNodes(waiter)
      return cause === 'overtaken' ? cause : remembered(cycle.told[view], waiter, cause)
    })
  }
  /** Jobs over their quota share the cause with their kind. */
  const ofCause = (waiter: Waiter, cause: HoldCause): Telling => {
    const told = byCause[viewOf(waiter)]
    const known = told.get(waiter.kind)
    if (known?.cause === cause) return known
    const telling = tell(waiter, cause)
    told.set(waiter.kind, telling)
    return telling
  }
  return {
    of({ waiter, cause, startedAhead }) {
      if (cause !== null) return ofCause(waiter, cause)
      const telling = ofNodes(waiter)
      return telling === 'overtaken' ? tell(waiter, causes.overtaken(waiter, startedAhead)) : telling
    },
  }
}

const sameRange = (left: EstimatedStart | null, right: EstimatedStart | null): boolean =>
  left === right || (left !== null && right !== null && left.p50Ms === right.p50Ms && left.p90Ms === right.p90Ms)

/** The decision of the last cycle where it still holds, else a new one. */
const holdOf = (
  waiter: Waiter,
  { cause, suggestion }: Telling,
  position: number,
  estimatedStart: EstimatedStart | null,
): HoldDecision => {
  const { told } = waiter
  const holdsStill =
    told !== null &&
    told.position === position &&
    told.reason === cause.reason &&
    saysTheSame(told.facts, cause.facts) &&
    saysTheSame(told.suggestion, suggestion) &&
    sameRange(told.estimatedStart, estimatedStart)
  if (holdsStill) return told
  const { reason, facts } = cause
  // Spreading the cause would say the same to the compiler's liking, at three times the cost of the whole loop.
  waiter.told = {
    type: 'hold',
    jobId: waiter.job.id,
    reason,
    facts,
    position,
    suggestion,
    estimatedStart,
  } as HoldDecision
  return waiter.told
}

/** Turns outcomes into decisions: with the cause, the position among those who wait, a forecast and a way out. */
export const describe = (cycle: Cycle, causes: Causes, outcomes: readonly Outcome[]): Decision[] => {
  const estimator = openEstimator(cycle)
  const teller = openTeller(cycle, causes)
  let position = 0
  return outcomes.map((outcome): Decision => {
    const { waiter } = outcome
    const jobId = waiter.job.id
    if (outcome.type === 'start') return { type: 'start', jobId, placement: outcome.placement }
    position += 1
    const telling = teller.of(outcome)
    const { cause, suggestion } = telling
    const estimatedStart = forecast(cycle, estimator, outcome, telling)
    if (outcome.type === 'hold') return holdOf(waiter, telling, position, estimatedStart)
    const { placement, atMs, hold } = outcome
    return { type: 'reserve', jobId, placement, atMs, hold, ...cause, position, suggestion, estimatedStart }
  })
}
