import { openScheduler } from '../../decide.js'
import { applyActions, evolve } from '../../evolve.js'
import type { SchedEvent } from '../../model/event.js'
import type { QueuedJob, RunningJob, Snapshot } from '../../model/snapshot.js'
import type { Policy } from '../../policy/policy.js'
import type { EnginePolicy, PolicyMaker, SimView } from './policy.js'
import type { StartWatch } from './start-watch.js'
import type { TraceJob } from './trace.js'

/** How long a job will run: as likely more as less, and what nine of ten like it do not exceed, if that is known. */
export interface Belief {
  readonly likelyMs: number
  readonly cautiousMs: number | null
}

/** What is believed of run times while a trace is lived through. */
export interface Oracle {
  /** How long a job will run from now on, having run so long by now; `null` when nothing is known. */
  predict(job: TraceJob, attainedMs: number, nowMs: number): Belief | null
  /** Whether it says something else of a job when others have ended. */
  readonly learns: boolean
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
  /** Hears so often, in time of the trace, what the server would tell those who wait. */
  readonly listen?: { readonly watch: StartWatch; readonly everyMs: number }
}

const dayMs = 86_400_000

/** So often one that learns is asked anew of all who wait and run. The server does so every ten seconds. */
export const renewEveryMs = 3_600_000

const believesAlike = (left: QueuedJob | RunningJob, right: QueuedJob | RunningJob): boolean =>
  left.predictedRuntimeMs === right.predictedRuntimeMs && left.cautiousRuntimeMs === right.cautiousRuntimeMs

/**
 * The scheduler of the server, on a trace: the same decisions (`act` of its scheduler) on the same kind of snapshot, kept up by the same `evolve`.
 * What is predicted of a job is asked when it comes and when it comes back, and where there is something to learn once an hour.
 */
export const corePolicy = ({ name, policy, oracle, usageHalfLifeMs = dayMs, listen }: CoreOptions): PolicyMaker => ({
  name,
  open(view: SimView): EnginePolicy {
    const { nodes, queues } = view.trace
    const beliefs = oracle(view)
    const scheduler = openScheduler(policy)
    const { enabled, shorterWork, aged, minimumRunMs } = policy.preemption
    const isElastic = enabled && view.trace.jobs.some((job) => job.elastic !== undefined)
    const revisits = isElastic || (enabled && (shorterWork !== 'never' || aged !== 'never'))
    const matureMs: number[] = []
    let matured = 0
    let renewedMs = Number.NEGATIVE_INFINITY
    let heardMs = Number.NEGATIVE_INFINITY
    let snapshot: Snapshot = {
      nodes,
      queues,
      queued: [],
      running: [],
      holds: [],
      usage: { halfLifeMs: usageHalfLifeMs, records: [] },
    }
    const predicted = <Job extends QueuedJob | RunningJob>(job: Job, nowMs: number): Job => {
      const truth = view.job(job.id)
      const belief = beliefs.predict(truth, job.attainedMs, nowMs)
      if (belief === null) return job
      const speed = truth.speedAt?.(job.request.gpuCount) ?? 1
      const whole = (ms: number): number => Math.max(1, Math.round(ms / speed))
      return {
        ...job,
        predictedRuntimeMs: whole(belief.likelyMs),
        cautiousRuntimeMs: belief.cautiousMs === null ? null : whole(belief.cautiousMs),
      }
    }
    /** What is believed now of those who wait, and of those who run as if they began now. */
    const renew = (nowMs: number): void => {
      renewedMs = nowMs
      const again = <Job extends QueuedJob | RunningJob>(job: Job): Job => {
        const renewed = predicted(job, nowMs)
        return believesAlike(job, renewed) ? job : renewed
      }
      const running = snapshot.running.map((job) => {
        const renewed = again(job)
        const runMs = renewed.predictedRuntimeMs
        return renewed === job || runMs === null ? job : { ...renewed, predictedEndMs: job.startedAtMs + runMs }
      })
      snapshot = { ...snapshot, queued: snapshot.queued.map(again), running }
    }
    return {
      happened(event: SchedEvent) {
        if (event.type === 'submitted') {
          snapshot = evolve(snapshot, { ...event, job: predicted(event.job, event.job.submittedAtMs) })
          return
        }
        if (event.type === 'ended') beliefs.ended(view.job(event.jobId), view.attainedMs(event.jobId, event.atMs))
        snapshot = evolve(snapshot, event)
        if (event.type === 'resized') matureMs.push(event.atMs + minimumRunMs)
        if (event.type !== 'requeued') return
        const back = snapshot.queued.map((job) => (job.id === event.jobId ? predicted(job, event.atMs) : job))
        snapshot = { ...snapshot, queued: back }
      },
      decide(nowMs) {
        if (beliefs.learns && nowMs >= renewedMs + renewEveryMs) renew(nowMs)
        const actions = scheduler.act(snapshot, nowMs)
        snapshot = applyActions(snapshot, actions, nowMs)
        for (const { jobId } of actions.starts) listen?.watch.started(jobId, nowMs)
        if (listen !== undefined && nowMs >= heardMs + listen.everyMs) {
          heardMs = nowMs
          listen.watch.told(scheduler.decide(snapshot, nowMs), nowMs)
        }
        if (revisits && actions.starts.length > 0) matureMs.push(nowMs + minimumRunMs)
        return [...actions.preempts, ...actions.resizes, ...actions.starts]
      },
      /** When what started may first make room for shorter work or for who came first, or be resized; the server looks again every few seconds. */
      wakeMs(nowMs) {
        while ((matureMs[matured] ?? Number.POSITIVE_INFINITY) <= nowMs) matured += 1
        return snapshot.queued.length === 0 && !isElastic ? null : (matureMs[matured] ?? null)
      },
    }
  },
})
