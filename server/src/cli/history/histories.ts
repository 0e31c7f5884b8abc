import type { Point } from '../../core/tracking/run-digest.js'
import { inParallel } from './pool.js'
import { bulkLimit, type MlflowReader, type SourceRun } from './reader.js'

/** Whole histories of metrics, by run and key. */
export type Histories = (runId: string, key: string) => Promise<Point[]>

/** So many points are held at once for a group of runs. */
const heldPoints = 200_000
const width = 6

/**
 * The histories of a group of runs. Many runs with a few points each are what a source is slowest at, one request a metric;
 * a metric that several of them have is asked for once, where the answer tells all of it. Everything else is read alone.
 */
export const readHistories = async (
  reader: Pick<MlflowReader, 'history' | 'bulkHistory'>,
  runs: readonly SourceRun[],
): Promise<Histories> => {
  const held = new Map<string, readonly Point[]>()
  let room = heldPoints
  await inParallel(sharedMetrics(runs), width, async ({ key, runIds, expected }) => {
    if (expected > room) return
    room -= expected
    const found = await reader.bulkHistory(runIds, key)
    for (const [runId, points] of found ?? []) if (points.length > 0) held.set(nameOf(runId, key), points)
  })
  return async (runId, key) => {
    const points = held.get(nameOf(runId, key))
    return points === undefined ? all(reader.history(runId, key)) : [...points]
  }
}

/** Metrics that several runs have, with how many points there may be: steps mostly count from 0. */
const sharedMetrics = (runs: readonly SourceRun[]) => {
  const byKey = new Map<string, { key: string; runIds: string[]; expected: number }>()
  for (const { id, latest } of runs)
    for (const { key, step } of latest) {
      const known = byKey.get(key) ?? { key, runIds: [], expected: 0 }
      known.runIds.push(id)
      known.expected += Math.max(step, 0) + 1
      byKey.set(key, known)
    }
  return [...byKey.values()].filter(({ runIds, expected }) => runIds.length > 1 && expected < bulkLimit)
}

const all = async (pages: AsyncIterable<readonly Point[]>): Promise<Point[]> => {
  const points: Point[] = []
  for await (const page of pages) points.push(...page)
  return points
}

const nameOf = (runId: string, key: string): string => `${runId} ${key}`
