import { createHeap, type Heap } from './heap.js'
import { byRank, firstLine, type Level, type Lines } from './lines.js'
import type { Shares } from './order.js'
import type { QueueOrders } from './queue-orders.js'
import type { Sorted } from './sorted.js'
import type { Waiter } from './waiters.js'

/** Hands out queued jobs one by one. Shares are looked at anew for each, so that a start changes whose turn is next. */
export interface ServingOrder {
  next(): Waiter | null
}

/** Who goes first in a priority. Asked of each job when its turn to lead has come; what was said before then holds on. */
export interface Leading {
  /** Whether anybody may lead any more. */
  isOpen(): boolean
  /** Whether a job may lead now. */
  mayLead(waiter: Waiter): boolean
}

/** A line of jobs and how far it is served; `at` stands on a job that was not served otherwise, or behind the last one. */
interface Turn {
  readonly name: string
  readonly jobs: readonly Waiter[]
  /** The numbers of the kinds of the jobs. */
  readonly kinds: readonly number[]
  at: number
}
interface QueueTurn {
  readonly name: string
  readonly owners: Heap<Turn>
  /** Whether its jobs stand in an order of its own. */
  readonly own: boolean
}

/** Whom the order passes over: those served out of turn, and those of whom nothing will come. */
export interface Passed {
  readonly served: Set<Waiter>
  /** Tells that the next part of the order begins. */
  nextPart(): void
  isHopeless(waiter: Waiter): boolean
  /** The first place from `at` on, but not beyond `last`, whose kind of job is not known to be hopeless whoever it is. */
  pastHopeless(kinds: readonly number[], at: number, last: number): number
}

const headOf = (turn: Turn): Waiter | undefined => turn.jobs[turn.at]

/**
 * Moves a turn on to the next job worth serving. The last one of a line is never passed over as hopeless: it stands for
 * all before it where lines of equal shares are merged by their heads, so that what starts starts in the same order.
 */
const moveToNext = (turn: Turn, { served, isHopeless, pastHopeless }: Passed): Turn => {
  const last = turn.jobs.length - 1
  for (;;) {
    turn.at = pastHopeless(turn.kinds, turn.at, last)
    const head = headOf(turn)
    if (head === undefined) return turn
    const isPassed = (served.size > 0 && served.has(head)) || (turn.at < last && isHopeless(head))
    if (!isPassed) return turn
    turn.at += 1
  }
}

const turnOf = (name: string, line: Sorted<Waiter>): Turn => ({
  name,
  jobs: line.items(),
  kinds: line.marks(),
  at: 0,
})

const compareHeads = (left: Turn | null, right: Turn | null): number => {
  const leftHead = left === null ? undefined : headOf(left)
  const rightHead = right === null ? undefined : headOf(right)
  if (leftHead === undefined || rightHead === undefined) return leftHead === rightHead ? 0 : leftHead ? -1 : 1
  return byRank(leftHead, rightHead)
}

const beforeAll = -1

/** The share by which an owner has its turn in a queue: none where the queue counts owners alike. */
const shareIn =
  (queueName: string, shares: Shares, orders: QueueOrders) =>
  ({ name }: Turn): number => {
    if (name === firstLine) return beforeAll
    return orders.get(queueName)?.fair === false ? 0 : shares.ofOwner(queueName, name)
  }

const ownerTurns = (
  owners: ReadonlyMap<string, Sorted<Waiter>>,
  shareOf: (turn: Turn) => number,
  passed: Passed,
): Heap<Turn> => {
  const turns = [...owners].map(([name, line]) => moveToNext(turnOf(name, line), passed))
  return createHeap(
    turns.filter((turn) => headOf(turn) !== undefined),
    shareOf,
    compareHeads,
  )
}

/**
 * Queues of equal shares: by their heads, as one line would be merged. Those with an order of their own stand behind them and
 * among themselves by name: their heads follow no measure that others share, and what one chose must move no other.
 */
const compareQueues = (left: QueueTurn, right: QueueTurn): number => {
  if (left.own !== right.own) return left.own ? 1 : -1
  if (left.own) return left.name < right.name ? -1 : 1
  return compareHeads(left.owners.peek(), right.owners.peek())
}

/** Jobs of one priority: the queue with the least share first, in it the owner with the least, of theirs the least work. */
const fairOrder = ({ queues }: Level, shares: Shares, orders: QueueOrders, passed: Passed): ServingOrder => {
  const turns = [...queues].map(([name, owners]): QueueTurn => ({
    name,
    owners: ownerTurns(owners, shareIn(name, shares, orders), passed),
    own: orders.has(name),
  }))
  const lines = createHeap(
    turns.filter(({ owners }) => owners.peek() !== null),
    (queue) => shares.ofQueue(queue.name),
    compareQueues,
  )
  let last: { readonly queue: QueueTurn; readonly turn: Turn } | null = null
  /** The job handed out last may have started and raised the shares of its owner and queue: both find their place anew. */
  const moveOn = (): void => {
    if (last === null) return
    const { queue, turn } = last
    turn.at += 1
    if (headOf(moveToNext(turn, passed)) === undefined) queue.owners.pop()
    else queue.owners.sinkTop()
    if (queue.owners.peek() === null) lines.pop()
    else lines.sinkTop()
    last = null
  }
  return {
    next() {
      moveOn()
      const queue = lines.peek()
      const turn = queue?.owners.peek() ?? null
      if (queue === null || turn === null) return null
      last = { queue, turn }
      return headOf(turn) ?? null
    },
  }
}

const inTurn = (line: Sorted<Waiter>, passed: Passed): ServingOrder => {
  const turn = turnOf('', line)
  return {
    next() {
      const head = headOf(moveToNext(turn, passed)) ?? null
      turn.at += 1
      return head
    },
  }
}

const inLead = ({ leaders }: Level, leading: Leading, passed: Passed): ServingOrder => {
  const line = inTurn(leaders, passed)
  return {
    next() {
      while (leading.isOpen()) {
        const waiter = line.next()
        if (waiter === null) return null
        if (!leading.mayLead(waiter)) continue
        passed.served.add(waiter)
        return waiter
      }
      return null
    },
  }
}

/**
 * The order of service: jobs past their age bound, oldest first; then by priority, within it those that may lead, oldest
 * first, then fair share between queues, then what each queue chose for itself: by default the owners' shares, then least predicted work. Every comparison ends in submission time,
 * then id. Shares are first looked at when a priority has its turn, so that what started before counts. Those
 * that lead are added to the served ones.
 */
export const servingOrder = (lines: Lines, shares: Shares, leading: Leading, passed: Passed): ServingOrder => {
  const parts: (() => ServingOrder)[] = [
    () => inTurn(lines.aged, passed),
    ...lines
      .levels()
      .flatMap((level) => [() => inLead(level, leading, passed), () => fairOrder(level, shares, lines.orders, passed)]),
  ]
  let part: ServingOrder | null = null
  return {
    next() {
      for (let waiter = part?.next(); ; waiter = part.next()) {
        if (waiter) return waiter
        const open = parts.shift()
        if (open === undefined) return null
        passed.nextPart()
        part = open()
      }
    },
  }
}
