import { decide } from '../../decide.js'
import { applyDecisions, evolve } from '../../evolve.js'
import type { Decision } from '../../model/decision.js'
import type { SchedEvent } from '../../model/event.js'
import type { QueuedJob, Snapshot } from '../../model/snapshot.js'
import type { Policy } from '../../policy/policy.js'
import type { EnginePolicy, PolicyMaker, SimDecision, SimView } from './policy.js'
import type { TraceJob } from './trace.js'

/** What is believed of run times while a trace is lived through. */
export interface Oracle {
  /** How long a job will run from now on, having run so long; `null` when nothing is known. */
  predict(job: TraceJob, attainedMs: number): number | null
  /** A job ended after it had run so long. */
  ended(job: TraceJob, ranMs: number): void
}

/** Opens an oracle for one trace; it may look at the truth, or be too honest to. */
export type OracleMaker = (view: SimView) => Oracle

export interface CoreOptions {
  readonly name: string
  readonly policy: Policy
  readonly oracle: OracleMaker
  readonly usageHalfLifeMs?: number
}

const dayMs = 86_400_000

const acted = (decision: Decision): SimDecision[] =>
  decision.type === 'start' || decision.type === 'preempt' ? [decision] : []

/**
 * The scheduler of the server, on a trace: the same `decide` on the same kind of snapshot, kept up by the same `evolve`.
 * What is predicted of a job is asked when it comes and when it comes back.
 */
export const corePolicy = ({ name, policy, oracle, usageHalfLifeMs = dayMs }: CoreOptions): PolicyMaker => ({
  name,
  open(view: SimView): EnginePolicy {
    const { nodes, queues } = view.trace
    const beliefs = oracle(view)
    let snapshot: Snapshot = {
      nodes,
      queues,
      queued: [],
      running: [],
      holds: [],
      usage: { halfLifeMs: usageHalfLifeMs, records: [] },
    }
    const predicted = (job: QueuedJob): QueuedJob => {
      const remainingMs = beliefs.predict(view.job(job.id), job.attainedMs)
      return { ...job, predictedRuntimeMs: remainingMs === null ? null : Math.max(1, Math.round(remainingMs)) }
    }
    return {
      happened(event: SchedEvent) {
        if (event.type === 'submitted') {
          snapshot = evolve(snapshot, { ...event, job: predicted(event.job) })
          return
        }
        if (event.type === 'ended') beliefs.ended(view.job(event.jobId), view.attainedMs(event.jobId, event.atMs))
        snapshot = evolve(snapshot, event)
        if (event.type !== 'requeued') return
        const back = snapshot.queued.map((job) => (job.id === event.jobId ? predicted(job) : job))
        snapshot = { ...snapshot, queued: back }
      },
      decide(nowMs) {
        const decisions = decide(snapshot, policy, nowMs)
        snapshot = applyDecisions(snapshot, decisions, nowMs)
        return decisions.flatMap(acted)
      },
      wakeMs: () => null,
    }
  },
})
