import type { ErrorCode, Resources, Task } from '@novabrain/contracts'

/** Why a range of GPUs cannot be; `null` where it can, or none is asked for. */
export const gpuRangeFault = (
  asked: Partial<Resources>,
  kind: Task['kind'] | null,
): Extract<ErrorCode, `gpu_range_${string}`> | null => {
  const most = asked.maxGpuCount ?? null
  if (most === null) return null
  if (kind === 'kernel') return 'gpu_range_of_kernel'
  if ((asked.gpuMilli ?? 1000) < 1000) return 'gpu_range_of_shares'
  const least = asked.gpuCount ?? 1
  return least < 1 || most < least ? 'gpu_range_invalid' : null
}

/** What a waiting job asks for after a change; one that says nothing of the range, and does not fit into it, ends it. */
export const amended = (
  before: Partial<Resources>,
  change: Partial<Resources>,
  kind: Task['kind'],
): Partial<Resources> => {
  const asked = { ...before, ...change }
  if (change.maxGpuCount !== undefined || gpuRangeFault(asked, kind) === null) return asked
  return { ...asked, maxGpuCount: null }
}
