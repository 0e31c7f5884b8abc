import { openRandom } from '../random.js'
import { slotsOn } from '../steps/place.js'
import type { Layout } from '../steps/cluster.js'
import type { Rule } from './rule.js'

/**
 * Any node that fits, and any of its devices with room, each with equal chance: the baseline. Lots are drawn in the order
 * in which jobs are served in a cycle, from the seed, so that equal inputs still give equal decisions.
 */
export const randomPlacement = (layout: Layout, seed: number): Rule => {
  const random = openRandom(seed)
  return {
    looksAtCpu: false,
    score: () => 0,
    draw: (count) => random.below(count),
    device(free, node, request) {
      const devices: number[] = []
      const end = layout.firstDevice[node + 1] ?? 0
      for (let device = layout.firstDevice[node] ?? 0; device < end; device += 1) {
        if (slotsOn(layout, free, device, request) > 0) devices.push(device)
      }
      return devices[random.below(devices.length)] ?? null
    },
  }
}
