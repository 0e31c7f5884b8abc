import type { ResourceVector } from './resources.js'

/**
 * What one pod of a job asks for, and how many equal pods make the gang. All amounts are per pod.
 * A pod runs on one node and takes `gpuCount` different devices: whole ones (`gpuMilli` 1000), or a share of each.
 */
export interface JobRequest {
  /** Devices per pod; 0 asks for no device, the other GPU fields then mean nothing. */
  readonly gpuCount: number
  /** Thousandths of each device, 1 to 1000. */
  readonly gpuMilli: number
  /** Memory on each device in MiB; 0 means in proportion to `gpuMilli`. A whole device brings all its memory. */
  readonly gpuMemoryMib: number
  /** Only devices of this model; `null` accepts any. */
  readonly gpuModel: string | null
  /** Further models that will do as well as `gpuModel`. */
  readonly otherGpuModels?: readonly string[]
  readonly cpuMilli: number
  readonly memoryMib: number
  /** Pods that must start together or not at all, at least 1. */
  readonly replicas: number
}

/** Whether a request may run on devices of a model. */
export const acceptsModel = (request: JobRequest, model: string): boolean =>
  request.gpuModel === null || request.gpuModel === model || (request.otherGpuModels?.includes(model) ?? false)

/** What the whole gang counts for in quotas and shares. */
export const totalOf = (request: JobRequest): ResourceVector => ({
  gpuMilli: request.gpuCount * request.gpuMilli * request.replicas,
  cpuMilli: request.cpuMilli * request.replicas,
  memoryMib: request.memoryMib * request.replicas,
})

/** Whether the job needs several devices, or several pods, at the same moment. */
export const isGang = (request: JobRequest): boolean => request.replicas > 1 || request.gpuCount > 1
