import {
  applyDecisions,
  decide,
  decisionFaults,
  evolve,
  snapshotFaults,
  unlimited,
  type Decision,
  type JobRequest,
  type Policy,
  type QueuedJob,
  type QueueOrder,
  type SchedEvent,
  type SchedNode,
  type Snapshot,
} from '@novabrain/scheduler'
import { aDevice, aQueue, limits } from '../scheduler/builders.js'

/** One thing that happens in a history. Numbers choose among what is there, so that every history makes sense. */
export type Step =
  | { readonly kind: 'submit'; readonly job: JobWish }
  | { readonly kind: 'wait'; readonly ms: number }
  | { readonly kind: 'cancel'; readonly pick: number }
  | { readonly kind: 'close_node' | 'open_node' | 'lose_node'; readonly pick: number }
  | { readonly kind: 'change_quota'; readonly pick: number; readonly gpus: number | null }
  | { readonly kind: 'change_order'; readonly pick: number; readonly order: QueueOrder | null }

/** A job as a history submits it. Its attempts run `runtimeMs`; `predicted` says whether that is known before. */
export interface JobWish {
  readonly queue: number
  readonly owner: number
  readonly priority: number
  readonly request: JobRequest
  readonly runtimeMs: number
  readonly predicted: boolean
  readonly resumes: boolean
  readonly backOffMs: number
  /** So many devices a pod more than asked for would do as well. */
  readonly spareGpus: number
}

export interface World {
  readonly nodes: readonly SchedNode[]
  readonly quotas: readonly (number | null)[]
  readonly borrowing: number | null
  readonly lending: number | null
  /** What each queue chose for itself. */
  readonly orders: readonly (QueueOrder | null)[]
  readonly steps: readonly Step[]
}

/** What a law over time looks at: each cycle with the decisions made in it. */
export interface Observer {
  cycle(snapshot: Snapshot, decisions: readonly Decision[], nowMs: number): void
  /** Nodes or quotas changed: promises about the future may be broken from here on. */
  disturbed(): void
}

const startMs = 1_000_000_000_000
const graceMs = 20_000

/** Throws with the whole story when a law is broken. */
export class BrokenLaw extends Error {}

const demand = (condition: boolean, law: string, story: unknown): void => {
  if (!condition) throw new BrokenLaw(`${law}\n${JSON.stringify(story, null, 1)}`)
}

/** Small nodes of every sort: none, one or several devices, two models, two sizes of memory. */
export const aSmallNode = (index: number, gpus: number, model: string, memoryMib: number): SchedNode => ({
  id: `n${index}`,
  name: `n${index}`,
  schedulable: true,
  cpuMilli: 8000,
  memoryMib: 16_384,
  devices:
    gpus === 0
      ? [aDevice(`n${index}`, 0, { id: `n${index}-cpu`, kind: 'cpu', model: 'CPU', memoryMib: 0 })]
      : Array.from({ length: gpus }, (_, device) => aDevice(`n${index}`, device, { model, memoryMib })),
})

const openWorld = (world: World): Snapshot => ({
  nodes: world.nodes,
  queues: world.quotas.map((gpus, index) =>
    aQueue(`q${index}`, {
      cohort: index < 2 ? 'all' : null,
      nominal: limits(gpus === null ? null : gpus * 1000),
      borrowingLimit: world.borrowing === null ? unlimited : limits(world.borrowing * 1000),
      lendingLimit: world.lending === null ? unlimited : limits(world.lending * 1000),
      weight: index + 1,
      order: world.orders[index] ?? null,
    }),
  ),
  queued: [],
  running: [],
  holds: [],
  usage: { halfLifeMs: 3_600_000, records: [] },
})

/** A job as it is submitted at a moment. */
const submitted = (wish: JobWish, number: number, atMs: number): QueuedJob => ({
  id: `j${String(number).padStart(3, '0')}`,
  queueName: `q${wish.queue}`,
  owner: `o${wish.owner}`,
  priority: wish.priority,
  submittedAtMs: atMs,
  request: wish.request,
  predictedRuntimeMs: wish.predicted ? wish.runtimeMs : null,
  resumes: wish.resumes,
  ...(wish.spareGpus === 0 || wish.request.gpuCount === 0
    ? {}
    : {
        elastic: {
          minimumGpuCount: wish.request.gpuCount,
          maximumGpuCount: wish.request.gpuCount + wish.spareGpus,
        },
      }),
  evictedAtMs: [],
  attainedMs: 0,
  notBeforeMs: atMs + wish.backOffMs,
})

/** Makes every change of an input throw. */
const freeze = (value: unknown): void => {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return
  Object.freeze(value)
  Object.values(value).forEach(freeze)
}

const demandSameWhenShuffled = (
  snapshot: Snapshot,
  decisions: readonly Decision[],
  policy: Policy,
  nowMs: number,
): void => {
  const nodes = snapshot.nodes.toReversed()
  const queued = snapshot.queued.toReversed()
  const running = snapshot.running.toReversed()
  const queues = snapshot.queues.toReversed()
  const holds = snapshot.holds.toReversed()
  const usage = { ...snapshot.usage, records: snapshot.usage.records.toReversed() }
  const again = decide({ nodes, queues, queued, running, holds, usage }, policy, nowMs)
  const isSame = JSON.stringify(again) === JSON.stringify(decisions)
  demand(isSame, 'equal inputs give equal outputs', { snapshot, decisions, again })
}

/** Lives one history through, deciding after everything that happens, and holds every decision to the laws. */
export const live = (world: World, policy: Policy, observers: readonly Observer[]): void => {
  let snapshot = openWorld(world)
  let nowMs = startMs
  let submittedCount = 0
  let cycles = 0
  const runtimes = new Map<string, number>()
  const stopsAtMs = new Map<string, number>()

  const think = (): void => {
    freeze(snapshot)
    const decisions = decide(snapshot, policy, nowMs)
    if ((cycles += 1) % 4 === 0) demandSameWhenShuffled(snapshot, decisions, policy, nowMs)
    const broken = decisionFaults(snapshot, decisions, policy, nowMs)
    demand(broken.length === 0, 'decisions keep the laws', { broken, nowMs, snapshot, decisions })
    for (const observer of observers) observer.cycle(snapshot, decisions, nowMs)
    snapshot = applyDecisions(snapshot, decisions, nowMs)
    for (const decision of decisions) {
      if (decision.type === 'preempt') stopsAtMs.set(decision.victimId, nowMs + graceMs)
      if (decision.type === 'resize') stopsAtMs.set(decision.jobId, nowMs + graceMs)
    }
    const wrong = snapshotFaults(snapshot)
    demand(wrong.length === 0, 'snapshots keep the laws', { wrong, snapshot })
  }

  const happen = (event: SchedEvent): void => {
    snapshot = evolve(snapshot, event)
    think()
  }

  const endOf = (job: Snapshot['running'][number]): number =>
    job.stopping ? (stopsAtMs.get(job.id) ?? nowMs) : job.startedAtMs + (runtimes.get(job.id) ?? 0)

  const finishOne = (untilMs: number): boolean => {
    const next = snapshot.running
      .map((job) => ({ job, atMs: endOf(job) }))
      .sort((left, right) => left.atMs - right.atMs || (left.job.id < right.job.id ? -1 : 1))[0]
    if (next === undefined || next.atMs > untilMs) return false
    nowMs = Math.max(nowMs, next.atMs)
    const { id, stopping, resumes, startedAtMs, resizing } = next.job
    stopsAtMs.delete(id)
    if (stopping && (resumes === true || resizing !== undefined))
      runtimes.set(id, Math.max(1, (runtimes.get(id) ?? 0) - (nowMs - startedAtMs)))
    if (resizing !== undefined) {
      happen({ type: 'resized', jobId: id, atMs: nowMs })
      return true
    }
    happen(
      stopping
        ? { type: 'requeued', jobId: id, atMs: nowMs, notBeforeMs: nowMs, evicted: true }
        : { type: 'ended', jobId: id, atMs: nowMs },
    )
    return true
  }

  const disturb = (event: SchedEvent): void => {
    for (const observer of observers) observer.disturbed()
    happen(event)
  }

  const changeNode = (kind: 'close_node' | 'open_node' | 'lose_node', pick: number): void => {
    const node = snapshot.nodes[pick % Math.max(1, snapshot.nodes.length)]
    if (node === undefined) return
    if (kind === 'lose_node') return disturb({ type: 'node_left', nodeId: node.id, atMs: nowMs })
    disturb({ type: 'node_changed', node: { ...node, schedulable: kind === 'open_node' } })
  }

  const take = (step: Step): void => {
    switch (step.kind) {
      case 'submit': {
        const job = submitted(step.job, (submittedCount += 1), nowMs)
        runtimes.set(job.id, step.job.runtimeMs)
        return happen({ type: 'submitted', job })
      }
      case 'wait': {
        const untilMs = nowMs + step.ms
        let ended = 0
        while (finishOne(untilMs)) demand((ended += 1) < 300, 'work gets done instead of going in circles', snapshot)
        nowMs = untilMs
        return think()
      }
      case 'cancel': {
        const job = snapshot.queued[step.pick % Math.max(1, snapshot.queued.length)]
        return job === undefined ? undefined : happen({ type: 'withdrawn', jobId: job.id })
      }
      case 'change_quota': {
        const index = step.pick % snapshot.queues.length
        const gpuMilli = step.gpus === null ? null : step.gpus * 1000
        const queues = snapshot.queues.map((queue, at) =>
          at === index ? { ...queue, nominal: { ...queue.nominal, gpuMilli } } : queue,
        )
        return disturb({ type: 'queues_changed', queues })
      }
      case 'change_order': {
        const index = step.pick % snapshot.queues.length
        const queues = snapshot.queues.map((queue, at) => (at === index ? { ...queue, order: step.order } : queue))
        return disturb({ type: 'queues_changed', queues })
      }
      default:
        return changeNode(step.kind, step.pick)
    }
  }
  world.steps.forEach(take)
}
