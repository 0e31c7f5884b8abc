import type { SchedNode } from './model/snapshot.js'
import type { Policy } from './policy/policy.js'
import { layOut, type Layout } from './steps/cluster.js'
import { openLines, type Lines } from './steps/lines.js'
import { openShapes, type Shapes } from './steps/waiters.js'

/** What is worked out of the nodes alone, good as long as they stay the same objects. */
export interface KeptCluster {
  readonly layout: Layout
}

/** What is kept from cycle to cycle. Everything in it follows from the policy and the snapshots that were seen. */
export interface Memory {
  readonly policy: Policy
  readonly shapes: Shapes
  readonly lines: Lines
  cluster(nodes: readonly SchedNode[]): KeptCluster
  /** Whether it is better to start with an empty one: the clock was set back, or most of it is of no use any more. */
  isWornOut(nowMs: number): boolean
}

/** So many shapes may be remembered that nobody asks for any more. */
const spareShapes = 50_000

const isSame = (left: readonly SchedNode[], right: readonly SchedNode[]): boolean =>
  left === right || (left.length === right.length && left.every((node, index) => node === right[index]))

/** Opens an empty memory. */
export const openMemory = (policy: Policy): Memory => {
  const shapes = openShapes()
  const lines = openLines(shapes, policy)
  let known: readonly SchedNode[] = []
  let kept: KeptCluster | null = null
  return {
    policy,
    shapes,
    lines,
    cluster(nodes) {
      if (kept === null || !isSame(known, nodes)) kept = { layout: layOut(nodes) }
      known = nodes
      return kept
    },
    isWornOut: (nowMs) => nowMs < lines.sinceMs() || shapes.count() > spareShapes + 2 * lines.count(),
  }
}
