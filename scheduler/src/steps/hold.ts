import { bookResize, keepHeld, occupy, start, type Cycle, type LiveHold } from '../cycle.js'
import { requestAt, totalGivenUpBy } from '../model/elastic.js'
import { totalOf } from '../model/request.js'
import type { Hold, Placement, QueuedJob, RunningJob } from '../model/snapshot.js'
import { give, take, type Free, type Layout } from './cluster.js'
import { keptBeyondVictims, quotaBeyondVictims } from './holds.js'
import { rightTo, type Eviction } from './preempt.js'

const isCovered = (layout: Layout, free: Free, placement: Placement): boolean =>
  placement.pods.every((pod) => {
    const node = layout.nodeIndex.get(pod.nodeId) ?? -1
    const devices = pod.devices.map((grant) => layout.deviceIndex.get(grant.deviceId) ?? -1)
    return (
      (free.cpu[node] ?? -1) >= 0 &&
      (free.memory[node] ?? -1) >= 0 &&
      devices.every((device) => (free.deviceMilli[device] ?? -1) >= 0 && (free.deviceMemory[device] ?? -1) >= 0)
    )
  })

/**
 * Whether quotas still allow what was held. Of what is kept for others whose victims still stop nothing counts: it was
 * granted beside this hold, not instead of it, and it waits until those have stopped.
 */
const quotaAllows = ({ quota, holds }: Cycle, { job, hold }: LiveHold): boolean => {
  if (quota.queue(job.queueName) === undefined) return false
  const isAllowed = (): boolean => quota.check(job.queueName, totalOf(requestAt(job, hold.placement))) === null
  if (isAllowed()) return true
  const others = holds.filter((other) => other.job.id !== job.id && other.victims.length > 0)
  for (const other of others)
    quota.remove(other.job.queueName, quotaBeyondVictims(other.hold, other.job, other.victims))
  const allowed = isAllowed()
  for (const other of others) quota.add(other.job.queueName, quotaBeyondVictims(other.hold, other.job, other.victims))
  return allowed
}

/** Starts the job of a hold exactly where its room was made, once its victims are gone; `null` while it must wait. */
export const settleHold = (cycle: Cycle, live: LiveHold): Placement | null => {
  const { layout, quota, now } = cycle
  const { job, hold, victims } = live
  const kept = keptBeyondVictims(hold, victims)
  const keptQuota = quotaBeyondVictims(hold, job, victims)
  give(layout, now.free, kept)
  quota.remove(job.queueName, keptQuota)
  take(layout, now.free, hold.placement.pods)
  const covered = isCovered(layout, now.free, hold.placement)
  give(layout, now.free, hold.placement.pods)
  if (victims.length === 0 && covered && quotaAllows(cycle, live)) {
    start(cycle, job, hold.placement)
    return hold.placement
  }
  take(layout, now.free, kept)
  quota.add(job.queueName, keptQuota)
  keepHeld(cycle, live)
  return null
}

const tell = (cycle: Cycle, job: QueuedJob, victim: RunningJob, right: Eviction['why']): void => {
  if (victim.resizing !== undefined) {
    const { id: jobId, resizing: placement } = victim
    return bookResize(cycle, victim, { type: 'resize', jobId, why: 'shrink', forJobId: job.id, placement })
  }
  const why = right ?? rightTo(job, victim, cycle) ?? 'reclaim'
  cycle.preempted.set(victim.id, { type: 'preempt', victimId: victim.id, forJobId: job.id, why })
}

/** Decides an eviction, or that others shrink: they must stop, and what they free is kept for the job from now on. */
export const holdFreed = (cycle: Cycle, job: QueuedJob, eviction: Eviction): Hold => {
  const { victims, placement } = eviction
  for (const victim of victims) tell(cycle, job, victim, eviction.why)
  const hold: Hold = {
    jobId: job.id,
    placement,
    victimIds: victims.map((victim) => victim.id).sort(),
    expiresAtMs: cycle.nowMs + cycle.policy.preemption.holdMs,
  }
  occupy(cycle, { pods: keptBeyondVictims(hold, victims) }, false)
  cycle.quota.add(job.queueName, quotaBeyondVictims(hold, job, victims))
  for (const victim of victims) cycle.quota.leave(victim.queueName, totalGivenUpBy(victim))
  cycle.holds.push({ hold, job, victims })
  keepHeld(cycle, { hold, job, victims })
  return hold
}
