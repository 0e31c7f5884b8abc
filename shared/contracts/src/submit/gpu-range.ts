import type { ErrorCode } from '../errors/catalogue.js'
import { mostGpusOfRange, type Resources, type Task } from '../schema/job.js'
import type { DeviceChoice } from './draft.js'

/** So many GPUs, or, with `maxGpuCount`, any number of them from `gpuCount` on. */
export interface GpusAsked {
  readonly gpuCount: number
  readonly maxGpuCount: number | null
}

/** Read `2`, so many GPUs, or `1-4`, a number of them from one to four; `null` where it is neither. */
export const readGpus = (text: string): GpusAsked | null => {
  const [, least, most] = /^\s*(\d{1,6})(?:\s*[-–—~～至到]\s*(\d{1,6}))?\s*$/.exec(text) ?? []
  if (least === undefined) return null
  const gpuCount = Number(least)
  return { gpuCount, maxGpuCount: most === undefined || Number(most) === gpuCount ? null : Number(most) }
}

/** What {@link readGpus} reads: `2`, `1-4`. */
export const gpusText = ({ gpuCount, maxGpuCount }: Pick<Resources, 'gpuCount' | 'maxGpuCount'>): string =>
  typeof maxGpuCount === 'number' ? `${gpuCount}-${maxGpuCount}` : String(gpuCount)

/** The most GPUs of a model, or of whichever has most, that one node has; `null` while it is not known what there is. */
export const mostGpusOnNode = (choices: readonly DeviceChoice[], gpuModel: string | null): number | null => {
  const gpus = choices.filter(({ model }) => model !== null && (gpuModel === null || model === gpuModel))
  return gpus.length === 0 ? null : Math.max(...gpus.map(({ mostOnNode }) => mostOnNode))
}

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
  return least < 1 || most < least || most > mostGpusOfRange ? 'gpu_range_invalid' : null
}

/** What a waiting job asks for after a change; one that says nothing of the range, and does not fit into it, ends it. */
export const amendedResources = (
  before: Partial<Resources>,
  change: Partial<Resources>,
  kind: Task['kind'],
): Partial<Resources> => {
  const asked = { ...before, ...change }
  if (change.maxGpuCount !== undefined || gpuRangeFault(asked, kind) === null) return asked
  return { ...asked, maxGpuCount: null }
}
