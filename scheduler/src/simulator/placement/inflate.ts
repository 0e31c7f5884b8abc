import { totalOf } from '../../model/request.js'
import { openRandom } from '../random.js'
import type { TracePod } from './trace.js'

const gpuOf = (pod: TracePod): number => totalOf(pod.request).gpuMilli

/**
 * The sequence in which pods arrive: all in random order, then copies of pods drawn by lot until the next would ask for
 * more than `limitMilli`; where the trace itself asks for more, pods drawn by lot are left out first (protocol of Weng
 * et al., ATC'23, whose own generator of lots cannot be replayed).
 */
export const inflate = (pods: readonly TracePod[], limitMilli: number, seed: number): TracePod[] => {
  const random = openRandom(seed)
  const sequence = random.shuffled(pods)
  let asked = pods.reduce((sum, pod) => sum + gpuOf(pod), 0)
  while (asked > limitMilli) {
    const [left] = sequence.splice(random.below(sequence.length), 1)
    if (left === undefined) break
    asked -= gpuOf(left)
  }
  if (sequence.length < pods.length) return sequence
  for (let copy = 0; ; copy += 1) {
    const drawn = pods[random.below(pods.length)]
    // The published runs stop by what the drawn pod asks of one device.
    if (drawn === undefined || asked + (drawn.request.gpuCount > 0 ? drawn.request.gpuMilli : 0) > limitMilli) break
    asked += gpuOf(drawn)
    sequence.push({ ...drawn, name: `${drawn.name}-copy-${copy}` })
  }
  return sequence
}
