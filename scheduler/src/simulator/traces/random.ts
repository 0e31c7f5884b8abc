import { unlimited } from '../../model/resources.js'
import { noCosts, type Costs, type Trace, type TraceJob } from '../engine/trace.js'
import { openRandom } from '../random.js'
import { equalNodes, openQueue, wholeDevices } from './nodes.js'

const minuteMs = 60_000

/**
 * A small crowded cluster with jobs of all sorts, and what interruptions cost there: equal seeds give equal ones. With
 * `elastic` about half of them make do with several numbers of devices.
 */
export const randomTrace = (seed: number, elastic = false): { readonly trace: Trace; readonly costs: Costs } => {
  const random = openRandom(seed)
  const pick = <T>(items: readonly [T, ...T[]]): T => items[random.below(items.length)] ?? items[0]
  const perNode = pick([1, 2, 4])
  const nodes = equalNodes(1 + random.below(3), perNode)
  const devices = nodes.length * perNode
  const owned = pick([null, null, Math.max(1, Math.floor(devices / 2))])
  const nominal = { ...unlimited, gpuMilli: owned === null ? null : owned * 1000 }
  const queues = ['a', 'b'].map((name) => ({ ...openQueue(name), cohort: 'all', nominal }))
  /** As fast as the square root of what it has. */
  const rangeOf = (gpuCount: number): Partial<TraceJob> =>
    random.below(2) === 0
      ? {}
      : {
          elastic: { minimumGpuCount: 1 + random.below(gpuCount), maximumGpuCount: gpuCount + random.below(3) },
          speedAt: (given) => Math.sqrt(given / gpuCount),
        }
  let submitMs = 0
  const jobs = Array.from({ length: 3 + random.below(14) }, (_, at): TraceJob => {
    submitMs += pick([0, 0, 1, 2, 5, 15]) * minuteMs
    const width = Math.min(devices, pick([1, 1, 1, 2, 3, 4]))
    return {
      id: `j${String(at).padStart(2, '0')}`,
      submitMs,
      request: wholeDevices(width, perNode),
      runMs: Math.round(minuteMs * Math.exp(random.next() * 6)),
      queueName: pick(['a', 'a', 'b']),
      owner: pick(['ann', 'bob']),
      priority: pick([200, 200, 200, 100, 300]),
      keys: [`${width} GPUs`],
      ...(elastic ? rangeOf(wholeDevices(width, perNode).gpuCount) : {}),
    }
  })
  const stopMs = pick([0, 20_000])
  const losesWork = random.below(3) === 0
  return {
    trace: { name: `random ${seed}`, nodes, queues, jobs },
    costs: { ...noCosts, stopMs: () => stopMs, losesWork },
  }
}
