import { aheadOf } from './outlived.js'
import { openSample, type Sample } from './sample.js'

/** How long a job will run from now on. */
export interface Foresight {
  /** As likely more as less, milliseconds. */
  readonly likelyMs: number
  /** What nine of ten like jobs do not exceed. */
  readonly cautiousMs: number
  /** Past jobs of the most special group that is known. */
  readonly samples: number
}

/** Run times of the past, by what jobs have in common. */
export interface RunTimeHistory {
  /** A job ended: `keys` name the groups it belongs to, from most to least special. */
  learn(keys: readonly string[], runMs: number): void
  /** What like jobs let expect of one that has run so long; `null` while nothing ended at all. */
  foresee(keys: readonly string[], attainedMs?: number): Foresight | null
}

/** So many past jobs of the wider group weigh as much as those of the narrower one. */
const priorWeight = 1
/** Of so few jobs the 90th percentile is the longest, which says little; wider groups weigh more in it. */
const priorWeightCautious = 8
const [likely, cautious] = [0.5, 0.9]

/**
 * Foresees by the medians of like jobs. In logarithms, since run times spread over five orders of magnitude, each group's
 * quantile is drawn towards that of the next wider one: with n past jobs it weighs n / (n + 1), so one run by the same user
 * of the same script says much and does not say all. For a job that runs already only those count that ran longer, and n is
 * how many they are.
 */
export const openRunTimeHistory = (): RunTimeHistory => {
  const all = openSample()
  const groups = new Map<string, Sample>()
  const samplesOf = (keys: readonly string[]): Sample[] => [
    all,
    ...keys.toReversed().flatMap((key) => groups.get(key) ?? []),
  ]
  const quantile = (samples: readonly Sample[], part: number, weight: number, attainedMs: number): number | null => {
    let log: number | null = null
    for (const sample of samples) {
      const own = sample.quantile(part, attainedMs)
      if (own === null) continue
      const count = sample.countAbove(attainedMs)
      log = log === null ? Math.log(own) : (count * Math.log(own) + weight * log) / (count + weight)
    }
    return log === null ? null : Math.exp(log)
  }
  const wholeMs = (samples: readonly Sample[], part: number, weight: number, attainedMs: number): number =>
    aheadOf(quantile(samples, part, weight, attainedMs) ?? quantile(samples, part, weight, 0) ?? 1, attainedMs)
  return {
    learn(keys, runMs) {
      const worth = Math.max(1, runMs)
      all.add(worth)
      for (const key of keys) {
        const sample = groups.get(key) ?? openSample()
        groups.set(key, sample)
        sample.add(worth)
      }
    },
    foresee(keys, attainedMs = 0) {
      if (all.countAbove(0) === 0) return null
      const samples = samplesOf(keys)
      const likelyMs = Math.max(1, Math.round(wholeMs(samples, likely, priorWeight, attainedMs) - attainedMs))
      const cautiousMs = Math.round(wholeMs(samples, cautious, priorWeightCautious, attainedMs) - attainedMs)
      return { likelyMs, cautiousMs: Math.max(likelyMs, cautiousMs), samples: samples.at(-1)?.countAbove(0) ?? 0 }
    },
  }
}
