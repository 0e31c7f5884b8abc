import type { SchedNode, Snapshot } from './model/snapshot.js'
import { demandOf, openTally, type Tally } from './placement/observed.js'
import { openRule } from './placement/open.js'
import type { Rule } from './placement/rule.js'
import type { ResourceVector } from './model/resources.js'
import type { Policy } from './policy/policy.js'
import { openBars, type Bars } from './steps/bars.js'
import { layOut, type Layout } from './steps/cluster.js'
import { openLines, type Lines } from './steps/lines.js'
import type { QueueOrders } from './steps/queue-orders.js'
import { openRunners, type Runners } from './steps/runners.js'
import { capacityOf } from './steps/share.js'
import type { Telling } from './steps/describe.js'
import { openShapes, type Kind, type Shapes } from './steps/waiters.js'

/** What is worked out of the nodes alone, good as long as they stay the same objects. */
export interface KeptCluster {
  readonly layout: Layout
  readonly bars: Bars
  /** All that the open nodes have. */
  readonly capacity: ResourceVector
}

/** What is kept from cycle to cycle. Everything in it follows from the policy and the snapshots that were seen. */
export interface Memory {
  readonly policy: Policy
  readonly shapes: Shapes
  readonly lines: Lines
  readonly runners: Runners
  /** What kinds of jobs were told last, by how they stand to the reservation. */
  readonly told: { readonly bound: Map<Kind, Telling>; readonly unbound: Map<Kind, Telling> }
  /** Numbers from 1 on, each once. */
  nextStretch(): number
  /** By the number of a kind: the last stretch of which it is known that nothing comes of any of its jobs. */
  readonly hopelessIn: number[]
  cluster(nodes: readonly SchedNode[]): KeptCluster
  /** The placement rule for a snapshot, opened when first asked for; kept while the nodes and the stated demand stay. */
  ruleFor(snapshot: Snapshot, layout: Layout): () => Rule
  /** Whether it is better to start with an empty one: the clock was set back, or most of it is of no use any more. */
  isWornOut(nowMs: number): boolean
}

/** So many shapes may be remembered that nobody asks for any more. */
const spareShapes = 50_000

const isSame = (left: readonly SchedNode[], right: readonly SchedNode[]): boolean =>
  left === right || (left.length === right.length && left.every((node, index) => node === right[index]))

interface KeptRule {
  readonly layout: Layout
  readonly demand: Snapshot['demand']
  readonly rule: Rule
}

/** Lots are drawn anew in each cycle, and a demand that is observed changes with it; other rules are kept. */
const openRules = (policy: Policy, tally: Tally): Memory['ruleFor'] => {
  let kept: KeptRule | null = null
  return (snapshot, layout) => {
    const { demand = [] } = snapshot
    const mayKeep = policy.placement.kind !== 'random' && demand.length > 0
    let rule: Rule | null = mayKeep && kept?.layout === layout && kept.demand === demand ? kept.rule : null
    return () => {
      if (rule !== null) return rule
      rule = openRule(policy.placement, layout, () => demandOf(demand, tally))
      if (mayKeep) kept = { layout, demand, rule }
      return rule
    }
  }
}

/** Opens an empty memory for a policy and the orders that queues chose for themselves. */
export const openMemory = (policy: Policy, orders: QueueOrders): Memory => {
  const shapes = openShapes()
  const tally = openTally()
  const lines = openLines(shapes, policy, orders, tally)
  const workOut = (nodes: readonly SchedNode[]): KeptCluster => {
    const layout = layOut(nodes)
    return { layout, bars: openBars(layout, shapes), capacity: capacityOf(nodes) }
  }
  let stretches = 0
  let known: readonly SchedNode[] = []
  let kept: KeptCluster | null = null
  return {
    policy,
    shapes,
    lines,
    runners: openRunners(shapes, policy, tally),
    told: { bound: new Map(), unbound: new Map() },
    nextStretch: () => (stretches += 1),
    hopelessIn: [],
    cluster(nodes) {
      if (kept === null || !isSame(known, nodes)) kept = workOut(nodes)
      known = nodes
      return kept
    },
    ruleFor: openRules(policy, tally),
    isWornOut: (nowMs) => nowMs < lines.sinceMs() || shapes.count() > spareShapes + 2 * lines.count(),
  }
}
