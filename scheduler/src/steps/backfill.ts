import { sureReleases, type Cycle, type Reservation } from '../cycle.js'
import type { Release } from './runners.js'
import { copyFree, give, lowerNode, take, type Free } from './cluster.js'
import { podsThatFit } from './place.js'
import type { Shape, Waiter } from './waiters.js'

const freeAfter = (cycle: Cycle, releases: readonly Release[]): Free => {
  const free = copyFree(cycle.now.free)
  for (const release of releases) give(cycle.layout, free, release.placement.pods)
  return free
}

/** The fewest releases, in order of their ends, after which the job fits; `null` if it never does. */
const fewestReleases = (cycle: Cycle, { request }: Shape, releases: readonly Release[]): number | null => {
  const { layout } = cycle
  const free = copyFree(cycle.now.free)
  const podsOn = (node: number): number =>
    layout.nodes[node]?.schedulable ? podsThatFit(layout, free, node, request, request.replicas) : 0
  const pods = Int32Array.from(layout.nodes, (_, node) => podsOn(node))
  let inAll = pods.reduce((sum, count) => sum + count, 0)
  for (const [index, { placement }] of releases.entries()) {
    give(layout, free, placement.pods)
    for (const pod of placement.pods) {
      const node = layout.nodeIndex.get(pod.nodeId)
      if (node === undefined) continue
      const count = podsOn(node)
      inAll += count - (pods[node] ?? 0)
      pods[node] = count
    }
    if (inAll >= request.replicas) return index + 1
  }
  return null
}

/**
 * Keeps a place in time for a blocked job (EASY: Lifka, JSSPP'95): the earliest moment at which enough is expected to
 * be free *in a feasible placement*, not in sum; for what runs that is its 90th percentile, for what starts now, and is no
 * more than a filler, the median. Afterwards `bound` is what others may use who would still run then.
 */
export const reserve = (cycle: Cycle, { job, kind, aged }: Waiter): Reservation | null => {
  const releases = sureReleases(cycle)
  const count = fewestReleases(cycle, kind.shape, releases)
  if (count === null) return null
  const atMs = releases[count - 1]?.surelyMs ?? cycle.nowMs
  const shadow = freeAfter(
    cycle,
    releases.filter((release) => release.surelyMs <= atMs),
  )
  const placement = cycle.placer(shadow).find(kind.shape)
  if (placement === null) return null
  take(cycle.layout, shadow, placement.pods)
  const free = copyFree(cycle.now.free)
  cycle.layout.nodes.forEach((_, node) => lowerNode(cycle.layout, free, shadow, node))
  const nodeIds = new Set(placement.pods.map((pod) => pod.nodeId))
  cycle.bound = { free, placer: cycle.placer(free) }
  cycle.reservation = { job, aged, placement, atMs, nodeIds }
  return cycle.reservation
}
