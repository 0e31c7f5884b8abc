import { gateFor, isBound, type Cycle } from '../cycle.js'
import type { Outcome } from '../decide.js'
import type { Decision, EstimatedStart, HoldCause, Suggestion } from '../model/decision.js'
import { totalOf } from '../model/request.js'
import type { Causes } from './cause.js'
import { openEstimator, rangeAround, type Estimator } from './estimate.js'
import { rememberFits, type FitMemory } from './place.js'
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

const forecast = (cycle: Cycle, estimator: Estimator, outcome: Waits, cause: HoldCause): EstimatedStart | null => {
  const estimate = hasForecast(cause) ? estimator.next(outcome.waiter) : null
  if (outcome.type === 'hold' || outcome.hold !== null) return estimate
  const known = cycle.releases.every((release) => release.known || release.endMs > outcome.atMs)
  return known ? rangeAround(outcome.atMs, cycle.nowMs) : null
}

/** Turns outcomes into decisions: with the cause, the position among those who wait, a forecast and a way out. */
export const describe = (cycle: Cycle, causes: Causes, outcomes: readonly Outcome[]): Decision[] => {
  const estimator = openEstimator(cycle)
  const suggester = openSuggester(cycle, causes)
  let position = 0
  return outcomes.map((outcome): Decision => {
    const { waiter } = outcome
    const jobId = waiter.job.id
    if (outcome.type === 'start') return { type: 'start', jobId, placement: outcome.placement }
    position += 1
    const cause = outcome.cause ?? causes.onNodes(waiter, outcome.startedAhead)
    const suggestion = suggester.for(waiter, cause)
    const estimatedStart = forecast(cycle, estimator, outcome, cause)
    if (outcome.type === 'hold') return { type: 'hold', jobId, ...cause, position, suggestion, estimatedStart }
    const { placement, atMs, hold } = outcome
    return { type: 'reserve', jobId, placement, atMs, hold, ...cause, position, suggestion, estimatedStart }
  })
}
