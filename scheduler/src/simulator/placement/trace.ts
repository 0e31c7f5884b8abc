import type { JobRequest } from '../../model/request.js'
import type { SchedNode } from '../../model/snapshot.js'
import { readCsv } from '../traces/csv.js'

/** A pod of a placement trace: what it asks, nothing of time. */
export interface TracePod {
  readonly name: string
  readonly request: JobRequest
}

const byName = (left: { readonly name: string }, right: { readonly name: string }): number =>
  left.name < right.name ? -1 : left.name > right.name ? 1 : 0

/** Devices of these traces say nothing of their memory; a share takes its proportion of this much. */
const deviceMemoryMib = 1000

/** Reads nodes (`sn, cpu_milli, memory_mib, gpu, model`). Throws an Error where a number is none. */
export const readPlacementNodes = (text: string): SchedNode[] =>
  readCsv(text, ['sn', 'cpu_milli', 'memory_mib', 'gpu', 'model']).map((row) => {
    const name = row.text('sn')
    return {
      id: name,
      name,
      schedulable: true,
      cpuMilli: row.number('cpu_milli'),
      memoryMib: row.number('memory_mib'),
      devices: Array.from({ length: row.number('gpu') }, (_, index) => ({
        id: `${name}/${index}`,
        index,
        kind: 'gpu' as const,
        model: row.text('model'),
        memoryMib: deviceMemoryMib,
      })),
    }
  })

/**
 * Reads pods (`name, cpu_milli, memory_mib, num_gpu, gpu_milli`, and `gpu_spec` where there is one: accepted models
 * between bars, none meaning any), by name. Throws an Error where a number is none.
 */
export const readPlacementPods = (text: string): TracePod[] =>
  readCsv(text, ['name', 'cpu_milli', 'memory_mib', 'num_gpu', 'gpu_milli'])
    .map((row): TracePod => {
      const gpuCount = row.number('num_gpu')
      const models = [...new Set(row.text('gpu_spec').split('|'))].filter((model) => model !== '')
      const [gpuModel = null, ...otherGpuModels] = gpuCount > 0 ? models : []
      const request: JobRequest = {
        gpuCount,
        gpuMilli: gpuCount > 0 ? row.number('gpu_milli') : 1000,
        gpuMemoryMib: 0,
        gpuModel,
        ...(otherGpuModels.length > 0 ? { otherGpuModels } : {}),
        cpuMilli: row.number('cpu_milli'),
        memoryMib: row.number('memory_mib'),
        replicas: 1,
      }
      return { name: row.text('name'), request }
    })
    .sort(byName)
