import type { JobRequest } from '../model/request.js'
import type { Placement, PodPlacement } from '../model/snapshot.js'
import type { Rule } from '../placement/rule.js'
import { copyFree, take, type Free, type Layout } from './cluster.js'
import { memo } from './memo.js'
import { openRefusals, podOn, podsByDevices, roomOn, roomyNodes, type Roomy } from './place.js'
import type { DeviceAsk, Shape } from './waiters.js'

/** Finds places on one view of what is free, remembering what has not changed since it last looked. */
export interface Placer {
  /** A place for the whole gang, or `null`. Takes nothing. */
  find(shape: Shape): Placement | null
}

/** The node for the next chunk of a gang: the tightest that takes all that is left, else the one that takes most. */
const chunkNode = (pods: Int32Array, left: number): number => {
  let best = -1
  for (let node = 0; node < pods.length; node += 1) {
    const count = pods[node] ?? 0
    if (count === 0) continue
    const most = best < 0 ? 0 : (pods[best] ?? 0)
    const better = best < 0 || (most >= left ? count >= left && count < most : count > most)
    if (better) best = node
  }
  return best
}

const gangPlacement = (
  layout: Layout,
  free: Free,
  rule: Rule,
  request: JobRequest,
  fitting: Int32Array,
): Placement | null => {
  if (fitting.reduce((sum, count) => sum + count, 0) < request.replicas) return null
  const pods: PodPlacement[] = []
  const room = fitting.slice()
  const trial = copyFree(free)
  while (pods.length < request.replicas) {
    const node = chunkNode(room, request.replicas - pods.length)
    const count = Math.min(room[node] ?? 0, request.replicas - pods.length)
    for (let placed = 0; placed < count; placed += 1) {
      const pod = podOn(layout, trial, node, request, placed < count - 1 ? null : rule)
      take(layout, trial, [pod])
      pods.push(pod)
    }
    room[node] = 0
  }
  return { pods }
}

/** What is known of the nodes that may have room for what is asked of devices; one entry a node, in their order. */
interface Candidates {
  /** A request that asks this of devices, and of CPU where the rule looks at it. */
  readonly example: JobRequest
  readonly nodes: Int32Array
  /** Pods whose devices fit, no further than the gang is large; and the score of one, boundless where none fits. */
  readonly pods: Int32Array
  readonly scores: Float64Array
  /** How many of the changes of `free` are taken into account. */
  seen: number
}

/** Whether a node has too little CPU for all who share these candidates; where the rule does not look at it, they differ in it. */
const lacksCpu = (free: Free, rule: Rule, node: number, { cpuMilli }: JobRequest): boolean =>
  rule.looksAtCpu && (free.cpu[node] ?? 0) < cpuMilli

const judge = (layout: Layout, free: Free, rule: Rule, known: Candidates, at: number): void => {
  const { example } = known
  const node = known.nodes[at] ?? 0
  const { replicas, gpuCount } = example
  const byDevices = (): number => (gpuCount === 0 ? replicas : podsByDevices(layout, free, node, example, replicas))
  const pods = lacksCpu(free, rule, node, example) ? 0 : byDevices()
  known.pods[at] = pods
  known.scores[at] = pods > 0 ? rule.score(free, node, example) : Number.POSITIVE_INFINITY
}

/** Candidates among nodes whose devices fit, or fitted a while ago. */
const candidatesAmong = (
  fitting: readonly number[],
  layout: Layout,
  free: Free,
  rule: Rule,
  example: JobRequest,
): Candidates => {
  const nodes = Int32Array.from(fitting.filter((node) => !lacksCpu(free, rule, node, example)))
  const pods = new Int32Array(nodes.length)
  const scores = new Float64Array(nodes.length)
  const known: Candidates = { example, nodes, pods, scores, seen: free.changed.length }
  for (let at = 0; at < nodes.length; at += 1) judge(layout, free, rule, known, at)
  return known
}

/** Where a node stands among the candidates, or -1; they are in ascending order. */
const positionOf = (nodes: Int32Array, node: number): number => {
  let low = 0
  let high = nodes.length - 1
  while (low <= high) {
    const middle = (low + high) >> 1
    const found = nodes[middle] ?? 0
    if (found === node) return middle
    if (found < node) low = middle + 1
    else high = middle - 1
  }
  return -1
}

/** Judges anew the nodes that changed since the last look, and only those. */
const refresh = (layout: Layout, free: Free, rule: Rule, known: Candidates): void => {
  const stale = new Set<number>()
  for (; known.seen < free.changed.length; known.seen += 1) stale.add(free.changed[known.seen] ?? 0)
  for (const node of stale) {
    const at = positionOf(known.nodes, node)
    if (at >= 0) judge(layout, free, rule, known, at)
  }
}

/** Candidates by what is asked of devices, and by CPU where a rule looks at it. */
const openCandidates = (layout: Layout, free: Free, rule: Rule) => {
  const byDevices = new Map<DeviceAsk, Map<number, Candidates>>()
  const fitting = new Map<DeviceAsk, readonly number[]>()
  let roomy: Roomy | null = null
  const fittingFor = ({ devices, request }: Shape): readonly number[] => {
    const { all, withGpu, mostIdle } = (roomy ??= roomyNodes(layout, free))
    if (request.gpuCount === 0) return all
    const least = Math.min(1000, request.gpuMilli)
    const fits = (node: number): boolean =>
      (mostIdle[node] ?? 0) >= least && podsByDevices(layout, free, node, request, 1) > 0
    return memo(fitting, devices, () => withGpu.filter(fits))
  }
  return (shape: Shape): Candidates => {
    const { devices, request } = shape
    const byCpu = byDevices.get(devices) ?? new Map<number, Candidates>()
    byDevices.set(devices, byCpu)
    const key = rule.looksAtCpu ? request.cpuMilli : 0
    const known = byCpu.get(key)
    if (known !== undefined) {
      refresh(layout, free, rule, known)
      return known
    }
    const fresh = candidatesAmong(fittingFor(shape), layout, free, rule, request)
    byCpu.set(key, fresh)
    return fresh
  }
}

const bestNode = (free: Free, request: JobRequest, { nodes, scores }: Candidates): number => {
  let best = -1
  let least = Number.POSITIVE_INFINITY
  for (let at = 0; at < nodes.length; at += 1) {
    const value = scores[at] ?? least
    const node = nodes[at] ?? 0
    if (value >= least || roomOn(free, node, request) < 1) continue
    least = value
    best = node
  }
  return best
}

const drawnNode = (free: Free, request: JobRequest, known: Candidates, draw: (count: number) => number): number => {
  const fitting = [...known.nodes].filter((node, at) => (known.pods[at] ?? 0) > 0 && roomOn(free, node, request) > 0)
  return fitting.length === 0 ? -1 : (fitting[draw(fitting.length)] ?? -1)
}

/**
 * A placer over `free`. What did not fit once is not tried again, and nodes without a fitting device are not looked at
 * again, so `free` may only shrink while it is used. Nodes that did not change are not judged anew.
 */
export const createPlacer = (layout: Layout, free: Free, openRule: () => Rule): Placer => {
  const refusals = openRefusals()
  let opened: { readonly rule: Rule; readonly candidates: (shape: Shape) => Candidates } | null = null
  const open = () => {
    const rule = openRule()
    return { rule, candidates: openCandidates(layout, free, rule) }
  }
  const placePod = (request: JobRequest, rule: Rule, known: Candidates): Placement | null => {
    const draw = rule.draw?.bind(rule)
    const node = draw === undefined ? bestNode(free, request, known) : drawnNode(free, request, known, draw)
    return node < 0 ? null : { pods: [podOn(layout, free, node, request, rule)] }
  }
  const placeGang = (request: JobRequest, rule: Rule, known: Candidates): Placement | null => {
    const pods = new Int32Array(layout.nodes.length)
    known.nodes.forEach((node, at) => {
      pods[node] = Math.min(known.pods[at] ?? 0, roomOn(free, node, request))
    })
    return gangPlacement(layout, free, rule, request, pods)
  }
  return {
    find(shape) {
      if (refusals.isRefused(shape)) return null
      const { rule, candidates } = (opened ??= open())
      const { request } = shape
      const known = candidates(shape)
      const place = request.replicas > 1 ? placeGang : placePod
      const placement = place(request, rule, known)
      if (placement === null) refusals.refuse(shape)
      return placement
    },
  }
}
