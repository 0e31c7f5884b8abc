import type { Attempt, DeviceGrant, Job, Resources } from '@novabrain/contracts'
import { fill } from '../locales/strings.js'

/** Short words a device line is made of. */
export interface DeviceWords {
  readonly cpu: string
  readonly gpu: string
  /** How many devices a job has of those it can use: `2 of 1–4`. */
  readonly ofRange: string
}

/** What a job asks for, short: `CPU`, `GPU × 2`, `A10G × 1`, `½ GPU` as `GPU 50 %`. */
export const formatResources = (resources: Resources, words: DeviceWords): string => {
  if (resources.gpuCount === 0) return words.cpu
  const model = formatModel(resources.gpuModel ?? words.gpu, words)
  return resources.gpuMilli < 1000
    ? `${model} ${Math.round(resources.gpuMilli / 10)} %`
    : `${model} × ${rangeOf(resources) ?? resources.gpuCount}`
}

/** With how many devices an elastic job makes do: `1–4`; `null` of one that wants a certain number. */
export const rangeOf = ({ gpuCount, maxGpuCount }: Pick<Resources, 'gpuCount' | 'maxGpuCount'>): string | null =>
  typeof maxGpuCount === 'number' ? `${gpuCount}–${maxGpuCount}` : null

/** A model as it is shown. A simulated device has no model but its size; the label beside it says that it is simulated. */
export const formatModel = (model: string, words: DeviceWords): string => model.replace(/^Simulated\b/, words.gpu)

/** The devices a job has, or what it asks for while it has none. */
export const formatJobDevice = (job: Job, words: DeviceWords): string => {
  const granted = accelerators(job.attempt)
  const first = granted[0]
  if (first === undefined) return formatResources(job.resources, words)
  const model = formatModel(first.model, words)
  if (first.milli < 1000) return `${model} ${Math.round(first.milli / 10)} %`
  const range = rangeOf(job.resources)
  return `${model} × ${range === null ? granted.length : fill(words.ofRange, { n: granted.length, range })}`
}

/** Whether a device of the attempt is only declared, not there. */
export const isSimulated = (attempt: Attempt | null): boolean =>
  accelerators(attempt).some((device) => device.simulated)

const accelerators = (attempt: Attempt | null): readonly DeviceGrant[] => attempt?.devices ?? []
