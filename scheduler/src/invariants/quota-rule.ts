import type { ResourceName } from '../model/resources.js'
import type { SchedQueue } from '../model/snapshot.js'

/** The quota rule said once more, as sums over a table of use: `null` if a queue's use of a resource is lawful. */
export const quotaFault = (
  queues: readonly SchedQueue[],
  queue: SchedQueue,
  resource: ResourceName,
  usedBy: (queueName: string) => number,
): string | null => {
  const nominal = queue.nominal[resource]
  if (nominal === null) return null
  const used = usedBy(queue.name)
  const borrowing = queue.cohort === null ? 0 : queue.borrowingLimit[resource]
  if (borrowing !== null && used > nominal + borrowing) {
    return `${queue.name} uses ${used} of ${nominal} + ${borrowing} ${resource}`
  }
  if (queue.cohort === null) return null
  const lends = (member: SchedQueue): number =>
    Math.min(member.nominal[resource] ?? Infinity, member.lendingLimit[resource] ?? Infinity)
  const draws = (member: SchedQueue): number => {
    const owned = member.nominal[resource]
    return owned === null ? 0 : Math.max(0, usedBy(member.name) - (owned - lends(member)))
  }
  const members = queues.filter((member) => member.cohort === queue.cohort)
  const pool = members.reduce((sum, member) => sum + lends(member), 0)
  const drawn = members.reduce((sum, member) => sum + draws(member), 0)
  return draws(queue) > 0 && drawn > pool ? `${queue.cohort} draws ${drawn} of ${pool} ${resource}` : null
}
