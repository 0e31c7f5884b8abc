import type { SchedEvent } from '../../model/event.js'
import type { Placement } from '../../model/snapshot.js'
import type { EnginePolicy, PolicyMaker, SimDecision, SimView } from '../engine/policy.js'
import type { OracleMaker } from '../engine/core-policy.js'
import { truth } from '../engine/oracles.js'
import { widthOf, type TraceJob } from '../engine/trace.js'
import { openBeliefs } from './beliefs.js'
import { insert, type InLine } from './line.js'
import { openRoom, type Room } from './room.js'

/** Orders jobs that wait by what is believed of them; equal ones as they came. */
export interface QueueRule {
  readonly name: string
  /** Told the run time that is believed of a job, milliseconds. */
  key(believedMs: number): number
  /** Whether jobs behind one that does not fit may start: no, all that fit, or those that do not delay the first (EASY). */
  readonly skips: 'no' | 'yes' | 'easy'
}

interface Running {
  readonly job: TraceJob
  readonly placement: Placement
}

interface Release {
  readonly job: TraceJob
  readonly placement: Placement
  readonly endMs: number
}

/**
 * When the head of the line will have its place, by the believed ends of what runs, and what is free then beyond it (Lifka,
 * JSSPP'95; in a feasible placement, not in sum).
 */
const shadowOf = (
  head: TraceJob,
  room: Room,
  running: readonly Release[],
): { readonly atMs: number; readonly spare: Room } | null => {
  const spare = room.copy()
  const ends = [...running].sort((left, right) => left.endMs - right.endMs || (left.job.id < right.job.id ? -1 : 1))
  for (const { placement, endMs } of ends) {
    spare.give(placement)
    const place = spare.find(head)
    if (place === null) continue
    spare.take(place)
    return { atMs: endMs, spare }
  }
  return null
}

/** Runs jobs to their end once started, in the order of a rule, by exact run times unless another oracle is given. */
export const queuePolicy = (rule: QueueRule, oracle: OracleMaker = truth): PolicyMaker => ({
  name: rule.name,
  open(view: SimView): EnginePolicy {
    const room = openRoom(view.trace.nodes)
    const beliefs = openBeliefs(view, oracle)
    let line: InLine<TraceJob>[] = []
    const running = new Map<string, Running>()
    let count = 0
    let isStale = true

    const start = (job: TraceJob, placement: Placement): SimDecision => {
      room.take(placement)
      running.set(job.id, { job, placement })
      return { type: 'start', jobId: job.id, placement }
    }

    /** From the head on as far as they fit; answers where the first stands that does not. */
    const startHeads = (decisions: SimDecision[]): void => {
      let at = 0
      for (let next = line[at]; next !== undefined; next = line[at]) {
        const placement = room.find(next.item)
        if (placement === null) break
        decisions.push(start(next.item, placement))
        at += 1
      }
      line.splice(0, at)
    }

    const orderAnew = (nowMs: number): void => {
      line = line
        .map((entry) => ({ ...entry, key: rule.key(beliefs.leftMs(entry.item, nowMs)) }))
        .sort((left, right) => left.key - right.key || left.at - right.at)
    }

    const releases = (nowMs: number): Release[] =>
      [...running.values()].map((one) => ({ ...one, endMs: nowMs + beliefs.leftMs(one.job, nowMs) }))

    const startOthers = (nowMs: number, decisions: SimDecision[]): void => {
      const [head] = line
      if (head === undefined || room.free() === 0) return
      const shadow = rule.skips === 'easy' ? shadowOf(head.item, room, releases(nowMs)) : null
      const refused = new Set<number>()
      for (let at = 1; at < line.length && room.free() > 0; at += 1) {
        const job = line[at]?.item
        if (job === undefined || refused.has(widthOf(job))) continue
        const endsBefore = shadow === null || nowMs + beliefs.leftMs(job, nowMs) <= shadow.atMs
        const placement = room.find(job)
        if (placement === null) {
          refused.add(widthOf(job))
          continue
        }
        if (!endsBefore) {
          if (!shadow.spare.has(placement)) continue
          shadow.spare.take(placement)
        }
        line.splice(at, 1)
        at -= 1
        decisions.push(start(job, placement))
      }
    }

    return {
      happened(event: SchedEvent) {
        isStale = true
        if (event.type === 'submitted') {
          const job = view.job(event.job.id)
          insert(line, { item: job, key: rule.key(beliefs.leftMs(job, job.submitMs)), at: (count += 1) })
        } else if (event.type === 'ended') {
          const ended = running.get(event.jobId)
          if (ended !== undefined) room.give(ended.placement)
          running.delete(event.jobId)
          beliefs.ended(view.job(event.jobId))
        }
      },
      decide(nowMs) {
        if (!isStale) return []
        isStale = false
        if (beliefs.renew(nowMs)) orderAnew(nowMs)
        const decisions: SimDecision[] = []
        startHeads(decisions)
        if (rule.skips !== 'no') startOthers(nowMs, decisions)
        return decisions
      },
      wakeMs: () => null,
    }
  },
})

/** First come, first served: nobody passes the head of the line. */
export const fifo: PolicyMaker = queuePolicy({ name: 'FIFO', key: () => 0, skips: 'no' })
/** First come, first served, but whoever fits starts. */
export const fifoSkipping: PolicyMaker = queuePolicy({ name: 'FIFO+', key: () => 0, skips: 'yes' })
/** Jobs behind the head start if they do not delay it (EASY: Lifka, JSSPP'95). */
export const easy = (oracle?: OracleMaker): PolicyMaker =>
  queuePolicy({ name: 'EASY', key: () => 0, skips: 'easy' }, oracle)
/** Shortest job first, nobody passes the head. */
export const sjf = (oracle?: OracleMaker): PolicyMaker =>
  queuePolicy({ name: 'SJF', key: (believedMs) => believedMs, skips: 'no' }, oracle)
/** Shortest job first, but whoever fits starts. */
export const sjfSkipping = (oracle?: OracleMaker): PolicyMaker =>
  queuePolicy({ name: 'SJF+', key: (believedMs) => believedMs, skips: 'yes' }, oracle)
