import { actionsOf, openScheduler, type Policy } from '@novabrain/scheduler'
import { BrokenLaw, type Observer } from './history.js'

const hourMs = 3_600_000

/**
 * No job is evicted more often than allowed in any hour, and while nothing disturbs the cluster, two jobs never evict
 * each other, nor for shorter work or since it came first one the other again.
 */
export const noPreemptionLoop = (policy: Policy): Observer => {
  const evictions = new Map<string, number[]>()
  let pairs = new Set<string>()
  return {
    disturbed: () => void (pairs = new Set()),
    cycle(_, decisions, nowMs) {
      for (const decision of decisions) {
        if (decision.type !== 'preempt') continue
        const { victimId, forJobId } = decision
        const recent = (evictions.get(victimId) ?? []).filter((atMs) => atMs > nowMs - hourMs)
        evictions.set(victimId, [...recent, nowMs])
        if (recent.length >= policy.preemption.maximumEvictionsPerHour) {
          throw new BrokenLaw(`${victimId} is evicted for the ${recent.length + 1}th time in an hour`)
        }
        if ((decision.why === 'shorter' || decision.why === 'aged') && pairs.has(`${forJobId} over ${victimId}`))
          throw new BrokenLaw(`${victimId} is evicted for ${forJobId} again`)
        pairs.add(`${forJobId} over ${victimId}`)
        if (pairs.has(`${victimId} over ${forJobId}`))
          throw new BrokenLaw(`${victimId} and ${forJobId} evict each other`)
      }
    },
  }
}

/** With known run times a reservation of the same job never moves later, so an aged job waits no longer than it says. */
export const reservationsDoNotSlip = (policy: Policy): Observer => {
  const promised = new Map<string, number>()
  return {
    disturbed: () => promised.clear(),
    cycle(snapshot, decisions, nowMs) {
      for (const decision of decisions) {
        if (decision.type === 'preempt' || decision.type === 'resize') continue
        const atMs = promised.get(decision.jobId)
        if (decision.type === 'start' && atMs !== undefined && nowMs > atMs) {
          throw new BrokenLaw(`${decision.jobId} starts at ${nowMs}, after its promised ${atMs}`)
        }
        if (decision.type !== 'reserve' || decision.hold !== null) continue
        const job = snapshot.queued.find((queued) => queued.id === decision.jobId)
        const agedAtMs = (job?.submittedAtMs ?? 0) + (job?.attainedMs ?? 0) + policy.ageBound.maximumMs
        if (atMs !== undefined && decision.atMs > atMs) {
          throw new BrokenLaw(`${decision.jobId} was promised ${atMs} and slips to ${decision.atMs}`)
        }
        if (nowMs >= agedAtMs) promised.set(decision.jobId, decision.atMs)
      }
    },
  }
}

const demandSame = (law: string, expected: unknown, found: unknown): void => {
  if (JSON.stringify(found) === JSON.stringify(expected)) return
  throw new BrokenLaw(`${law}\n${JSON.stringify({ expected, found }, null, 1)}`)
}

/** Whoever remembers the cycles before decides like one who sees it all for the first time, whether asked for all or for acts. */
export const memoryChangesNothing = (policy: Policy): Observer => {
  const scheduler = openScheduler(policy)
  const actor = openScheduler(policy)
  let cycles = 0
  return {
    disturbed: () => undefined,
    cycle(snapshot, decisions, nowMs) {
      cycles += 1
      const actions = actionsOf(decisions)
      demandSame('who only acts does what was decided', actions, actor.act(snapshot, nowMs))
      if (cycles % 3 === 0) demandSame('acting first changes nothing', actions, scheduler.act(snapshot, nowMs))
      demandSame('memory changes nothing', decisions, scheduler.decide(snapshot, nowMs))
    },
  }
}
