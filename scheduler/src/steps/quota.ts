import type { ResourceName, ResourceVector } from '../model/resources.js'
import { nothing, plus, resourceNames } from '../model/resources.js'
import type { SchedQueue } from '../model/snapshot.js'

/** Which bound of a queue a request hits. */
export interface QuotaFailure {
  /** `never`: more than the queue can ever have. `now`: the queue's own bound is used up. `pool`: its cohort's is. */
  readonly kind: 'never' | 'now' | 'pool'
  readonly resource: ResourceName
  readonly needed: number
  readonly used: number
  readonly limit: number
}

/** What each queue uses and what the rules leave it. Local to one decision and changed in place. */
export interface QuotaBook {
  queue(name: string): SchedQueue | undefined
  used(name: string): ResourceVector
  add(name: string, amount: ResourceVector): void
  remove(name: string, amount: ResourceVector): void
  /** Says that so much of a queue's use is on its way out: it counts as used, but no more as borrowed. */
  leave(name: string, amount: ResourceVector): void
  /** The first bound the request would break, or `null`. Resources it does not ask for are not checked. */
  check(name: string, needed: ResourceVector): QuotaFailure | null
  /** Whether the queue stays inside what it owns with this much more. */
  isEntitled(name: string, needed: ResourceVector): boolean
  /** Whether the queue uses more than it owns of something that is `needed`, without what is on its way out. */
  isBorrowing(name: string, needed: ResourceVector): boolean
  /** Of what is needed, the resources of which the queue owns a stated amount. */
  ownedPart(name: string, needed: ResourceVector): ResourceVector
  /** Whether the queue owns no stated amount of anything that is `needed`. */
  isUnguaranteed(name: string, needed: ResourceVector): boolean
}

const asked = (needed: ResourceVector): ResourceName[] => resourceNames.filter((resource) => needed[resource] > 0)

/** The most a queue may use of a resource: what it owns and may borrow; `null` for no bound. */
const mostOf = (queue: SchedQueue, resource: ResourceName): number | null => {
  const nominal = queue.nominal[resource]
  if (nominal === null || queue.cohort === null) return nominal
  const borrowing = queue.borrowingLimit[resource]
  return borrowing === null ? null : nominal + borrowing
}

/** What a queue puts into its cohort's pool; `null` for no bound. */
const lentBy = (queue: SchedQueue, resource: ResourceName): number | null => {
  const nominal = queue.nominal[resource]
  const lending = queue.lendingLimit[resource]
  if (nominal === null) return lending
  return lending === null ? nominal : Math.min(nominal, lending)
}

/** What a queue never lends. */
const keptBy = (queue: SchedQueue, resource: ResourceName): number =>
  (queue.nominal[resource] ?? 0) - (queue.nominal[resource] === null ? 0 : (lentBy(queue, resource) ?? 0))

const poolSize = (members: readonly SchedQueue[], resource: ResourceName): number | null => {
  let size = 0
  for (const member of members) {
    const lent = lentBy(member, resource)
    if (lent === null) return null
    size += lent
  }
  return size
}

/**
 * Books use against the rules. A queue with a stated nominal amount draws first on what it does not lend, then on the
 * pool of its cohort, up to its borrowing limit; the pool is the sum of what its members lend. A queue without a stated
 * amount is not bound and does not draw on the pool.
 */
export const openQuotaBook = (queues: readonly SchedQueue[]): QuotaBook => {
  const byName = new Map(queues.map((queue) => [queue.name, queue]))
  const cohorts = new Map<string, SchedQueue[]>()
  for (const queue of queues) {
    if (queue.cohort !== null) cohorts.set(queue.cohort, [...(cohorts.get(queue.cohort) ?? []), queue])
  }
  const uses = new Map<string, ResourceVector>()
  const leavings = new Map<string, ResourceVector>()
  const used = (name: string): ResourceVector => uses.get(name) ?? nothing
  const members = (queue: SchedQueue): readonly SchedQueue[] =>
    queue.cohort === null ? [] : (cohorts.get(queue.cohort) ?? [])

  const drawn = (queue: SchedQueue, resource: ResourceName): number =>
    queue.nominal[resource] === null ? 0 : Math.max(0, used(queue.name)[resource] - keptBy(queue, resource))

  /** The most that the pool leaves a queue at this moment, or would leave it if nobody else drew; `null` for no bound. */
  const poolLimit = (queue: SchedQueue, resource: ResourceName, ifAlone: boolean): number | null => {
    const size = queue.cohort === null || queue.nominal[resource] === null ? null : poolSize(members(queue), resource)
    if (size === null || ifAlone) return size === null ? null : keptBy(queue, resource) + size
    const others = members(queue).reduce((sum, other) => sum + (other === queue ? 0 : drawn(other, resource)), 0)
    return keptBy(queue, resource) + Math.max(0, size - others)
  }

  const checkOne = (queue: SchedQueue, resource: ResourceName, needed: number): QuotaFailure | null => {
    const now = used(queue.name)[resource]
    const exceeds = (kind: QuotaFailure['kind'], limit: number | null, amount: number): QuotaFailure | null =>
      limit === null || amount <= limit ? null : { kind, resource, needed, used: now, limit }
    const most = mostOf(queue, resource)
    return (
      exceeds('never', most, needed) ??
      exceeds('never', poolLimit(queue, resource, true), needed) ??
      exceeds('now', most, now + needed) ??
      exceeds('pool', poolLimit(queue, resource, false), now + needed)
    )
  }

  return {
    queue: (name) => byName.get(name),
    used,
    add: (name, amount) => void uses.set(name, plus(used(name), amount)),
    remove: (name, amount) => {
      const before = used(name)
      uses.set(name, {
        gpuMilli: before.gpuMilli - amount.gpuMilli,
        cpuMilli: before.cpuMilli - amount.cpuMilli,
        memoryMib: before.memoryMib - amount.memoryMib,
      })
    },
    leave: (name, amount) => void leavings.set(name, plus(leavings.get(name) ?? nothing, amount)),
    check(name, needed) {
      const queue = byName.get(name)
      if (queue === undefined) return null
      for (const resource of resourceNames) {
        if (queue.nominal[resource] === null || needed[resource] <= 0) continue
        const failure = checkOne(queue, resource, needed[resource])
        if (failure !== null) return failure
      }
      return null
    },
    isEntitled(name, needed) {
      const nominal = byName.get(name)?.nominal
      return asked(needed).every((resource) => {
        const owned = nominal?.[resource] ?? null
        return owned === null || used(name)[resource] + needed[resource] <= owned
      })
    },
    isBorrowing(name, needed) {
      const nominal = byName.get(name)?.nominal
      return asked(needed).some((resource) => {
        const owned = nominal?.[resource] ?? null
        const leaving = leavings.get(name)?.[resource] ?? 0
        return owned !== null && used(name)[resource] - leaving > owned
      })
    },
    ownedPart(name, needed) {
      const nominal = byName.get(name)?.nominal
      const owned = (resource: ResourceName): number => ((nominal?.[resource] ?? null) === null ? 0 : needed[resource])
      return { gpuMilli: owned('gpuMilli'), cpuMilli: owned('cpuMilli'), memoryMib: owned('memoryMib') }
    },
    isUnguaranteed(name, needed) {
      const nominal = byName.get(name)?.nominal
      return (
        nominal !== undefined && resourceNames.every((resource) => needed[resource] <= 0 || nominal[resource] === null)
      )
    },
  }
}
