import type { PreemptDecision, ResizeDecision, StartDecision } from '../../model/decision.js'
import type { SchedEvent } from '../../model/event.js'
import type { Trace, TraceJob } from './trace.js'

/** What a policy may ask the engine. What a job still has to do is the truth: a policy that may not know it, does not ask. */
export interface SimView {
  readonly trace: Trace
  job(jobId: string): TraceJob
  /** Work left, start-up not counted. */
  leftMs(jobId: string, nowMs: number): number
  /** Time on devices so far, over all attempts. */
  attainedMs(jobId: string, nowMs: number): number
  /** When the present attempt began; `null` for a job that does not run. */
  startedAtMs(jobId: string): number | null
}

/** What a policy can do. Those who are evicted stop before anybody who starts in the same answer takes their place. */
export type SimDecision =
  | Pick<StartDecision, 'type' | 'jobId' | 'placement'>
  | Pick<PreemptDecision, 'type' | 'victimId'>
  | Pick<ResizeDecision, 'type' | 'jobId' | 'placement' | 'forJobId'>

/** A policy at work on one trace: it is told what happens and asked what to do. */
export interface EnginePolicy {
  /** Told of everything that comes from outside or from jobs; not of what it decided itself. */
  happened(event: SchedEvent): void
  /** Everything answered is carried out at once. */
  decide(nowMs: number): readonly SimDecision[]
  /** When it wants to be asked even if nothing happens before; `null` for never. */
  wakeMs(nowMs: number): number | null
}

/** A policy that can be run: engine policies are this one function. */
export interface PolicyMaker {
  readonly name: string
  open(view: SimView): EnginePolicy
}
