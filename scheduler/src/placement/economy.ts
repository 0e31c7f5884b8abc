import { acceptsModel } from '../model/request.js'
import type { Layout } from '../steps/cluster.js'
import type { TypicalRequest } from './typical.js'

/** What a demand says about a cluster as a whole: how CPU, GPUs and models stand to each other. Whole numbers. */
export interface Economy {
  /** Millionths of a thousandth of a GPU that go with one thousandth of a core in the demand: 1 / c̄. */
  readonly gpuPerCpu: number
  /** CPU that the demand would use when it has used up the GPUs, in thousandths of all CPU. */
  readonly cpuNeed: number
  /** How much of the demand must have a model, compared with its part of the GPUs: thousandths, at most 2000. */
  scarcity(model: string): number
}

/** Where nobody asks for GPUs, one counts as much as sixteen cores. */
const gpuPerCpuUnknown = 62_500
const greatestScarcity = 2000

const milliOf = ({ request, weight }: TypicalRequest): number => weight * request.gpuCount * request.gpuMilli

/** Devices that a request spoils for its equals, in millionths: a share of 0.81 spoils a whole one, of 0.46 a half. */
const spoiltBy = ({ request, weight }: TypicalRequest): number =>
  weight * request.gpuCount * Math.floor(1_000_000 / Math.max(1, Math.floor(1000 / request.gpuMilli)))

const sum = <T>(items: readonly T[], of: (item: T) => number): number =>
  items.reduce((total, item) => total + of(item), 0)

const capacityByModel = (layout: Layout): ReadonlyMap<string, number> => {
  const capacity = new Map<string, number>()
  layout.deviceModels.forEach((model, device) => {
    if (layout.deviceIsGpu[device] === 1) capacity.set(model, (capacity.get(model) ?? 0) + 1)
  })
  return capacity
}

/** What must run on each model, GPU thousandths by weight; who takes several models takes each by its number of devices. */
const namedByModel = (
  wanting: readonly TypicalRequest[],
  capacity: ReadonlyMap<string, number>,
): ReadonlyMap<string, number> => {
  const named = new Map<string, number>()
  for (const one of wanting.filter(({ request }) => request.gpuModel !== null)) {
    const accepted = [...capacity].filter(([model]) => acceptsModel(one.request, model))
    const devices = sum(accepted, ([, count]) => count)
    for (const [model, count] of accepted) {
      named.set(model, (named.get(model) ?? 0) + Math.floor((milliOf(one) * count) / devices))
    }
  }
  return named
}

/** Works out of the nodes and the classes of the demand how scarce things are. */
export const openEconomy = (layout: Layout, classes: readonly TypicalRequest[]): Economy => {
  const wanting = classes.filter(({ request }) => request.gpuCount > 0)
  const capacity = capacityByModel(layout)
  const devices = sum([...capacity], ([, count]) => count)
  const cores = sum(layout.nodes, ({ cpuMilli }) => Math.floor(cpuMilli / 1000))
  const milli = sum(wanting, milliOf)
  const cpuOfWanting = sum(wanting, ({ request, weight }) => request.cpuMilli * weight)
  const cpuOfAll = sum(classes, ({ request, weight }) => request.cpuMilli * weight)
  const spoilt = sum(wanting, spoiltBy)
  const named = namedByModel(wanting, capacity)
  return {
    gpuPerCpu: cpuOfWanting === 0 ? gpuPerCpuUnknown : Math.floor((milli / cpuOfWanting) * 1_000_000),
    cpuNeed: spoilt === 0 || cores === 0 ? 0 : Math.floor(((cpuOfAll / spoilt) * 1_000_000 * devices) / cores),
    scarcity(model) {
      const own = capacity.get(model) ?? 0
      const wanted = named.get(model) ?? 0
      if (own === 0 || milli === 0) return 0
      return Math.min(greatestScarcity, Math.floor(((wanted / milli) * 1000 * devices) / own))
    },
  }
}
