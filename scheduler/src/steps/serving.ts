import { createHeap, type Heap } from './heap.js'
import { byRank, type Level, type Lines } from './lines.js'
import type { Shares } from './order.js'
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
  at: number
}
interface QueueTurn {
  readonly name: string
  readonly owners: Heap<Turn>
}

type Served = ReadonlySet<Waiter>

const headOf = (turn: Turn): Waiter | undefined => turn.jobs[turn.at]

const passServed = (turn: Turn, served: Served): Turn => {
  if (served.size === 0) return turn
  for (let head = headOf(turn); head !== undefined && served.has(head); head = headOf(turn)) turn.at += 1
  return turn
}

const compareHeads = (left: Turn | null, right: Turn | null): number => {
  const leftHead = left === null ? undefined : headOf(left)
  const rightHead = right === null ? undefined : headOf(right)
  if (leftHead === undefined || rightHead === undefined) return leftHead === rightHead ? 0 : leftHead ? -1 : 1
  return byRank(leftHead, rightHead)
}

const ownerTurns = (
  queueName: string,
  owners: ReadonlyMap<string, Sorted<Waiter>>,
  shares: Shares,
  served: Served,
): Heap<Turn> => {
  const turns = [...owners].map(([name, line]) => passServed({ name, jobs: line.items(), at: 0 }, served))
  return createHeap(
    turns.filter((turn) => headOf(turn) !== undefined),
    (turn) => shares.ofOwner(queueName, turn.name),
    compareHeads,
  )
}

/** Jobs of one priority: the queue with the least share first, in it the owner with the least, of theirs the least work. */
const fairOrder = ({ queues }: Level, shares: Shares, served: Served): ServingOrder => {
  const turns = [...queues].map(([name, owners]): QueueTurn => ({
    name,
    owners: ownerTurns(name, owners, shares, served),
  }))
  const lines = createHeap(
    turns.filter(({ owners }) => owners.peek() !== null),
    (queue) => shares.ofQueue(queue.name),
    (left, right) => compareHeads(left.owners.peek(), right.owners.peek()),
  )
  let last: { readonly queue: QueueTurn; readonly turn: Turn } | null = null
  /** The job handed out last may have started and raised the shares of its owner and queue: both find their place anew. */
  const moveOn = (): void => {
    if (last === null) return
    const { queue, turn } = last
    turn.at += 1
    if (headOf(passServed(turn, served)) === undefined) queue.owners.pop()
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

const inTurn = (jobs: readonly Waiter[], served: Served): ServingOrder => {
  const turn: Turn = { name: '', jobs, at: 0 }
  return {
    next() {
      const head = headOf(passServed(turn, served)) ?? null
      turn.at += 1
      return head
    },
  }
}

const inLead = ({ leaders }: Level, leading: Leading, served: Set<Waiter>): ServingOrder => {
  const line = inTurn(leaders.items(), served)
  return {
    next() {
      while (leading.isOpen()) {
        const waiter = line.next()
        if (waiter === null) return null
        if (!leading.mayLead(waiter)) continue
        served.add(waiter)
        return waiter
      }
      return null
    },
  }
}

/**
 * The order of service: jobs past their age bound, oldest first; then by priority, within it those that may lead, oldest
 * first, then fair share between queues and owners, then least predicted work. Every comparison ends in submission time,
 * then id. Shares are first looked at when a priority has its turn, so that what started before counts. Who is in
 * `served` is passed over; those that lead are added to it.
 */
export const servingOrder = (lines: Lines, shares: Shares, leading: Leading, served: Set<Waiter>): ServingOrder => {
  const parts: (() => ServingOrder)[] = [
    () => inTurn(lines.aged.items(), served),
    ...lines
      .levels()
      .flatMap((level) => [() => inLead(level, leading, served), () => fairOrder(level, shares, served)]),
  ]
  let part: ServingOrder | null = null
  return {
    next() {
      for (let waiter = part?.next(); ; waiter = part.next()) {
        if (waiter) return waiter
        const open = parts.shift()
        if (open === undefined) return null
        part = open()
      }
    },
  }
}
