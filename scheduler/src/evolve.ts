import { assertNever } from './assert-never.js'
import type { Decision } from './model/decision.js'
import type { SchedEvent } from './model/event.js'
import { totalOf } from './model/request.js'
import type { Placement, QueuedJob, RunningJob, SchedJob, Snapshot } from './model/snapshot.js'
import { stopsFor } from './steps/holds.js'
import { addUsage } from './usage.js'

type EventOf<Type extends SchedEvent['type']> = Extract<SchedEvent, { readonly type: Type }>

const without = <T extends { readonly id: string }>(items: readonly T[], id: string): readonly T[] =>
  items.filter((item) => item.id !== id)

const withoutHold = (snapshot: Snapshot, jobId: string): Snapshot['holds'] =>
  snapshot.holds.filter((hold) => hold.jobId !== jobId)

const commonPart = (job: SchedJob): SchedJob => ({
  id: job.id,
  queueName: job.queueName,
  owner: job.owner,
  priority: job.priority,
  submittedAtMs: job.submittedAtMs,
  request: job.request,
  predictedRuntimeMs: job.predictedRuntimeMs,
  evictedAtMs: job.evictedAtMs,
  attainedMs: job.attainedMs,
})

const runningFrom = (job: QueuedJob, placement: Placement, atMs: number): RunningJob => ({
  ...commonPart(job),
  placement,
  startedAtMs: atMs,
  stopping: false,
  predictedEndMs: job.predictedRuntimeMs === null ? null : atMs + job.predictedRuntimeMs,
  checkpointedAtMs: null,
})

const started = (snapshot: Snapshot, { jobId, placement, atMs }: EventOf<'started'>): Snapshot => {
  const job = snapshot.queued.find((queued) => queued.id === jobId)
  if (job === undefined) return snapshot
  const running = runningFrom(job, placement, atMs)
  return {
    ...snapshot,
    queued: without(snapshot.queued, jobId),
    running: [...snapshot.running, running],
    holds: withoutHold(snapshot, jobId),
  }
}

const stopped = (snapshot: Snapshot, job: RunningJob, atMs: number): Snapshot => ({
  ...snapshot,
  running: without(snapshot.running, job.id),
  holds: snapshot.holds.map((hold) => ({ ...hold, victimIds: hold.victimIds.filter((id) => id !== job.id) })),
  usage: addUsage(snapshot.usage, {
    queueName: job.queueName,
    owner: job.owner,
    amount: totalOf(job.request),
    startedAtMs: job.startedAtMs,
    endedAtMs: atMs,
  }),
})

const backInQueue = (job: RunningJob, event: Omit<EventOf<'requeued'>, 'type'>): QueuedJob => ({
  ...commonPart(job),
  evictedAtMs: event.evicted ? [...job.evictedAtMs, event.atMs] : job.evictedAtMs,
  attainedMs: job.attainedMs + Math.max(0, event.atMs - job.startedAtMs),
  notBeforeMs: event.notBeforeMs,
})

const requeued = (snapshot: Snapshot, event: Omit<EventOf<'requeued'>, 'type'>): Snapshot => {
  const job = snapshot.running.find((running) => running.id === event.jobId)
  if (job === undefined) return snapshot
  const after = stopped(snapshot, job, event.atMs)
  return { ...after, queued: [...after.queued, backInQueue(job, event)] }
}

const markStopping = (snapshot: Snapshot, ids: ReadonlySet<string>): Snapshot => ({
  ...snapshot,
  running: snapshot.running.map((job) => (ids.has(job.id) ? { ...job, stopping: true } : job)),
})

const isVictim = (snapshot: Snapshot, job: RunningJob): boolean => snapshot.holds.some((hold) => stopsFor(hold, job))

const nodeLeft = (snapshot: Snapshot, { nodeId, atMs }: EventOf<'node_left'>): Snapshot => {
  const hit = snapshot.running.filter((job) => job.placement.pods.some((pod) => pod.nodeId === nodeId))
  const smaller: Snapshot = { ...snapshot, nodes: without(snapshot.nodes, nodeId) }
  return hit.reduce(
    (current, job) => requeued(current, { jobId: job.id, atMs, notBeforeMs: atMs, evicted: isVictim(snapshot, job) }),
    smaller,
  )
}

/** The snapshot after an event. Pure; an event about something unknown changes nothing. */
export const evolve = (snapshot: Snapshot, event: SchedEvent): Snapshot => {
  switch (event.type) {
    case 'submitted':
      return { ...snapshot, queued: [...snapshot.queued, event.job] }
    case 'withdrawn':
      return { ...snapshot, queued: without(snapshot.queued, event.jobId), holds: withoutHold(snapshot, event.jobId) }
    case 'started':
      return started(snapshot, event)
    case 'preempting': {
      const marked = markStopping(snapshot, new Set(event.hold.victimIds))
      return { ...marked, holds: [...withoutHold(snapshot, event.hold.jobId), event.hold] }
    }
    case 'stopping':
      return markStopping(snapshot, new Set([event.jobId]))
    case 'ended': {
      const job = snapshot.running.find((running) => running.id === event.jobId)
      return job === undefined ? snapshot : stopped(snapshot, job, event.atMs)
    }
    case 'requeued':
      return requeued(snapshot, event)
    case 'node_changed':
      return { ...snapshot, nodes: [...without(snapshot.nodes, event.node.id), event.node] }
    case 'node_left':
      return nodeLeft(snapshot, event)
    case 'queues_changed':
      return { ...snapshot, queues: event.queues }
    case 'hold_dropped':
      return { ...snapshot, holds: withoutHold(snapshot, event.jobId) }
    default:
      return assertNever(event)
  }
}

type Start = Extract<Decision, { readonly type: 'start' }>
type Reserve = Extract<Decision, { readonly type: 'reserve' }>

/**
 * The snapshot after all decisions were carried out: jobs started, victims told to stop, what they free held. A hold
 * that no decision confirms has lapsed.
 */
export const applyDecisions = (snapshot: Snapshot, decisions: readonly Decision[], nowMs: number): Snapshot => {
  const starts = new Map(
    decisions.filter((decision): decision is Start => decision.type === 'start').map((start) => [start.jobId, start]),
  )
  const startedNow = snapshot.queued.flatMap((job) => {
    const start = starts.get(job.id)
    return start === undefined ? [] : [runningFrom(job, start.placement, nowMs)]
  })
  const victims = new Set(decisions.flatMap((one) => (one.type === 'preempt' ? [one.victimId] : [])))
  const holds = decisions
    .filter((decision): decision is Reserve => decision.type === 'reserve')
    .flatMap((reserve) => reserve.hold ?? [])
  const told = markStopping(snapshot, victims)
  const queued = snapshot.queued.filter((job) => !starts.has(job.id))
  return { ...told, queued, running: [...told.running, ...startedNow], holds }
}
