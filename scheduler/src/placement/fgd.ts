import type { JobRequest } from '../model/request.js'
import type { Free, Layout } from '../steps/cluster.js'
import { openGradient } from './gradient.js'
import type { Rule } from './rule.js'
import type { Typical } from './typical.js'
import { openUsable } from './usable.js'

/**
 * ⌈10⁶ · ln(k / (100 − k))⌉ for k = 50 … 99: at this drop, in thousandths of a thousandth of a GPU, ⌊100 · sigmoid⌋
 * becomes k. Below 50 the same with the sign changed. Kept as numbers, so that no machine computes a logarithm.
 */
const steps: readonly number[] = [
  0, 40006, 80043, 120145, 160343, 200671, 241163, 281852, 322774, 363966, 405466, 447313, 489549, 532217, 575365,
  619040, 663295, 708186, 753772, 800120, 847298, 895385, 944462, 994623, 1045969, 1098613, 1152680, 1208312, 1265667,
  1324926, 1386295, 1450011, 1516348, 1585628, 1658229, 1734602, 1815290, 1900959, 1992431, 2090742, 2197225, 2313635,
  2442348, 2586690, 2751536, 2944439, 3178054, 3476099, 3891821, 4595120,
]

/** ⌊100 / (1 + e^(−drop / 1000))⌋, the drop given in thousandths of a thousandth of a GPU. */
export const levelOf = (drop: number): number => {
  let level = 0
  for (let low = 1, high = 99; low <= high;) {
    const middle = (low + high) >> 1
    const threshold = middle >= 50 ? (steps[middle - 50] ?? 0) : 1 - (steps[50 - middle] ?? 0)
    if (drop >= threshold) {
      level = middle
      low = middle + 1
    } else high = middle - 1
  }
  return level
}

/**
 * Fragmentation gradient descent (Weng et al., ATC'23, §4): on the node and device where the GPUs that the typical
 * requests cannot use shrink most, or grow least. The score is ⌊100 · sigmoid(drop / 1000)⌋, greatest first, so drops
 * that differ by less than about 40 thousandths of a GPU are equal. Ties: first device by index, first node by name.
 */
export const fgd = (layout: Layout, typical: Typical): Rule => {
  const usable = openUsable(layout, typical)
  const gradient = openGradient(layout, usable)
  const level = (weighted: number): number => levelOf(Math.floor((weighted * 1000) / usable.weight))
  const isBetter = (drop: number, best: number): boolean => level(drop) > level(best)
  const drop = (free: Free, node: number, request: JobRequest) => gradient.drop(free, node, request, isBetter)
  return {
    looksAtCpu: true,
    score: (free, node, request) => -level(drop(free, node, request).weighted),
    device: (free, node, request) => drop(free, node, request).device,
  }
}
