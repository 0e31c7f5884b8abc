import type { DemandShare } from '../model/demand.js'
import type { JobRequest } from '../model/request.js'
import type { Snapshot } from '../model/snapshot.js'
import type { Shape, Shapes } from '../steps/waiters.js'

/** What nobody may have asked for yet, and somebody soon will. */
const wholeGpu: JobRequest = {
  gpuCount: 1,
  gpuMilli: 1000,
  gpuMemoryMib: 0,
  gpuModel: null,
  cpuMilli: 0,
  memoryMib: 0,
  replicas: 1,
}

/**
 * What is expected to be asked for: the demand of the snapshot, else every pod that runs or waits once, and a whole GPU
 * by one in ten of them, at least one, so that the first shares do not open devices that the next job needs whole.
 */
export const demandOf = (snapshot: Snapshot, shapes: Shapes): readonly DemandShare[] => {
  if (snapshot.demand !== undefined && snapshot.demand.length > 0) return snapshot.demand
  const counts = new Map<Shape, number>()
  const count = ({ request }: { readonly request: JobRequest }): void => {
    const shape = shapes.of(request)
    counts.set(shape, (counts.get(shape) ?? 0) + request.replicas)
  }
  snapshot.running.forEach(count)
  snapshot.queued.forEach(count)
  const observed = [...counts].map(([{ request }, weight]) => ({ request, weight }))
  const total = observed.reduce((sum, { weight }) => sum + weight, 0)
  return [...observed, { request: wholeGpu, weight: Math.ceil((total + 1) / 10) }]
}
