import type { Suggestion, UnfitFacts } from './model/decision.js'
import type { JobRequest } from './model/request.js'
import type { SchedNode } from './model/snapshot.js'
import { emptyFree, layOut, type Free, type Layout } from './steps/cluster.js'
import { fitsNow, podsThatFit, suits } from './steps/place.js'
import { fieldsFor, smallestChange } from './steps/suggest.js'

/** Whether some set of nodes could run a request if nothing else ran; if not, what is lacking and the nearest request that could. */
export type Feasibility =
  { readonly fits: true } | { readonly fits: false; readonly facts: UnfitFacts; readonly suggestion: Suggestion | null }

interface NodeSize {
  readonly gpus: number
  /** Of the wanted model, whatever their memory; and those that suit altogether. */
  readonly ofModel: number
  readonly suiting: number
  readonly greatestMemory: number
}

const sizeOf = (layout: Layout, node: number, request: JobRequest): NodeSize => {
  const devices = Array.from(
    { length: (layout.firstDevice[node + 1] ?? 0) - (layout.firstDevice[node] ?? 0) },
    (_, offset) => (layout.firstDevice[node] ?? 0) + offset,
  ).filter((device) => layout.deviceIsGpu[device] === 1)
  const ofModel = devices.filter((device) => suits(layout, device, { ...request, gpuMemoryMib: 0 }))
  return {
    gpus: devices.length,
    ofModel: ofModel.length,
    suiting: ofModel.filter((device) => suits(layout, device, request)).length,
    greatestMemory: Math.max(0, ...ofModel.map((device) => layout.deviceMemory[device] ?? 0)),
  }
}

const unfitFacts = (layout: Layout, free: Free, request: JobRequest): UnfitFacts => {
  const models = [...new Set(layout.deviceModels.filter((_, device) => layout.deviceIsGpu[device] === 1))].sort()
  const lacks = (lacking: UnfitFacts['lacking'], needed: number, best: number): UnfitFacts => ({
    lacking,
    needed,
    best,
    gpuModel: request.gpuCount > 0 ? request.gpuModel : null,
    models,
  })
  const sizes = layout.nodes.map((_, node) => sizeOf(layout, node, request))
  const most = (field: keyof NodeSize): number => Math.max(0, ...sizes.map((size) => size[field]))
  const pods = layout.nodes.map((_, node) => podsThatFit(layout, free, node, request, request.replicas))
  const podsInAll = pods.reduce((sum, count) => sum + count, 0)
  const cpu = Math.max(0, ...layout.nodes.map((node) => node.cpuMilli))
  const memory = Math.max(0, ...layout.nodes.map((node) => node.memoryMib))
  if (layout.nodes.length === 0) return lacks('nodes', request.replicas, 0)
  if (request.gpuCount > 0) {
    if (most('gpus') === 0) return lacks('gpu', request.gpuCount, 0)
    if (most('ofModel') === 0) return lacks('gpuModel', request.gpuCount, 0)
    if (most('suiting') === 0) return lacks('gpuMemoryMib', request.gpuMemoryMib, most('greatestMemory'))
    if (most('suiting') < request.gpuCount) return lacks('gpuCount', request.gpuCount, most('suiting'))
  }
  if (cpu < request.cpuMilli) return lacks('cpuMilli', request.cpuMilli, cpu)
  if (memory < request.memoryMib) return lacks('memoryMib', request.memoryMib, memory)
  if (podsInAll > 0) return lacks('replicas', request.replicas, podsInAll)
  return lacks('combination', request.replicas, 0)
}

const onCpu = (request: JobRequest): JobRequest => ({
  ...request,
  gpuCount: 0,
  gpuMilli: 1000,
  gpuMemoryMib: 0,
  gpuModel: null,
})

const nearest = (layout: Layout, free: Free, request: JobRequest): Suggestion | null => {
  const fits = (changed: JobRequest): boolean => fitsNow(layout, free, changed)
  const single = smallestChange(request, fieldsFor('never_fits', null), fits)
  if (single !== null) return single
  return request.gpuCount > 0 && fits(onCpu(request))
    ? { change: { gpuCount: 0, gpuMemoryMib: 0, gpuModel: null } }
    : null
}

/** Judges a request against a laid-out cluster in which nothing runs, whether its nodes take jobs or not. */
export const judge = (empty: Layout, free: Free, request: JobRequest): Feasibility => {
  if (fitsNow(empty, free, request)) return { fits: true }
  return { fits: false, facts: unfitFacts(empty, free, request), suggestion: nearest(empty, free, request) }
}

/** The same nodes, all of them open. */
export const allOpen = (nodes: readonly SchedNode[]): readonly SchedNode[] =>
  nodes.map((node) => (node.schedulable ? node : { ...node, schedulable: true }))

/** Judges a request against empty nodes, schedulable or not; used when a job is submitted. */
export const couldEverRun = (nodes: readonly SchedNode[], request: JobRequest): Feasibility => {
  const layout = layOut(allOpen(nodes))
  return judge(layout, emptyFree(layout), request)
}
