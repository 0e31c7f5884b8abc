import type { QueueOrder, SchedJob, SchedQueue } from '../model/snapshot.js'
import type { Policy } from '../policy/policy.js'

/** The orders that queues chose for their own jobs, by queue; queues that follow the policy in everything are left out. */
export type QueueOrders = ReadonlyMap<string, QueueOrder>

const saysNothing = ({ kind, fair, patienceMs }: QueueOrder): boolean =>
  kind === 'cluster' && fair && patienceMs === null

/** The own orders of some queues. */
export const queueOrders = (queues: readonly SchedQueue[]): QueueOrders =>
  new Map(
    queues.flatMap(({ name, order }): [string, QueueOrder][] =>
      order === undefined || order === null || saysNothing(order) ? [] : [[name, order]],
    ),
  )

/** Whether the same queues chose the same. */
export const sameOrders = (left: QueueOrders, right: QueueOrders): boolean =>
  left.size === right.size &&
  [...left].every(([name, order]) => {
    const other = right.get(name)
    return other?.kind === order.kind && other.fair === order.fair && other.patienceMs === order.patienceMs
  })

/** By what the jobs of a queue are put in order. */
export const orderKindOf = (order: QueueOrder | undefined, policy: Policy): Policy['order']['kind'] =>
  order === undefined || order.kind === 'cluster' ? policy.order.kind : order.kind

/** From when on a job goes first in its queue; boundless where the queue has no bound of its own. */
export const firstAtMs = (job: SchedJob, order: QueueOrder | undefined): number =>
  order === undefined || order.patienceMs === null
    ? Number.POSITIVE_INFINITY
    : job.submittedAtMs + job.attainedMs + order.patienceMs
