import type { SchedEvent } from '../../model/event.js'
import type { Placement } from '../../model/snapshot.js'
import type { EnginePolicy, PolicyMaker, SimDecision, SimView } from '../engine/policy.js'
import { widthOf, type TraceJob } from '../engine/trace.js'
import { insert, standsBefore, type InLine } from './line.js'
import { openRoom, type Room } from './room.js'

/** Orders all jobs, those that run too; whoever stands too far back is evicted. */
export interface RankRule {
  readonly name: string
  /** Opens the rule for a trace: smaller goes first, equal ones in the order in which they came. */
  open(view: SimView): Ranking
}

export interface Ranking {
  /** Asked of running jobs at every instant, of a waiting one when it begins to wait. */
  key(job: TraceJob, nowMs: number): number
  /** When the key of a running job next changes its place without anything happening; `null` for never. */
  changesMs(job: TraceJob, nowMs: number): number | null
  /** Told of a job that ended. */
  readonly ended?: (job: TraceJob) => void
  /** Whether waiting jobs too are to be ordered anew at an instant. */
  reorders(nowMs: number): boolean
}

interface Running {
  readonly job: TraceJob
  readonly at: number
  placement: Placement
}

type Entry = InLine<TraceJob>

/**
 * Runs at every instant those who stand first, as far as devices reach. Who runs and may go on stays where it is; a job
 * that starts goes where, beside those before it, most is idle or held by those who go out, then to the fullest node.
 */
export const rankedPolicy = (rule: RankRule): PolicyMaker => ({
  name: rule.name,
  open(view: SimView): EnginePolicy {
    const ranking = rule.open(view)
    const idle = openRoom(view.trace.nodes)
    const running = new Map<string, Running>()
    const places = new Map<string, number>()
    let line: Entry[] = []
    let isStale = true

    const wait = (job: TraceJob, nowMs: number): void => {
      const at = places.get(job.id) ?? places.size
      places.set(job.id, at)
      insert(line, { item: job, key: ranking.key(job, nowMs), at })
    }

    /** Running and waiting jobs in order, the running ones placed anew among the others. */
    const inOrder = function* (nowMs: number): Generator<Entry> {
      const runners = [...running.values()]
        .map(({ job, at }): Entry => ({ item: job, key: ranking.key(job, nowMs), at }))
        .sort((left, right) => left.key - right.key || left.at - right.at)
      let [waits, runs] = [0, 0]
      for (;;) {
        const [waiter, runner] = [line[waits], runners[runs]]
        if (runner !== undefined && (waiter === undefined || standsBefore(runner, waiter))) {
          runs += 1
          yield runner
        } else if (waiter !== undefined) {
          waits += 1
          yield waiter
        } else return
      }
    }

    /** Who runs when those who stand first may choose their places; who runs already keeps its own, or may move. */
    const pick = (order: Iterable<Entry>, preferred: Room, mayMove: boolean): Map<TraceJob, Placement> => {
      const room = openRoom(view.trace.nodes)
      const picks = new Map<TraceJob, Placement>()
      const refused = new Set<number>()
      for (const { item: job } of order) {
        if (room.free() === 0) break
        const own = running.get(job.id)?.placement
        const stays = own !== undefined && room.has(own)
        if (!stays && (refused.has(widthOf(job)) || (own !== undefined && !mayMove))) continue
        const place = stays ? own : room.find(job, preferred)
        if (place === null) {
          refused.add(widthOf(job))
          continue
        }
        room.take(place)
        picks.set(job, place)
      }
      return picks
    }

    /** Who runs from now on, and where: those who come in take what is idle or was held by those who go out. */
    const chosen = (nowMs: number): Map<TraceJob, Placement> => {
      const staying = pick(inOrder(nowMs), idle, true)
      const loose = idle.copy()
      for (const { job, placement } of running.values()) if (!staying.has(job)) loose.give(placement)
      return pick(inOrder(nowMs), loose, false)
    }

    return {
      happened(event: SchedEvent) {
        isStale = true
        if (event.type === 'submitted') wait(view.job(event.job.id), event.job.submittedAtMs)
        if (event.type === 'ended') {
          const ended = running.get(event.jobId)
          if (ended !== undefined) idle.give(ended.placement)
          running.delete(event.jobId)
          ranking.ended?.(view.job(event.jobId))
        }
      },
      decide(nowMs) {
        if (!isStale && ranking.changesMs === never) return []
        isStale = false
        if (ranking.reorders(nowMs))
          line = line
            .map((entry) => ({ ...entry, key: ranking.key(entry.item, nowMs) }))
            .sort((left, right) => left.key - right.key || left.at - right.at)
        const picks = chosen(nowMs)
        const decisions: SimDecision[] = []
        for (const { job, placement } of [...running.values()]) {
          if (picks.has(job)) continue
          decisions.push({ type: 'preempt', victimId: job.id })
          idle.give(placement)
          running.delete(job.id)
          wait(job, nowMs)
        }
        const starts = [...picks].filter(([job]) => !running.has(job.id))
        for (const [job, placement] of starts) {
          idle.take(placement)
          running.set(job.id, { job, placement, at: places.get(job.id) ?? 0 })
          decisions.push({ type: 'start', jobId: job.id, placement })
        }
        if (starts.length > 0) line = line.filter(({ item }) => !running.has(item.id))
        return decisions
      },
      wakeMs(nowMs) {
        let next: number | null = null
        for (const { job } of running.values()) {
          const atMs = ranking.changesMs(job, nowMs)
          if (atMs !== null && (next === null || atMs < next)) next = atMs
        }
        return next
      },
    }
  },
})

/** A key that changes only as work is done. */
export const never = (): null => null
