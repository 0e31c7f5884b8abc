import { allOpen, judge } from '../fit.js'
import type { HoldCause, Suggestion } from '../model/decision.js'
import type { JobRequest } from '../model/request.js'
import { emptyFree, type Layout } from './cluster.js'
import { memo } from './memo.js'
import { rememberFits } from './place.js'
import type { Shape, Shapes } from './waiters.js'

/** A cause, and the change that would make a request possible at all, where the cause is the cluster itself. */
export interface BarredCause {
  readonly cause: HoldCause
  readonly suggestion: Suggestion | null
}

/** Tells for which shapes the nodes are what bars them, however little runs. Good as long as the nodes stay as they are. */
export interface Bars {
  of(shape: Shape): BarredCause | 'open'
}

/** Tells whether all nodes, schedulable or not, are too little; or only the schedulable ones. */
export const openBars = (layout: Layout, shapes: Shapes): Bars => {
  const known = new Map<Shape, BarredCause | 'open'>()
  const empty = emptyFree(layout)
  const whenEmpty = rememberFits(layout, empty, shapes)
  const opened: Layout = { ...layout, nodes: allOpen(layout.nodes) }
  const find = (request: JobRequest): BarredCause | 'open' => {
    if (whenEmpty.fits(request)) return 'open'
    const feasible = judge(opened, empty, request)
    if (feasible.fits || feasible.facts.lacking === 'nodes') {
      const nodeNames = layout.nodes.filter((node) => !node.schedulable).map((node) => node.name)
      return { cause: { reason: 'node_unavailable', facts: { nodeNames: nodeNames.slice(0, 5) } }, suggestion: null }
    }
    const reason = feasible.facts.lacking === 'gpuModel' ? 'no_node_matches' : 'never_fits'
    return { cause: { reason, facts: feasible.facts }, suggestion: feasible.suggestion }
  }
  return { of: (shape) => memo(known, shape, () => find(shape.request)) }
}
