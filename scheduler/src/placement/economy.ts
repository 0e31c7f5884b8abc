import type { Layout } from '../steps/cluster.js'
import { openScarcity } from './scarcity.js'
import type { TypicalRequest } from './typical.js'

/** What a demand says about a cluster as a whole: how CPU, GPUs and models stand to each other. Whole numbers. */
export interface Economy {
  /** Millionths of a thousandth of a GPU that go with one thousandth of a core in the demand: 1 / c̄. */
  readonly gpuPerCpu: number
  /** CPU that the demand would use when it has used up the GPUs, in thousandths of all CPU. */
  readonly cpuNeed: number
  /** How sought after each node of the layout is: see `openScarcity`. */
  readonly scarcity: Float64Array
}

/** Between these needs of CPU, in thousandths of all CPU, it begins to be short; beyond the last two nothing saves it. */
const begins = 800
const isShort = 860
const wanes = 950
const ceases = 1200

/** How short CPU is beside the GPUs, thousandths: nothing where the GPUs are used up long before it. */
export const shortnessOf = (cpuNeed: number): number =>
  Math.max(0, Math.min(1000, Math.floor(((cpuNeed - begins) * 1000) / (isShort - begins))))

/**
 * How much useless pieces of CPU count for all jobs, thousandths: as much as CPU is short, and less and less where it is
 * used up long before the GPUs, since then no placement saves it.
 */
export const priceOfPieces = (cpuNeed: number): number => {
  const falling = Math.floor(((ceases - cpuNeed) * 1000) / (ceases - wanes))
  return Math.max(0, Math.min(shortnessOf(cpuNeed), falling))
}

/** Where nobody asks for GPUs, one counts as much as sixteen cores. */
const gpuPerCpuUnknown = 62_500

const milliOf = ({ request, weight }: TypicalRequest): number => weight * request.gpuCount * request.gpuMilli

/** Devices that a request spoils for its equals, in millionths: a share of 0.81 spoils a whole one, of 0.46 a half. */
const spoiltBy = ({ request, weight }: TypicalRequest): number =>
  weight * request.gpuCount * Math.floor(1_000_000 / Math.max(1, Math.floor(1000 / request.gpuMilli)))

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0)

/** Works out of the nodes and the classes of the demand how scarce things are. */
export const openEconomy = (layout: Layout, classes: readonly TypicalRequest[]): Economy => {
  const wanting = classes.filter(({ request }) => request.gpuCount > 0)
  const devices = layout.deviceIsGpu.reduce((count, isGpu) => count + isGpu, 0)
  const cores = sum(layout.nodes, ({ cpuMilli }) => Math.floor(cpuMilli / 1000))
  const milli = sum(wanting, milliOf)
  const cpuOfWanting = sum(wanting, ({ request, weight }) => request.cpuMilli * weight)
  const cpuOfAll = sum(classes, ({ request, weight }) => request.cpuMilli * weight)
  const spoilt = sum(wanting, spoiltBy)
  const cpuNeed = spoilt === 0 || cores === 0 ? 0 : Math.floor(((cpuOfAll / spoilt) * 1_000_000 * devices) / cores)
  return {
    gpuPerCpu: cpuOfWanting === 0 ? gpuPerCpuUnknown : Math.floor((milli / cpuOfWanting) * 1_000_000),
    cpuNeed,
    scarcity: openScarcity(layout, wanting, 1000 - shortnessOf(cpuNeed)),
  }
}
