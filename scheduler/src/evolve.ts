import { assertNever } from './assert-never.js'
import { actionsOf, type Actions } from './decide.js'
import type { Decision } from './model/decision.js'
import type { SchedEvent } from './model/event.js'
import { requestAt, requestWithout, takenBy } from './model/elastic.js'
import { totalOf, type JobRequest } from './model/request.js'
import type { Placement, QueuedJob, RunningJob, SchedJob, Snapshot } from './model/snapshot.js'
import { aheadOf } from './prediction/outlived.js'
import { stopsFor } from './steps/holds.js'
import { addUsage, type UsedInterval } from './usage.js'

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
  ...(job.cautiousRuntimeMs === undefined ? {} : { cautiousRuntimeMs: job.cautiousRuntimeMs }),
  ...(job.resumes === undefined ? {} : { resumes: job.resumes }),
  ...(job.evictedBy === undefined ? {} : { evictedBy: job.evictedBy }),
  ...(job.elastic === undefined ? {} : { elastic: job.elastic }),
})

/** What is left of a predicted time after some of it. */
const leftOf = (predictedMs: number, ranMs: number): number => aheadOf(predictedMs, ranMs) - ranMs

/** A job that saved itself when told to stop has the less to do. */
const predictedAgain = (job: RunningJob, atMs: number): Partial<SchedJob> => {
  if (job.resumes !== true || job.predictedRuntimeMs === null) return {}
  const ranMs = Math.max(0, atMs - job.startedAtMs)
  const cautiousMs = job.cautiousRuntimeMs ?? null
  return {
    predictedRuntimeMs: leftOf(job.predictedRuntimeMs, ranMs),
    ...(cautiousMs === null ? {} : { cautiousRuntimeMs: leftOf(cautiousMs, ranMs) }),
  }
}

/** What is left to do when so many devices become so many others: as much work, counted in devices × time. */
const stretched = (leftMs: number, from: number, to: number): number => Math.ceil((leftMs * from) / Math.max(1, to))

/** A job with what it asks for from now on, and what is predicted of it with that. */
const asking = (job: SchedJob, request: JobRequest): SchedJob => {
  if (request === job.request) return commonPart(job)
  const inThat = (ms: number): number => stretched(ms, job.request.gpuCount, request.gpuCount)
  const cautiousMs = job.cautiousRuntimeMs ?? null
  return {
    ...commonPart(job),
    request,
    predictedRuntimeMs: job.predictedRuntimeMs === null ? null : inThat(job.predictedRuntimeMs),
    ...(cautiousMs === null ? {} : { cautiousRuntimeMs: inThat(cautiousMs) }),
  }
}

const runningFrom = (waiting: SchedJob, placement: Placement, atMs: number): RunningJob => {
  const job = asking(waiting, requestAt(waiting, placement))
  return {
    ...job,
    placement,
    startedAtMs: atMs,
    stopping: false,
    predictedEndMs: job.predictedRuntimeMs === null ? null : atMs + job.predictedRuntimeMs,
    checkpointedAtMs: null,
  }
}

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

const usedBy = (job: RunningJob, atMs: number): UsedInterval => ({
  queueName: job.queueName,
  owner: job.owner,
  amount: totalOf(job.request),
  startedAtMs: job.startedAtMs,
  endedAtMs: atMs,
})

const stopped = (snapshot: Snapshot, job: RunningJob, atMs: number): Snapshot => ({
  ...snapshot,
  running: without(snapshot.running, job.id),
  holds: snapshot.holds.map((hold) => ({ ...hold, victimIds: hold.victimIds.filter((id) => id !== job.id) })),
  usage: addUsage(snapshot.usage, usedBy(job, atMs)),
})

/** The jobs a job was evicted for, with the one whose hold it was stopping for; those that have ended are forgotten. */
const evictorsOf = (snapshot: Snapshot, job: RunningJob): Pick<SchedJob, 'evictedBy'> => {
  const evictors = snapshot.holds.filter((hold) => stopsFor(hold, job)).map((hold) => hold.jobId)
  if (evictors.length === 0) return {}
  const known = new Set([...(job.evictedBy ?? []), ...evictors])
  const alive = new Set<string>()
  for (const jobs of [snapshot.queued, snapshot.running]) for (const { id } of jobs) if (known.has(id)) alive.add(id)
  return { evictedBy: [...known].filter((id) => alive.has(id)) }
}

const backInQueue = (snapshot: Snapshot, job: RunningJob, event: Omit<EventOf<'requeued'>, 'type'>): QueuedJob => ({
  ...asking({ ...job, ...(event.evicted ? predictedAgain(job, event.atMs) : {}) }, requestWithout(job)),
  ...(event.evicted ? evictorsOf(snapshot, job) : {}),
  evictedAtMs: event.evicted ? [...job.evictedAtMs, event.atMs] : job.evictedAtMs,
  attainedMs: job.attainedMs + Math.max(0, event.atMs - job.startedAtMs),
  notBeforeMs: event.notBeforeMs,
})

const requeued = (snapshot: Snapshot, event: Omit<EventOf<'requeued'>, 'type'>): Snapshot => {
  const job = snapshot.running.find((running) => running.id === event.jobId)
  if (job === undefined) return snapshot
  const after = stopped(snapshot, job, event.atMs)
  return { ...after, queued: [...after.queued, backInQueue(snapshot, job, event)] }
}

const markStopping = (snapshot: Snapshot, ids: ReadonlySet<string>): Snapshot => ({
  ...snapshot,
  running: snapshot.running.map((job) => {
    if (!ids.has(job.id)) return job
    const { resizing: _, ...rest } = job
    return { ...rest, stopping: true }
  }),
})

/** Told to begin again with another number of devices: not evicted. */
const markResizing = (snapshot: Snapshot, places: ReadonlyMap<string, Placement>): Snapshot => ({
  ...snapshot,
  running: snapshot.running.map((job) => {
    const resizing = places.get(job.id)
    return resizing === undefined ? job : { ...job, stopping: true, resizing }
  }),
})

/** It saved itself, whether or not it would have when evicted. */
const beginAgain = (job: RunningJob, resizing: Placement, atMs: number): RunningJob => ({
  ...runningFrom({ ...job, ...predictedAgain({ ...job, resumes: true }, atMs) }, resizing, atMs),
  attainedMs: job.attainedMs + Math.max(0, atMs - job.startedAtMs),
})

/** An elastic job stopped and begins again, wider or narrower, without a moment between in which its place is anybody's. */
const resized = (snapshot: Snapshot, { jobId, atMs }: EventOf<'resized'>): Snapshot => {
  const job = snapshot.running.find((running) => running.id === jobId)
  if (job?.resizing === undefined) return snapshot
  const after = stopped(snapshot, job, atMs)
  return { ...after, running: [...after.running, beginAgain(job, job.resizing, atMs)] }
}

const isVictim = (snapshot: Snapshot, job: RunningJob): boolean =>
  job.resizing === undefined && snapshot.holds.some((hold) => stopsFor(hold, job))

const nodeLeft = (snapshot: Snapshot, { nodeId, atMs }: EventOf<'node_left'>): Snapshot => {
  const hit = snapshot.running.filter((job) => takenBy(job).some((pod) => pod.nodeId === nodeId))
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
    case 'resizing':
      return markResizing(snapshot, new Map([[event.jobId, event.placement]]))
    case 'resized':
      return resized(snapshot, event)
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

/**
 * The snapshot after several events, in order: the same as one after another, but what many have in common is copied
 * once. Runs of submissions, and of starts, cost no more than one.
 */
export const evolveAll = (snapshot: Snapshot, events: readonly SchedEvent[]): Snapshot => {
  let current = snapshot
  for (let at = 0; at < events.length;) {
    const run = runFrom(events, at)
    current = run.length > 1 ? evolveRun(current, run) : run.reduce(evolve, current)
    at += run.length
  }
  return current
}

/** The longest run of events of one type from a place on. */
const runFrom = (events: readonly SchedEvent[], from: number): readonly SchedEvent[] => {
  const type = events[from]?.type
  let to = from + 1
  while (to < events.length && events[to]?.type === type) to += 1
  return events.slice(from, to)
}

const eventsOf = <Type extends SchedEvent['type']>(run: readonly SchedEvent[], type: Type): readonly EventOf<Type>[] =>
  run.filter((event): event is EventOf<Type> => event.type === type)

/** Several events of one type. */
const evolveRun = (snapshot: Snapshot, run: readonly SchedEvent[]): Snapshot => {
  switch (run[0]?.type) {
    case 'submitted':
      return { ...snapshot, queued: [...snapshot.queued, ...eventsOf(run, 'submitted').map(({ job }) => job)] }
    case 'withdrawn': {
      const gone = new Set(eventsOf(run, 'withdrawn').map(({ jobId }) => jobId))
      return { ...snapshot, queued: leaving(snapshot.queued, gone), holds: withoutHolds(snapshot, gone) }
    }
    case 'started':
      return allStarted(snapshot, eventsOf(run, 'started'))
    case 'ended':
      return allEnded(snapshot, eventsOf(run, 'ended'))
    default:
      return run.reduce(evolve, snapshot)
  }
}

const leaving = <T extends { readonly id: string }>(items: readonly T[], ids: ReadonlySet<string>): readonly T[] =>
  items.filter((item) => !ids.has(item.id))

const withoutHolds = (snapshot: Snapshot, jobIds: ReadonlySet<string>): Snapshot['holds'] =>
  snapshot.holds.filter((hold) => !jobIds.has(hold.jobId))

const allStarted = (snapshot: Snapshot, events: readonly EventOf<'started'>[]): Snapshot => {
  const wanted = new Set(events.map(({ jobId }) => jobId))
  const waiting = new Map(snapshot.queued.filter(({ id }) => wanted.has(id)).map((job) => [job.id, job]))
  const running = events.flatMap(({ jobId, placement, atMs }) => {
    const job = waiting.get(jobId)
    waiting.delete(jobId)
    return job === undefined ? [] : [runningFrom(job, placement, atMs)]
  })
  const ids = new Set(running.map(({ id }) => id))
  return {
    ...snapshot,
    queued: leaving(snapshot.queued, ids),
    running: [...snapshot.running, ...running],
    holds: withoutHolds(snapshot, ids),
  }
}

const allEnded = (snapshot: Snapshot, events: readonly EventOf<'ended'>[]): Snapshot => {
  const ends = new Map(events.toReversed().map((event) => [event.jobId, event]))
  const running = new Map(snapshot.running.filter(({ id }) => ends.has(id)).map((job) => [job.id, job]))
  const ended = events.flatMap((event) => {
    const job = ends.get(event.jobId) === event ? running.get(event.jobId) : undefined
    return job === undefined ? [] : [{ job, atMs: event.atMs }]
  })
  const ids = new Set(ended.map(({ job }) => job.id))
  return {
    ...snapshot,
    running: leaving(snapshot.running, ids),
    holds: snapshot.holds.map((hold) => ({ ...hold, victimIds: hold.victimIds.filter((id) => !ids.has(id)) })),
    usage: ended.reduce((usage, { job, atMs }) => addUsage(usage, usedBy(job, atMs)), snapshot.usage),
  }
}

/** The snapshot after what was to be done at once was done: jobs started, victims told to stop, what they free held. */
export const applyActions = (snapshot: Snapshot, actions: Actions, nowMs: number): Snapshot => {
  const { starts, preempts, resizes, holds } = actions
  const places = new Map(starts.map((start) => [start.jobId, start.placement]))
  const startedNow = snapshot.queued.flatMap((job) => {
    const placement = places.get(job.id)
    return placement === undefined ? [] : [runningFrom(job, placement, nowMs)]
  })
  const evicting =
    preempts.length === 0 ? snapshot : markStopping(snapshot, new Set(preempts.map((one) => one.victimId)))
  const told =
    resizes.length === 0
      ? evicting
      : markResizing(evicting, new Map(resizes.map(({ jobId, placement }) => [jobId, placement])))
  if (starts.length === 0) return { ...told, holds }
  const queued = snapshot.queued.filter((job) => !places.has(job.id))
  return { ...told, queued, running: [...told.running, ...startedNow], holds }
}

/**
 * The snapshot after all decisions were carried out: jobs started, victims told to stop, what they free held. A hold
 * that no decision confirms has lapsed.
 */
export const applyDecisions = (snapshot: Snapshot, decisions: readonly Decision[], nowMs: number): Snapshot =>
  applyActions(snapshot, actionsOf(decisions), nowMs)
