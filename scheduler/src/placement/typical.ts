import type { DemandShare } from '../model/demand.js'
import type { JobRequest } from '../model/request.js'

/** A class of equal requests, memory of the node left out, and how often it is asked for. */
export interface TypicalRequest {
  readonly request: JobRequest
  readonly weight: number
}

/**
 * The typical requests of a demand and the sum of their weights, at least 1; and all requests, the rare ones
 * too, as far as they are not too many.
 */
export interface Typical {
  readonly classes: readonly TypicalRequest[]
  readonly weight: number
  readonly all: readonly TypicalRequest[]
}

/** So much of the demand, in percent, is looked at: the rest is rare. */
const coverage = 95
/** However many there are, no more are looked at; and of the rare ones no more than this. */
const mostTypical = 512
const mostInAll = 2000
/** Weights are scaled down to this sum, which keeps all products of the formulas inside the safe integers. */
const greatestWeight = 1_000_000

const modelsOf = (request: JobRequest): string =>
  request.gpuModel === null ? '' : [request.gpuModel, ...(request.otherGpuModels ?? [])].join('|')

const keyOf = (request: JobRequest): string =>
  request.gpuCount === 0
    ? `${request.cpuMilli}`
    : [request.cpuMilli, request.gpuCount, request.gpuMilli, request.gpuMemoryMib, modelsOf(request)].join('/')

const byFrequency = (left: TypicalRequest, right: TypicalRequest): number =>
  right.weight - left.weight ||
  right.request.cpuMilli - left.request.cpuMilli ||
  right.request.gpuMilli - left.request.gpuMilli ||
  right.request.gpuCount - left.request.gpuCount ||
  (keyOf(left.request) < keyOf(right.request) ? 1 : -1)

/** Adds up what differs only in the memory of the node, or in the size of the gang. */
export const classesOf = (demand: readonly DemandShare[]): TypicalRequest[] => {
  const classes = new Map<string, { readonly request: JobRequest; weight: number }>()
  for (const { request, weight } of demand) {
    const key = keyOf(request)
    const known = classes.get(key)
    if (known === undefined) classes.set(key, { request, weight })
    else known.weight += weight
  }
  return [...classes.values()]
}

const sumOf = (classes: readonly TypicalRequest[]): number => classes.reduce((sum, { weight }) => sum + weight, 0)

/**
 * The typical requests: classes by frequency, as many as cover 95 % of the demand (Weng et al., ATC'23, §5). Requests
 * without GPU count too. Equally frequent ones: more CPU first, then greater share, more devices, later name of models.
 */
export const typicalOf = (demand: readonly DemandShare[]): Typical => {
  const sorted = classesOf(demand).sort(byFrequency)
  const total = sumOf(sorted)
  const classes: TypicalRequest[] = []
  const all = sorted.slice(0, mostInAll)
  let covered = 0
  for (const one of sorted) {
    if (covered * 100 >= total * coverage || classes.length === mostTypical) break
    covered += one.weight
    classes.push(one)
  }
  if (covered <= greatestWeight) return { classes, weight: Math.max(1, covered), all }
  const scaled = classes.map(({ request, weight }) => ({
    request,
    weight: Math.max(1, Math.floor((weight / covered) * greatestWeight)),
  }))
  return { classes: scaled, weight: sumOf(scaled), all }
}
