import type { PreemptDecision } from '../../model/decision.js'
import type { PolicyMaker, SimDecision } from './policy.js'

/** What must never happen when jobs make others stop. */
export interface EvictionFault {
  readonly kind: 'evicted_each_other' | 'preemptor_did_not_start'
  readonly atMs: number
  readonly detail: string
}

/** Looks on while a policy evicts. */
export interface EvictionWatch {
  readonly maker: PolicyMaker
  /** Evictions seen so far. */
  count(): number
  faults(): readonly EvictionFault[]
}

type Evicting = Pick<PreemptDecision, 'type' | 'victimId' | 'forJobId' | 'why'>

const isPreempt = (decision: SimDecision): decision is Evicting => decision.type === 'preempt' && 'forJobId' in decision

/**
 * Watches a policy that says for whom it evicts: no two jobs evict each other twice (once may be right, when over time first
 * one queue and then the other had borrowed), for shorter work or past the age bound not even once, and then neither evicts the other a second time; and whoever others were evicted or shrunk for starts
 * at the very instant at which the last of them is gone.
 */
export const watchEvictions = (maker: PolicyMaker): EvictionWatch => {
  const faults: EvictionFault[] = []
  const pairs = new Map<string, { by: string; turns: number; forRank: number }>()
  let count = 0
  return {
    count: () => count,
    faults: () => faults,
    maker: {
      name: maker.name,
      open(view) {
        const policy = maker.open(view)
        const waiting = new Map<string, { readonly victims: Set<string>; freeSinceMs: number | null }>()
        const gone = (jobId: string, atMs: number): void => {
          for (const wait of waiting.values()) {
            wait.victims.delete(jobId)
            if (wait.victims.size === 0) wait.freeSinceMs ??= atMs
          }
        }
        const turn = ({ victimId, forJobId, why }: Evicting, atMs: number): void => {
          const key = [victimId, forJobId].sort().join(' and ')
          const pair = pairs.get(key) ?? { by: forJobId, turns: 0, forRank: 0 }
          pairs.set(key, pair)
          if (why === 'shorter' || why === 'aged') pair.forRank += 1
          if (pair.by !== forJobId) pair.turns += 1
          const isOver = pair.turns > 1 || (pair.turns > 0 && pair.forRank > 0) || pair.forRank > 1
          if (isOver) faults.push({ kind: 'evicted_each_other', atMs, detail: key })
          pair.by = forJobId
        }
        const evict = (decision: Evicting, atMs: number): void => {
          const { victimId, forJobId } = decision
          count += 1
          turn(decision, atMs)
          const wait = waiting.get(forJobId) ?? { victims: new Set<string>(), freeSinceMs: null }
          waiting.set(forJobId, wait)
          wait.victims.add(victimId)
        }
        const shrink = (jobId: string, forJobId: string): void => {
          const wait = waiting.get(forJobId) ?? { victims: new Set<string>(), freeSinceMs: null }
          waiting.set(forJobId, wait)
          wait.victims.add(jobId)
        }
        return {
          wakeMs: (nowMs) => policy.wakeMs(nowMs),
          happened(event) {
            policy.happened(event)
            if (event.type === 'requeued' || event.type === 'ended' || event.type === 'resized')
              gone(event.jobId, event.atMs)
          },
          decide(nowMs) {
            const decisions = policy.decide(nowMs)
            for (const decision of decisions) if (decision.type === 'start') waiting.delete(decision.jobId)
            for (const [jobId, { freeSinceMs }] of waiting)
              if (freeSinceMs !== null)
                faults.push({ kind: 'preemptor_did_not_start', atMs: nowMs, detail: `${jobId} since ${freeSinceMs}` })
            for (const decision of decisions) if (isPreempt(decision)) evict(decision, nowMs)
            for (const decision of decisions)
              if (decision.type === 'resize' && decision.forJobId !== null) shrink(decision.jobId, decision.forJobId)
            return decisions
          },
        }
      },
    },
  }
}
