import type { JobRequest } from '../../model/request.js'
import type { SchedNode, SchedQueue } from '../../model/snapshot.js'
import { unlimited } from '../../model/resources.js'

/** Equal nodes with whole devices, and cores and memory that never run short. */
export const equalNodes = (count: number, devicesEach: number): SchedNode[] =>
  Array.from({ length: count }, (_, at) => {
    const id = `node-${String(at + 1).padStart(3, '0')}`
    return {
      id,
      name: id,
      schedulable: true,
      cpuMilli: 1_000_000,
      memoryMib: 1_000_000,
      devices: Array.from({ length: devicesEach }, (__, index) => ({
        id: `${id}-${index}`,
        index,
        kind: 'gpu' as const,
        model: 'GPU',
        memoryMib: 16_384,
      })),
    }
  })

/** One queue without limits. */
export const openQueue = (name: string): SchedQueue => ({
  name,
  cohort: null,
  nominal: unlimited,
  borrowingLimit: unlimited,
  lendingLimit: unlimited,
  weight: 1,
})

/** A wish for so many whole devices: on one node where they fit on one, else equal pods over whole nodes. */
export const wholeDevices = (count: number, perNode: number): JobRequest => {
  const replicas = Math.max(1, Math.ceil(count / perNode))
  return {
    gpuCount: Math.ceil(count / replicas),
    gpuMilli: 1000,
    gpuMemoryMib: 0,
    gpuModel: null,
    cpuMilli: 0,
    memoryMib: 0,
    replicas,
  }
}
