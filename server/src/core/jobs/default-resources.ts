import type { Resources } from '@novabrain/contracts'

/** What the cluster has, as far as a default depends on it. */
export interface ClusterShape {
  /** GPUs of nodes that take work, simulated ones included. */
  readonly gpuCount: number
}

/**
 * The whole request behind a partial one. A job that says nothing of GPUs gets one where there are any, else none: the
 * same click works on a laptop and on a GPU server. Saying 0 keeps 0. A range that holds one number is none.
 */
export const completeResources = (asked: Partial<Resources>, cluster: ClusterShape): Resources => {
  const most = asked.maxGpuCount ?? null
  const gpuCount = asked.gpuCount ?? (cluster.gpuCount > 0 || most !== null ? 1 : 0)
  return {
    gpuCount,
    ...(most === null || most === gpuCount ? {} : { maxGpuCount: most }),
    gpuMilli: gpuCount === 1 ? (asked.gpuMilli ?? 1000) : 1000,
    gpuMemoryMib: gpuCount === 0 ? 0 : (asked.gpuMemoryMib ?? 0),
    gpuModel: gpuCount === 0 ? null : (asked.gpuModel ?? null),
    cpuMilli: asked.cpuMilli ?? 1000,
    memoryMib: asked.memoryMib ?? 1024,
  }
}
