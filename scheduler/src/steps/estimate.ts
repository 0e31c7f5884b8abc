import { comingReleases, sureReleases, type Cycle } from '../cycle.js'
import type { Release } from './runners.js'
import type { EstimatedStart } from '../model/decision.js'
import type { Waiter } from './waiters.js'

/** Tells when the jobs that wait are likely to start; asked in serving order. */
export interface Estimator {
  next(waiter: Waiter): EstimatedStart | null
}

type Pool = 'gpuMilli' | 'cpuMilli'

interface Queueing {
  readonly releases: readonly Release[]
  readonly endOf: (release: Release) => number
  readonly isKnown: (release: Release) => boolean
  freed: number
  wanted: number
  at: number
  known: boolean
  atMs: number
}

/** A range around a predicted moment: the 90th percentile is taken as twice the wait, the error of such predictions. */
export const rangeAround = (atMs: number, nowMs: number): EstimatedStart => ({
  p50Ms: atMs,
  p90Ms: atMs + Math.max(0, atMs - nowMs),
})

const freeNow = (cycle: Cycle, pool: Pool): number => {
  const { now, layout } = cycle
  const amounts = pool === 'gpuMilli' ? now.free.deviceMilli : now.free.cpu
  let sum = 0
  for (let index = 0; index < amounts.length; index += 1) {
    if (pool === 'cpuMilli' || layout.deviceIsGpu[index] === 1) sum += Math.max(0, amounts[index] ?? 0)
  }
  return sum
}

const openPool = (
  cycle: Cycle,
  pool: Pool,
  releases: readonly Release[],
  { endOf, isKnown }: Pick<Queueing, 'endOf' | 'isKnown'>,
): Queueing => ({
  releases: releases.filter(({ total }) => total[pool] > 0),
  endOf,
  isKnown,
  freed: freeNow(cycle, pool),
  wanted: 0,
  at: 0,
  known: true,
  atMs: cycle.nowMs,
})

const advance = (queueing: Queueing, pool: Pool): boolean => {
  const release = queueing.releases[queueing.at]
  if (release === undefined) return false
  queueing.at += 1
  queueing.freed += release.total[pool]
  queueing.atMs = Math.max(queueing.atMs, queueing.endOf(release))
  queueing.known = queueing.known && queueing.isKnown(release)
  return true
}

/** Serves one more job; answers when it starts, or `null` when nobody knows. */
const serve = (queueing: Queueing, pool: Pool, wanted: number): number | null => {
  queueing.wanted += wanted
  while (queueing.freed < queueing.wanted) if (!advance(queueing, pool)) return null
  if (queueing.at === 0) advance(queueing, pool)
  return queueing.known && queueing.at > 0 ? queueing.atMs : null
}

const likely = { endOf: ({ endMs }: Release) => endMs, isKnown: ({ known }: Release) => known }
const sure = {
  endOf: ({ surelyMs }: Release) => surelyMs,
  isKnown: ({ known, surelyKnown }: Release) => known && surelyKnown,
}

/**
 * A rough forecast: jobs start in serving order as running ones reach their predicted ends, counted in sum over all
 * nodes; at their 90th percentiles where these are known, for the far end of the range. `null` as soon as it would rest on a run time that nobody predicted, or on jobs that themselves still wait.
 */
export const openEstimator = (cycle: Cycle): Estimator => {
  const [releases, sureOnes] = [comingReleases(cycle), sureReleases(cycle)]
  const pools = {
    gpuMilli: openPool(cycle, 'gpuMilli', releases, likely),
    cpuMilli: openPool(cycle, 'cpuMilli', releases, likely),
  }
  const surePools = {
    gpuMilli: openPool(cycle, 'gpuMilli', sureOnes, sure),
    cpuMilli: openPool(cycle, 'cpuMilli', sureOnes, sure),
  }
  return {
    next({ kind: { shape } }) {
      const pool: Pool = shape.request.gpuCount > 0 ? 'gpuMilli' : 'cpuMilli'
      const p50Ms = serve(pools[pool], pool, shape.total[pool])
      const p90Ms = serve(surePools[pool], pool, shape.total[pool])
      if (p50Ms === null) return null
      return p90Ms === null ? rangeAround(p50Ms, cycle.nowMs) : { p50Ms, p90Ms: Math.max(p50Ms, p90Ms) }
    },
  }
}
