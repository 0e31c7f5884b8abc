import type { Job, ResourceSample } from '@novabrain/contracts'
import { formatMetric } from './number.js'

export const resourceKinds = ['cpu', 'memory', 'gpu', 'gpuMemory'] as const
export type ResourceKind = (typeof resourceKinds)[number]

/** One resource over the life of an attempt, in the unit it is drawn in. */
export interface ResourceUse {
  readonly kind: ResourceKind
  readonly unit: 'cores' | 'MiB' | 'GiB' | '%'
  /** Seconds since the first sample. */
  readonly seconds: readonly number[]
  readonly values: readonly (number | null)[]
  readonly peak: number
  /** What the job asked for (of a GPU: what it was given); `null` where there is nothing to compare with. */
  readonly asked: number | null
}

/**
 * What an attempt used beside what it asked for, one entry for each resource that was measured. Processors are counted in
 * cores; the use of several GPUs is their mean, so that 100 % is all of each; memory is in the unit that suits its size.
 * One sample is no curve, and the first knows nothing of the processor: its use is the mean since the sample before.
 */
export const resourceUse = (samples: readonly ResourceSample[], job: Job): readonly ResourceUse[] => {
  if (samples.length < 2) return []
  const devices = job.attempt?.devices ?? []
  const gpuCount = Math.max(1, devices.length, job.resources.gpuCount)
  const granted = devices.reduce((total, device) => total + device.memoryMib, 0)
  const made = [
    useOf(
      'cpu',
      samples,
      (sample) => (sample === samples[0] ? null : sample.cpuMilli / 1000),
      job.resources.cpuMilli / 1000,
    ),
    useOf('memory', samples, ({ memoryMib }) => memoryMib, job.resources.memoryMib),
    useOf('gpu', samples, ({ gpuMilli }) => scaled(gpuMilli, 1 / (10 * gpuCount)), job.resources.gpuMilli / 10),
    useOf('gpuMemory', samples, ({ gpuMemoryMib }) => gpuMemoryMib, granted === 0 ? null : granted),
  ]
  return made.flatMap((use) => (use === null ? [] : [use]))
}

/** Two significant digits after the point at most: a measurement is no more exact than that. */
export const formatUse = (value: number): string =>
  formatMetric(Math.round(value * (value < 10 ? 100 : 10)) / (value < 10 ? 100 : 10))

const scaled = (value: number | null, factor: number): number | null => (value === null ? null : value * factor)

const useOf = (
  kind: ResourceKind,
  samples: readonly ResourceSample[],
  read: (sample: ResourceSample) => number | null,
  asked: number | null,
): ResourceUse | null => {
  const firstMs = samples[0]?.atMs ?? 0
  const raw = samples.map(read)
  const known = raw.filter((value) => value !== null)
  if (known.length === 0) return null
  const peak = known.reduce((most, value) => Math.max(most, value), 0)
  const { unit, factor } = unitOf(kind, Math.max(peak, asked ?? 0))
  return {
    kind,
    unit,
    seconds: samples.map(({ atMs }) => (atMs - firstMs) / 1000),
    values: raw.map((value) => scaled(value, factor)),
    peak: peak * factor,
    asked: scaled(asked, factor),
  }
}

const unitOf = (kind: ResourceKind, most: number): { unit: ResourceUse['unit']; factor: number } => {
  if (kind === 'cpu') return { unit: 'cores', factor: 1 }
  if (kind === 'gpu') return { unit: '%', factor: 1 }
  return most >= 1024 ? { unit: 'GiB', factor: 1 / 1024 } : { unit: 'MiB', factor: 1 }
}
