import { untouchedReleases, untouchedSurely, type Cycle } from '../cycle.js'
import type { EstimatedStart } from '../model/decision.js'
import type { QueuedJob, SchedJob } from '../model/snapshot.js'
import { createHeap } from './heap.js'
import type { Release } from './runners.js'
import type { Waiter } from './waiters.js'

/** Tells when the jobs that wait are likely to start; asked in serving order. */
export interface Estimator {
  next(waiter: Waiter): EstimatedStart | null
}

type Pool = 'gpuMilli' | 'cpuMilli'

/** What comes free at one moment, and whether that moment was predicted. */
interface Return {
  amount: number
  known: boolean
}

/** What jobs that still wait will give back when they have run, by the moment. */
interface Returns {
  add(atMs: number, amount: number, known: boolean): void
  /** The next moment; infinite where nothing is left. */
  nextMs(): number
  take(): Return
}

interface Queueing {
  readonly releases: readonly Release[]
  readonly endOf: (release: Release) => number
  readonly isKnown: (release: Release) => boolean
  readonly runtimeOf: (job: QueuedJob) => number | null
  readonly returns: Returns
  free: number
  at: number
  /** Whether something came free already: now is not a moment at which somebody who waits starts. */
  moved: boolean
  known: boolean
  atMs: number
}

/** A range around a predicted moment: the 90th percentile is taken as twice the wait, the error of such predictions. */
export const rangeAround = (atMs: number, nowMs: number): EstimatedStart => ({
  p50Ms: atMs,
  p90Ms: atMs + Math.max(0, atMs - nowMs),
})

/** Moments ahead are counted in steps of at most this part of the distance. */
const coarseness = 32

/** The end of the step in which a moment lies. Steps are the same from cycle to cycle, so that what is told does not flicker. */
const stepOf = (atMs: number, nowMs: number): number => {
  const ahead = Math.max(coarseness, atMs - nowMs)
  const width = 2 ** Math.floor(Math.log2(ahead / coarseness))
  return Math.ceil(atMs / width) * width
}

const openReturns = (nowMs: number): Returns => {
  const steps = new Map<number, Return>()
  const times = createHeap<number>(
    [],
    (time) => time,
    () => 0,
  )
  return {
    add(atMs, amount, known) {
      const step = stepOf(atMs, nowMs)
      const there = steps.get(step)
      if (there === undefined) {
        steps.set(step, { amount, known })
        times.push(step)
        return
      }
      there.amount += amount
      there.known = there.known && known
    },
    nextMs: () => times.peek() ?? Number.POSITIVE_INFINITY,
    take() {
      const time = times.pop()
      const taken = time === null ? undefined : steps.get(time)
      if (time === null || taken === undefined) return { amount: 0, known: true }
      steps.delete(time)
      return taken
    },
  }
}

const freeNow = (cycle: Cycle, pool: Pool): number => {
  const { now, layout } = cycle
  const amounts = pool === 'gpuMilli' ? now.free.deviceMilli : now.free.cpu
  let sum = 0
  for (let index = 0; index < amounts.length; index += 1) {
    if (pool === 'cpuMilli' || layout.deviceIsGpu[index] === 1) sum += Math.max(0, amounts[index] ?? 0)
  }
  return sum
}

type View = Pick<Queueing, 'endOf' | 'isKnown' | 'runtimeOf'>

const openPool = (cycle: Cycle, pool: Pool, releases: readonly Release[], view: View): Queueing => {
  const returns = openReturns(cycle.nowMs)
  for (const release of cycle.added)
    if (release.total[pool] > 0) returns.add(view.endOf(release), release.total[pool], view.isKnown(release))
  return {
    ...view,
    releases: releases.filter(({ total }) => total[pool] > 0),
    returns,
    free: freeNow(cycle, pool),
    at: 0,
    moved: false,
    known: true,
    atMs: cycle.nowMs,
  }
}

/** Goes on to the next moment at which something comes free; says whether there is one. */
const advance = (queueing: Queueing, pool: Pool): boolean => {
  const release = queueing.releases[queueing.at]
  const releaseMs = release === undefined ? Number.POSITIVE_INFINITY : queueing.endOf(release)
  const returnMs = queueing.returns.nextMs()
  const atMs = Math.min(releaseMs, returnMs)
  if (atMs === Number.POSITIVE_INFINITY) return false
  queueing.atMs = Math.max(queueing.atMs, atMs)
  queueing.moved = true
  if (release !== undefined && releaseMs <= returnMs) {
    queueing.at += 1
    queueing.free += release.total[pool]
    queueing.known = queueing.known && queueing.isKnown(release)
    return true
  }
  const { amount, known } = queueing.returns.take()
  queueing.free += amount
  queueing.known = queueing.known && known
  return true
}

/**
 * Serves one more job; answers when it starts, or `null` when nobody knows. Whoever waits although enough is free in sum
 * waits for the next end.
 */
const serve = (queueing: Queueing, pool: Pool, { job, kind }: Waiter, fallbackMs: number): number | null => {
  if (!queueing.known) return null
  const wanted = kind.shape.total[pool]
  if (!queueing.moved && !advance(queueing, pool)) return null
  while (queueing.free < wanted) if (!advance(queueing, pool)) return null
  queueing.free -= wanted
  const runtimeMs = queueing.runtimeOf(job)
  queueing.returns.add(queueing.atMs + (runtimeMs ?? fallbackMs), wanted, runtimeMs !== null)
  return queueing.known ? queueing.atMs : null
}

const likely: View = {
  endOf: ({ endMs }) => endMs,
  isKnown: ({ known }) => known,
  runtimeOf: ({ predictedRuntimeMs }) => predictedRuntimeMs,
}

const cautiousOf = ({ cautiousRuntimeMs }: SchedJob): number | null => cautiousRuntimeMs ?? null

/** What starts in this very cycle is counted on at its 90th percentile too. */
const surelyFrom = (nowMs: number): View => ({
  endOf: ({ surelyKnown, surelyMs, job }) =>
    surelyKnown ? surelyMs : Math.max(surelyMs, nowMs + (cautiousOf(job) ?? 0)),
  isKnown: ({ known, surelyKnown, job }) => known && (surelyKnown || cautiousOf(job) !== null),
  runtimeOf: cautiousOf,
})

/**
 * A rough forecast: jobs start in serving order as those before them reach their predicted ends, counted in sum over all
 * nodes; at their 90th percentiles where these are known, for the far end of the range. What waits ahead is taken to run
 * as predicted too. `null` as soon as it would rest on a run time that nobody predicted. Nobody is counted who comes later
 * and goes ahead.
 */
export const openEstimator = (cycle: Cycle): Estimator => {
  const [releases, sureOnes] = [untouchedReleases(cycle), untouchedSurely(cycle)]
  const sure = surelyFrom(cycle.nowMs)
  const pools = {
    gpuMilli: openPool(cycle, 'gpuMilli', releases, likely),
    cpuMilli: openPool(cycle, 'cpuMilli', releases, likely),
  }
  const surePools = {
    gpuMilli: openPool(cycle, 'gpuMilli', sureOnes, sure),
    cpuMilli: openPool(cycle, 'cpuMilli', sureOnes, sure),
  }
  const { unknownRuntimeMs } = cycle.policy.order
  return {
    next(waiter) {
      const pool: Pool = waiter.kind.shape.request.gpuCount > 0 ? 'gpuMilli' : 'cpuMilli'
      const p50Ms = serve(pools[pool], pool, waiter, unknownRuntimeMs)
      const p90Ms = serve(surePools[pool], pool, waiter, unknownRuntimeMs)
      if (p50Ms === null) return null
      return p90Ms === null ? rangeAround(p50Ms, cycle.nowMs) : { p50Ms, p90Ms: Math.max(p50Ms, p90Ms) }
    },
  }
}
