import { acceptsModel, type JobRequest } from '../model/request.js'
import type { Layout } from '../steps/cluster.js'
import type { TypicalRequest } from './typical.js'

const greatest = 2000

const milliOf = ({ request, weight }: TypicalRequest): number => weight * request.gpuCount * request.gpuMilli

/** Whether an empty node could run one pod of a request; its memory left out. */
const couldRun = (layout: Layout, node: number, request: JobRequest): boolean => {
  if ((layout.nodes[node]?.cpuMilli ?? 0) < request.cpuMilli) return false
  let devices = 0
  for (let device = layout.firstDevice[node] ?? 0; device < (layout.firstDevice[node + 1] ?? 0); device += 1) {
    const fits = (layout.deviceMemory[device] ?? 0) >= request.gpuMemoryMib
    if (layout.deviceIsGpu[device] === 1 && fits && acceptsModel(request, layout.deviceModels[device] ?? ''))
      devices += 1
  }
  return devices >= request.gpuCount
}

/** Nodes of one make, which can run the same when empty: by their first, with the GPUs of all of them. */
interface Make {
  readonly node: number
  gpus: number
}

const makesOf = (layout: Layout): { readonly makes: readonly Make[]; readonly makeOf: Int32Array } => {
  const known = new Map<string, number>()
  const makes: Make[] = []
  const makeOf = Int32Array.from(layout.nodes, ({ cpuMilli, devices }, node) => {
    const gpus = devices.filter(({ kind }) => kind === 'gpu')
    const key = [cpuMilli, ...gpus.map(({ model, memoryMib }) => `${model}/${memoryMib}`).sort()].join('|')
    const at = known.get(key) ?? makes.push({ node, gpus: 0 }) - 1
    known.set(key, at)
    const make = makes[at]
    if (make !== undefined) make.gpus += gpus.length
    return at
  })
  return { makes, makeOf }
}

/**
 * How sought after each node is, thousandths, at most 2000: every request spreads what it asks for evenly over the GPUs
 * of those nodes that could run it when empty, so few of them get much: Σ share_m · GPUs / GPUs_m over the requests m that
 * the node could run, less what the least sought node gets. So models, sizes of devices, many GPUs or many cores on one
 * node are scarce as far as the demand must have them. What names no model counts `bySize` thousandths of that: where CPU
 * is short, cores are better kept whole for jobs without GPU.
 */
export const openScarcity = (layout: Layout, wanting: readonly TypicalRequest[], bySize: number): Float64Array => {
  const { makes, makeOf } = makesOf(layout)
  const density = new Float64Array(makes.length)
  const total = wanting.reduce((sum, one) => sum + milliOf(one), 0)
  const gpus = makes.reduce((sum, make) => sum + make.gpus, 0)
  for (const one of wanting) {
    const able = [...makes.keys()].filter((at) => couldRun(layout, makes[at]?.node ?? 0, one.request))
    const ableGpus = able.reduce((sum, at) => sum + (makes[at]?.gpus ?? 0), 0)
    const counted = one.request.gpuModel === null ? bySize : 1000
    const each = ableGpus === 0 ? 0 : Math.floor((milliOf(one) / total) * 1000 * counted * (gpus / ableGpus))
    for (const at of able) density[at] = (density[at] ?? 0) + each
  }
  const withGpus = density.filter((_, at) => (makes[at]?.gpus ?? 0) > 0)
  const least = withGpus.reduce((smaller, value) => Math.min(smaller, value), Number.POSITIVE_INFINITY)
  return Float64Array.from(makeOf, (at) =>
    Math.max(0, Math.min(greatest, Math.floor(((density[at] ?? 0) - least) / 1000))),
  )
}
