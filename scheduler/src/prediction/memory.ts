import type { Policy } from '../policy/policy.js'

/**
 * With how much device memory a job is let in that asks for a share of a device.
 *
 * - Like jobs have run: the p95 of their peaks, what a process takes of a device before its framework counts, and a margin
 *   of `max(marginPermille of the p95, σ of the peaks)`, wider while few runs are known; never less than asked.
 * - Nobody knows: alone, on devices of its own, so that whatever it takes it takes from nobody. Its peak is then known.
 * - It ran out of memory: once more, on devices of its own with more memory, as whoever saw it end decides.
 */

/** What is known of the peaks of like jobs, MiB on each device. */
export interface MemoryHistory {
  readonly runs: number
  /** The peak that 95 of 100 runs stay within (nearest rank: of fewer than 20 runs the greatest). */
  readonly p95Mib: number
  /** Standard deviation of the peaks, rounded up; 0 of a single run. */
  readonly spreadMib: number
}

/** What a job asks of each of its devices. */
export interface MemoryAsk {
  /** Thousandths; 1000 is a whole device and brings all its memory. */
  readonly gpuMilli: number
  /** 0 asks for memory in proportion to `gpuMilli`. */
  readonly gpuMemoryMib: number
}

/** The memory to let a job in with, on each of its devices, and what that rests on. */
export type MemoryAdmission =
  /** As it asks: whole devices, or nothing to judge by. */
  | { readonly kind: 'asked' }
  /** A share of at least so much; where it asks for more, it gets more. */
  | { readonly kind: 'predicted'; readonly atLeastMib: number; readonly history: MemoryHistory }
  /** Whole devices: nobody knows what it needs, or like jobs need more than may be shared. */
  | { readonly kind: 'alone'; readonly history: MemoryHistory | null }
  /** Whole devices with at least so much: it ran out of memory before. */
  | { readonly kind: 'raised'; readonly atLeastMib: number }

const share = 1000

/** The peak that so many thousandths of the sorted values stay within, by nearest rank. */
const rank = (sorted: readonly number[], permille: number): number =>
  sorted[Math.max(0, Math.ceil((sorted.length * permille) / share) - 1)] ?? 0

/** The least whole number whose square is at least `value`. */
const rootUp = (value: number): number => {
  const root = Math.floor(Math.sqrt(value))
  return root * root >= value ? root : root + 1
}

/** Sums up the peaks of like jobs (MiB on a device, a figure a run); `null` without any. */
export const memoryHistoryOf = (peaksMib: readonly number[]): MemoryHistory | null => {
  const peaks = peaksMib.filter((peak) => peak > 0).sort((left, right) => left - right)
  const runs = peaks.length
  if (runs === 0) return null
  const mean = Math.round(peaks.reduce((sum, peak) => sum + peak, 0) / runs)
  const squares = peaks.reduce((sum, peak) => sum + (peak - mean) ** 2, 0)
  const spreadMib = runs === 1 ? 0 : rootUp(Math.ceil(squares / (runs - 1)))
  return { runs, p95Mib: rank(peaks, 950), spreadMib }
}

/** The memory that a job like those of a history is let in with, MiB on each device. */
export const neededMib = ({ runs, p95Mib, spreadMib }: MemoryHistory, { memory }: Pick<Policy, 'memory'>): number => {
  const margin = Math.max(Math.ceil((p95Mib * memory.marginPermille) / share), spreadMib)
  const fewRuns = Math.ceil((margin * memory.fewRunsFactor) / runs)
  return p95Mib + memory.contextMib + margin + fewRuns
}

/**
 * How a job that waits is let in. `raisedMib` is what an out-of-memory taught, `deviceMib` the size of the smallest device
 * it may get: a share as large as that is a whole device.
 */
export const admitMemory = (
  ask: MemoryAsk,
  known: {
    readonly history: MemoryHistory | null
    readonly raisedMib: number | null
    readonly deviceMib: number
  },
  policy: Pick<Policy, 'memory'>,
): MemoryAdmission => {
  const { history, raisedMib, deviceMib } = known
  if (raisedMib !== null) return { kind: 'raised', atLeastMib: Math.max(raisedMib, ask.gpuMemoryMib) }
  if (ask.gpuMilli >= share || policy.memory.check === 'off') return { kind: 'asked' }
  if (history === null || history.runs < policy.memory.minimumRuns) return { kind: 'alone', history: null }
  const atLeastMib = Math.max(ask.gpuMemoryMib, neededMib(history, policy))
  return atLeastMib >= deviceMib ? { kind: 'alone', history } : { kind: 'predicted', atLeastMib, history }
}
