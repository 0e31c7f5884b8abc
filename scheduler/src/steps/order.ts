import { isGang, totalOf } from '../model/request.js'
import type { SchedJob } from '../model/snapshot.js'
import type { Policy } from '../policy/policy.js'
import { createHeap, type Heap } from './heap.js'
import type { Waiter } from './waiters.js'

/** Earlier submitted first, then smaller id: the end of every ordering. */
export const bySubmission = (left: SchedJob, right: SchedJob): number =>
  left.submittedAtMs - right.submittedAtMs || (left.id < right.id ? -1 : left.id > right.id ? 1 : 0)

/** How long a job has waited in all; time it ran in earlier attempts does not count. */
export const waitedMs = (job: SchedJob, atMs: number): number => atMs - job.submittedAtMs - job.attainedMs

/** How long a job may wait before it goes ahead of all others. */
export const ageBoundMs = (job: SchedJob, policy: Policy): number => {
  const predicted = (job.predictedRuntimeMs ?? 0) * policy.ageBound.factor
  return Math.min(policy.ageBound.maximumMs, Math.max(policy.ageBound.minimumMs, predicted))
}

/** Whether a job has waited its bound at a moment. */
export const isAged = (job: SchedJob, policy: Policy, atMs: number): boolean =>
  waitedMs(job, atMs) >= ageBoundMs(job, policy)

/**
 * Predicted work: run time × width^α, where the width is in thousandths of a device (16 cores, say, weigh as one).
 * α counts in quarters, so products and two correctly rounded square roots give the same whole number on every machine.
 * Shortest remaining service with α below 1, after Muri (SIGCOMM'22) and its re-runs.
 */
export const predictedWork = (job: SchedJob, policy: Policy): number => {
  const total = totalOf(job.request)
  const width = Math.max(1, total.gpuMilli, Math.floor(total.cpuMilli / policy.order.coresPerDevice))
  const runtimeSeconds = Math.ceil((job.predictedRuntimeMs ?? policy.order.unknownRuntimeMs) / 1000)
  let power = 1
  for (let quarter = 0; quarter < policy.order.widthQuarters; quarter += 1) power *= width
  return runtimeSeconds * Math.floor(Math.sqrt(Math.sqrt(power)))
}

/** Whether a job is a gang that waited long enough to go first in its priority. */
export const isWaitingGang = (job: SchedJob, policy: Policy, atMs: number): boolean =>
  isGang(job.request) && waitedMs(job, atMs) >= policy.reservation.afterWaitMs

/** The least-served-first shares that the order asks for; they change while jobs start. */
export interface Shares {
  ofQueue(queueName: string): number
  ofOwner(queueName: string, owner: string): number
}

/** Hands out queued jobs one by one. Shares are looked at anew for each, so that a start changes whose turn is next. */
export interface ServingOrder {
  next(): Waiter | null
}

interface Line {
  readonly name: string
  readonly jobs: readonly Waiter[]
  at: number
}
interface QueueLine {
  readonly name: string
  readonly owners: Heap<Line>
}

const byRank = (left: Waiter, right: Waiter): number => left.work - right.work || bySubmission(left.job, right.job)

const groupBy = <T, Key>(items: readonly T[], keyOf: (item: T) => Key): Map<Key, T[]> => {
  const groups = new Map<Key, T[]>()
  for (const item of items) {
    const group = groups.get(keyOf(item))
    if (group) group.push(item)
    else groups.set(keyOf(item), [item])
  }
  return groups
}

const compareHeads = (left: Line | null, right: Line | null): number => {
  const leftHead = left?.jobs[left.at]
  const rightHead = right?.jobs[right.at]
  if (leftHead === undefined || rightHead === undefined) return leftHead === rightHead ? 0 : leftHead ? -1 : 1
  return byRank(leftHead, rightHead)
}

const ownerLines = (queueName: string, jobs: readonly Waiter[], shares: Shares): Heap<Line> =>
  createHeap(
    [...groupBy(jobs, ({ job }) => job.owner)].map(([name, own]) => ({ name, jobs: own.sort(byRank), at: 0 })),
    (line) => shares.ofOwner(queueName, line.name),
    compareHeads,
  )

/** Jobs of one priority: the queue with the least share first, in it the owner with the least, of theirs the least work. */
const fairOrder = (jobs: readonly Waiter[], shares: Shares): ServingOrder => {
  const queues: QueueLine[] = [...groupBy(jobs, ({ job }) => job.queueName)].map(([name, own]) => ({
    name,
    owners: ownerLines(name, own, shares),
  }))
  const lines = createHeap(
    queues,
    (queue) => shares.ofQueue(queue.name),
    (left, right) => compareHeads(left.owners.peek(), right.owners.peek()),
  )
  let served: { readonly queue: QueueLine; readonly line: Line } | null = null
  const putBack = (): void => {
    if (served === null) return
    if (served.line.at < served.line.jobs.length) served.queue.owners.push(served.line)
    if (served.queue.owners.peek() !== null) lines.push(served.queue)
    served = null
  }
  return {
    next() {
      putBack()
      const queue = lines.pop()
      const line = queue?.owners.pop() ?? null
      if (queue === null || line === null) return null
      const waiter = line.jobs[line.at] ?? null
      line.at += 1
      served = { queue, line }
      return waiter
    },
  }
}

const inTurn = (jobs: readonly Waiter[]): ServingOrder => {
  let at = 0
  return { next: () => jobs[at++] ?? null }
}

/** Who goes first in a priority. Asked of each job when its turn to lead has come; what was said before then holds on. */
export interface Leading {
  /** Whether a job may lead now. */
  mayLead(waiter: Waiter): boolean
  /** Those that led, for the one who settles them. */
  readonly led: Set<Waiter>
}

const inLead = (level: readonly Waiter[], { mayLead, led }: Leading): ServingOrder => {
  const line = inTurn([...level].sort((left, right) => bySubmission(left.job, right.job)))
  return {
    next() {
      for (let waiter = line.next(); waiter !== null; waiter = line.next()) {
        if (!mayLead(waiter)) continue
        led.add(waiter)
        return waiter
      }
      return null
    },
  }
}

/**
 * The order of service: jobs past their age bound, oldest first; then by priority, within it those that may lead, oldest
 * first, then fair share between queues and owners, then least predicted work. Every comparison ends in submission time,
 * then id. Shares are first looked at when a priority has its turn, so that what started before counts.
 */
export const servingOrder = (
  waiters: readonly Waiter[],
  shares: Shares,
  leaders: readonly Waiter[],
  leading: Leading,
): ServingOrder => {
  const aged = waiters.filter((waiter) => waiter.aged).sort((left, right) => bySubmission(left.job, right.job))
  const young = waiters.filter((waiter) => !waiter.aged)
  const levels = [...groupBy(young, ({ job }) => job.priority)].sort(([left], [right]) => right - left)
  const parts: (() => ServingOrder)[] = [
    () => inTurn(aged),
    ...levels.flatMap(([priority, level]) => [
      () =>
        inLead(
          leaders.filter(({ job, aged }) => !aged && job.priority === priority),
          leading,
        ),
      () =>
        fairOrder(
          level.filter((waiter) => !leading.led.has(waiter)),
          shares,
        ),
    ]),
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
