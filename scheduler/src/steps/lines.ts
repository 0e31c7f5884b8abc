import type { QueuedJob } from '../model/snapshot.js'
import type { Tally } from '../placement/observed.js'
import type { Policy } from '../policy/policy.js'
import { createCalendar } from './calendar.js'
import { differenceOf } from './difference.js'
import { agesAtMs, bySubmission, leadsAtMs, widthOf } from './order.js'
import { firstAtMs, type QueueOrders } from './queue-orders.js'
import { createSorted, type Sorted } from './sorted.js'
import { openWaiters, type Shapes, type Waiter } from './waiters.js'

/** The waiting jobs of one priority that are not past their age bound. */
export interface Level {
  readonly priority: number
  /** Gangs that have waited long enough to go first, oldest first. */
  readonly leaders: Sorted<Waiter>
  /** By queue, in it by owner: least work first. Those past the bound of their queue stand under `firstLine`, oldest first. */
  readonly queues: ReadonlyMap<string, ReadonlyMap<string, Sorted<Waiter>>>
}

/** In the place of an owner: the jobs that are past the bound of their own queue, whoever owns them. */
export const firstLine = '\u0000first'

/** All who wait, in the lines in which they are served. Kept from cycle to cycle and brought up to date by differences. */
export interface Lines {
  /** Jobs past their age bound, oldest first. */
  readonly aged: Sorted<Waiter>
  /** The orders that queues chose for themselves. */
  readonly orders: QueueOrders
  /** The others, greatest priority first. */
  levels(): readonly Level[]
  find(jobId: string): Waiter | undefined
  count(): number
  /** The width of all of them together, see `widthOf`, or of those that are no wider than `atMost`. */
  width(atMost?: number): number
  /** The moment of the last update. */
  sinceMs(): number
  /** Takes in who waits at a moment, which may not lie before the last one. */
  update(queued: readonly QueuedJob[], nowMs: number): void
}

const bySubmitted = (left: Waiter, right: Waiter): number => bySubmission(left.job, right.job)

/** Least work first, then by submission. */
export const byRank = (left: Waiter, right: Waiter): number => left.work - right.work || bySubmitted(left, right)

/** The mark of a waiter in its line: whole stretches of it are passed over by kinds of jobs. */
const kindNumber = ({ kind }: Waiter): number => kind.number

interface OwnLevel extends Level {
  readonly queues: Map<string, Map<string, Sorted<Waiter>>>
}

const get = <Key, Value>(map: Map<Key, Value>, key: Key, make: () => Value): Value => {
  const known = map.get(key)
  if (known !== undefined) return known
  const fresh = make()
  map.set(key, fresh)
  return fresh
}

/** Opens empty lines. What a policy makes of a job may depend on nothing but the job. */
export const openLines = (shapes: Shapes, policy: Policy, orders: QueueOrders, tally: Tally): Lines => {
  const waiterOf = openWaiters(shapes, policy, orders)
  const byId = new Map<string, Waiter>()
  const levels = new Map<number, OwnLevel>()
  const aged = createSorted(bySubmitted, kindNumber)
  const ages = createCalendar<Waiter>()
  const leads = createCalendar<Waiter>()
  const firsts = createCalendar<Waiter>()
  let before: readonly QueuedJob[] = []
  let sinceMs = Number.NEGATIVE_INFINITY
  const widths = new Map<number, number>()
  const widthsUpTo = new Map<number, number>()

  const waits = (job: QueuedJob): boolean => byId.get(job.id)?.job === job
  const stands = (waiter: Waiter): boolean => byId.get(waiter.job.id) === waiter
  const levelOf = ({ job: { priority } }: Waiter): OwnLevel =>
    get(levels, priority, () => ({ priority, leaders: createSorted(bySubmitted, kindNumber), queues: new Map() }))

  const lineOf = ({ first, job: { owner } }: Waiter): string => (first ? firstLine : owner)
  const joinYoung = (waiter: Waiter): void => {
    const owners = get(levelOf(waiter).queues, waiter.job.queueName, () => new Map<string, Sorted<Waiter>>())
    get(owners, lineOf(waiter), () => createSorted(waiter.first ? bySubmitted : byRank, kindNumber)).add(waiter)
  }
  const leaveYoung = (waiter: Waiter, lineName = lineOf(waiter)): void => {
    const { queueName } = waiter.job
    const level = levelOf(waiter)
    const owners = level.queues.get(queueName)
    const line = owners?.get(lineName)
    line?.remove(waiter)
    if (line?.size() === 0) owners?.delete(lineName)
    if (owners?.size === 0) level.queues.delete(queueName)
    if (level.queues.size === 0) levels.delete(level.priority)
  }
  const countWidth = ({ request }: QueuedJob, sign: 1 | -1): void => {
    const width = widthOf(request, policy)
    const sum = (widths.get(width) ?? 0) + sign * width
    if (sum === 0) widths.delete(width)
    else widths.set(width, sum)
    widthsUpTo.clear()
  }
  const leave = (job: QueuedJob): void => {
    const waiter = byId.get(job.id)
    byId.delete(job.id)
    if (waiter === undefined) return
    tally.count(waiter.kind.shape, -1)
    countWidth(job, -1)
    if (waiter.aged) return aged.remove(waiter)
    if (leadsAtMs(job, policy) <= sinceMs) levelOf(waiter).leaders.remove(waiter)
    leaveYoung(waiter)
  }
  const enter = (job: QueuedJob, nowMs: number): void => {
    const waiter = waiterOf(job)
    byId.set(job.id, waiter)
    tally.count(waiter.kind.shape, 1)
    countWidth(job, 1)
    waiter.aged = agesAtMs(job, policy) <= nowMs
    if (waiter.aged) return aged.add(waiter)
    ages.add(agesAtMs(job, policy), waiter)
    const firstAt = firstAtMs(job, orders.get(job.queueName))
    waiter.first = firstAt <= nowMs
    if (!waiter.first && firstAt < Number.POSITIVE_INFINITY) firsts.add(firstAt, waiter)
    joinYoung(waiter)
    const leadsAt = leadsAtMs(job, policy)
    if (leadsAt <= nowMs) levelOf(waiter).leaders.add(waiter)
    else if (leadsAt < Number.POSITIVE_INFINITY) leads.add(leadsAt, waiter)
  }
  const grow = (nowMs: number): void => {
    for (const waiter of leads.due(nowMs)) if (stands(waiter) && !waiter.aged) levelOf(waiter).leaders.add(waiter)
    for (const waiter of firsts.due(nowMs)) {
      if (!stands(waiter) || waiter.aged) continue
      // It comes before it goes, so that its level, and who leads there, stays.
      waiter.first = true
      joinYoung(waiter)
      leaveYoung(waiter, waiter.job.owner)
    }
    for (const waiter of ages.due(nowMs)) {
      if (!stands(waiter)) continue
      if (leadsAtMs(waiter.job, policy) <= nowMs) levelOf(waiter).leaders.remove(waiter)
      leaveYoung(waiter)
      waiter.aged = true
      aged.add(waiter)
    }
  }
  return {
    aged,
    orders,
    levels: () => [...levels.values()].sort((left, right) => right.priority - left.priority),
    find: (jobId) => byId.get(jobId),
    count: () => byId.size,
    width: (atMost = Number.POSITIVE_INFINITY) =>
      get(widthsUpTo, atMost, () => [...widths].reduce((sum, [width, all]) => sum + (width <= atMost ? all : 0), 0)),
    sinceMs: () => sinceMs,
    update(queued, nowMs) {
      const { gone, come } = differenceOf(before, queued, waits)
      gone.forEach(leave)
      grow(nowMs)
      for (const job of come) enter(job, nowMs)
      before = queued
      sinceMs = nowMs
    },
  }
}
