import type { DemandShare } from '../model/demand.js'
import type { JobRequest } from '../model/request.js'
import type { Shape } from '../steps/waiters.js'

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

/** How many pods run or wait, by what they ask for. Kept up by those who see jobs come and go. */
export interface Tally {
  count(shape: Shape, sign: 1 | -1): void
  readonly pods: ReadonlyMap<Shape, number>
}

/** An empty tally. */
export const openTally = (): Tally => {
  const pods = new Map<Shape, number>()
  return {
    pods,
    count(shape, sign) {
      const left = (pods.get(shape) ?? 0) + sign * shape.request.replicas
      if (left === 0) pods.delete(shape)
      else pods.set(shape, left)
    },
  }
}

/**
 * What is expected to be asked for: what is stated, else every pod that runs or waits once, and a whole GPU by one in ten
 * of them, at least one, so that the first shares do not open devices that the next job needs whole.
 */
export const demandOf = (stated: readonly DemandShare[], { pods }: Pick<Tally, 'pods'>): readonly DemandShare[] => {
  if (stated.length > 0) return stated
  const observed = [...pods].map(([{ request }, weight]) => ({ request, weight }))
  const total = observed.reduce((sum, { weight }) => sum + weight, 0)
  return [...observed, { request: wholeGpu, weight: Math.ceil((total + 1) / 10) }]
}
