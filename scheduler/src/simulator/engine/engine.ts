import { requestWithout } from '../../model/elastic.js'
import type { SchedEvent } from '../../model/event.js'
import type { Placement, QueuedJob } from '../../model/snapshot.js'
import { createHeap } from '../../steps/heap.js'
import { openDeviceLedger } from './ledger.js'
import { openRecorder } from './over-time.js'
import type { EnginePolicy, PolicyMaker, SimView } from './policy.js'
import type { JobResult, SimResult } from './result.js'
import { noCosts, widthOf, type Costs, type Trace, type TraceJob } from './trace.js'

/** How far a simulation is. */
export interface Progress {
  readonly jobsDone: number
  readonly jobsInAll: number
  readonly nowMs: number
}

export interface SimOptions {
  readonly costs?: Costs
  /** Told every so often; answering `stop` ends the simulation there. */
  readonly onProgress?: (progress: Progress) => 'stop' | void
  /** Instants between two reports; 2000 unless given. */
  readonly reportEvery?: number
}

/** A simulation under way. */
export interface Simulation {
  /** Lets so many more instants pass; answers whether anything is left to happen. */
  advance(instants: number): boolean
  progress(): Progress
  /** What became of all jobs so far. */
  result(): SimResult
}

interface Attempt {
  readonly placement: Placement
  /** Devices over all its pods, and how fast it is with them. */
  readonly width: number
  readonly speed: number
  /** Where it begins again when it has stopped. */
  resizing: Placement | null
  readonly startedAtMs: number
  /** When what is left of the work began, or begins, to shrink. */
  workFromMs: number
  /** Up to when progress is booked; only used where events cost something. */
  settledAtMs: number
  stopping: boolean
}

interface Life {
  readonly job: TraceJob
  readonly width: number
  /** Where it stands in the trace: the last word in every order. */
  readonly at: number
  /** Counts attempts and new ends, so that an end foreseen before is known to be void. */
  version: number
  leftMs: number
  attainedMs: number
  deviceMs: number
  preemptions: number
  resizes: number
  firstStartMs: number | null
  endMs: number | null
  attempt: Attempt | null
}

interface Foreseen {
  readonly atMs: number
  readonly kind: 'end' | 'stopped' | 'resized'
  readonly life: Life
  readonly version: number
}

const byTime = (left: Foreseen, right: Foreseen): number => left.life.at - right.life.at

const mostRoundsAnInstant = 1000

const losesWork = (job: TraceJob, costs: Costs): boolean => costs.losesWork && job.elastic === undefined

const queuedJobOf = (job: TraceJob, costs: Costs): QueuedJob => ({
  id: job.id,
  queueName: job.queueName,
  owner: job.owner,
  priority: job.priority,
  submittedAtMs: job.submitMs,
  request: requestWithout(job),
  predictedRuntimeMs: null,
  evictedAtMs: [],
  attainedMs: 0,
  notBeforeMs: 0,
  resumes: !losesWork(job, costs),
  ...(job.elastic === undefined ? {} : { elastic: job.elastic }),
})

/** Of a place that grows, the devices that it has not had before. */
const addedBy = (before: Placement, after: Placement): Placement => {
  const known = new Set(before.pods.flatMap(({ devices }) => devices.map(({ deviceId }) => deviceId)))
  return {
    pods: after.pods.map((pod) => ({ ...pod, devices: pod.devices.filter(({ deviceId }) => !known.has(deviceId)) })),
  }
}

/**
 * Lives a trace through under a policy. The engine knows time, work and devices; who runs where is the policy's to say,
 * and a device given twice throws. Equal traces and policies give equal results. Bookkeeping costs as much as changes, not
 * as much as there are jobs.
 */
export const openSimulation = (trace: Trace, maker: PolicyMaker, costs: Costs = noCosts): Simulation => {
  const lives = trace.jobs.map((job, at): Life => ({
    job,
    width: widthOf(job),
    at,
    version: 0,
    leftMs: job.runMs,
    attainedMs: 0,
    deviceMs: 0,
    preemptions: 0,
    resizes: 0,
    firstStartMs: null,
    endMs: null,
    attempt: null,
  }))
  const byId = new Map(lives.map((life) => [life.job.id, life]))
  if (byId.size !== lives.length) throw new Error(`Two jobs of ${trace.name} have the same id`)
  const arrivals = [...lives].sort((left, right) => left.job.submitMs - right.job.submitMs || left.at - right.at)
  const foreseen = createHeap<Foreseen>([], ({ atMs }) => atMs, byTime)
  const ledger = openDeviceLedger(trace.nodes)
  const beginMs = arrivals[0]?.job.submitMs ?? 0
  const recorder = openRecorder(beginMs)
  const running = new Set<Life>()
  const chargesEvents = trace.jobs.some((job) => costs.eventMs(job) > 0)
  let nowMs = beginMs
  let arrived = 0
  let done = 0
  let queued = 0
  let instants = 0
  let cycles = 0

  const lifeOf = (jobId: string): Life => {
    const life = byId.get(jobId)
    if (life === undefined) throw new Error(`The policy speaks of ${jobId}, which is not in ${trace.name}`)
    return life
  }
  const view: SimView = {
    trace,
    job: (jobId) => lifeOf(jobId).job,
    leftMs: (jobId, atMs) => {
      const { leftMs, attempt } = lifeOf(jobId)
      return attempt === null
        ? leftMs
        : leftMs - Math.min(leftMs, Math.max(0, atMs - attempt.workFromMs) * attempt.speed)
    },
    attainedMs: (jobId, atMs) => {
      const { attainedMs, attempt } = lifeOf(jobId)
      return attempt === null ? attainedMs : attainedMs + atMs - attempt.startedAtMs
    },
    startedAtMs: (jobId) => lifeOf(jobId).attempt?.startedAtMs ?? null,
  }
  const policy: EnginePolicy = maker.open(view)

  const expectEnd = (life: Life, attempt: Attempt): void => {
    life.version += 1
    const atMs = attempt.workFromMs + Math.ceil(life.leftMs / attempt.speed)
    foreseen.push({ atMs, kind: 'end', life, version: life.version })
  }

  const beginAt = (life: Life, placement: Placement): void => {
    const { job } = life
    ledger.take(job.id, placement)
    const startMs = costs.startMs(job, life.preemptions + life.resizes > 0)
    const gpuCount = placement.pods[0]?.devices.length ?? 0
    const attempt: Attempt = {
      placement,
      width: job.elastic === undefined ? life.width : gpuCount * placement.pods.length,
      speed: job.speedAt?.(gpuCount) ?? 1,
      resizing: null,
      startedAtMs: nowMs,
      workFromMs: nowMs + startMs,
      settledAtMs: nowMs,
      stopping: false,
    }
    life.attempt = attempt
    running.add(life)
    expectEnd(life, attempt)
  }

  const begin = (jobId: string, placement: Placement): void => {
    const life = lifeOf(jobId)
    if (life.attempt !== null || life.endMs !== null || life.job.submitMs > nowMs)
      throw new Error(`${jobId} was started though it does not wait`)
    life.firstStartMs ??= nowMs
    queued -= 1
    beginAt(life, placement)
  }

  const leave = (life: Life, attempt: Attempt): void => {
    ledger.give(attempt.placement)
    running.delete(life)
    const ranMs = nowMs - attempt.startedAtMs
    life.attainedMs += ranMs
    life.deviceMs += ranMs * attempt.width
    life.attempt = null
    life.version += 1
  }

  const stopNow = (life: Life, attempt: Attempt): void => {
    leave(life, attempt)
    life.preemptions += 1
    const { id } = life.job
    queued += 1
    policy.happened({ type: 'requeued', jobId: id, atMs: nowMs, notBeforeMs: nowMs, evicted: true })
  }

  /** Told to stop: its work is over now, its devices are free after a while. Answers whether they are free at once. */
  const evict = (victimId: string): boolean => {
    const life = lifeOf(victimId)
    const { attempt } = life
    if (attempt === null || attempt.stopping) throw new Error(`${victimId} was evicted though it does not run`)
    const leftMs = view.leftMs(victimId, nowMs)
    life.leftMs = losesWork(life.job, costs) ? life.job.runMs : leftMs
    attempt.stopping = true
    attempt.workFromMs = Number.POSITIVE_INFINITY
    life.version += 1
    const stopMs = costs.stopMs(life.job)
    if (stopMs > 0) foreseen.push({ atMs: nowMs + stopMs, kind: 'stopped', life, version: life.version })
    else stopNow(life, attempt)
    return stopMs <= 0
  }

  const beginAgain = (life: Life, attempt: Attempt, resizing: Placement): void => {
    leave(life, attempt)
    ledger.give(addedBy(attempt.placement, resizing))
    life.resizes += 1
    beginAt(life, resizing)
    policy.happened({ type: 'resized', jobId: life.job.id, atMs: nowMs })
  }

  /** Told to stop and to begin again wider or narrower: what it grows into is its own from now on. Answers whether that was at once. */
  const resize = (jobId: string, resizing: Placement): boolean => {
    const life = lifeOf(jobId)
    const { attempt } = life
    if (attempt === null || attempt.stopping) throw new Error(`${jobId} was resized though it does not run`)
    life.leftMs = view.leftMs(jobId, nowMs)
    ledger.take(jobId, addedBy(attempt.placement, resizing))
    attempt.stopping = true
    attempt.resizing = resizing
    attempt.workFromMs = Number.POSITIVE_INFINITY
    life.version += 1
    const stopMs = costs.stopMs(life.job)
    if (stopMs > 0) foreseen.push({ atMs: nowMs + stopMs, kind: 'resized', life, version: life.version })
    else beginAgain(life, attempt, resizing)
    return stopMs <= 0
  }

  const finish = (life: Life, attempt: Attempt): void => {
    leave(life, attempt)
    life.leftMs = 0
    life.endMs = nowMs
    done += 1
    policy.happened({ type: 'ended', jobId: life.job.id, atMs: nowMs })
  }

  /** Everything that was foreseen for now; answers how many jobs ended. */
  const reach = (): number => {
    const before = done
    for (let next = foreseen.peek(); next !== null && next.atMs <= nowMs; next = foreseen.peek()) {
      foreseen.pop()
      const { life, version, kind } = next
      if (version !== life.version || life.attempt === null) continue
      const { resizing } = life.attempt
      if (kind === 'end') finish(life, life.attempt)
      else if (kind === 'resized' && resizing !== null) beginAgain(life, life.attempt, resizing)
      else stopNow(life, life.attempt)
    }
    return done - before
  }

  const arrive = (): number => {
    const before = arrived
    for (let life = arrivals[arrived]; life !== undefined && life.job.submitMs <= nowMs; life = arrivals[arrived]) {
      arrived += 1
      queued += 1
      const event: SchedEvent = { type: 'submitted', job: queuedJobOf(life.job, costs) }
      policy.happened(event)
    }
    return arrived - before
  }

  const charge = (): void => {
    for (const life of running) {
      const { attempt } = life
      if (attempt === null || attempt.stopping) continue
      const doneMs = Math.max(0, nowMs - attempt.settledAtMs - costs.eventMs(life.job))
      life.leftMs = Math.max(0, life.leftMs - doneMs * attempt.speed)
      attempt.settledAtMs = nowMs
      attempt.workFromMs = nowMs
      expectEnd(life, attempt)
    }
  }

  const think = (): void => {
    for (let round = 0; ; round += 1) {
      if (round >= mostRoundsAnInstant) throw new Error(`The policy goes in circles at ${nowMs} of ${trace.name}`)
      cycles += 1
      const decisions = policy.decide(nowMs)
      let freed = false
      for (const decision of decisions) if (decision.type === 'preempt') freed = evict(decision.victimId) || freed
      for (const decision of decisions)
        if (decision.type === 'resize') freed = resize(decision.jobId, decision.placement) || freed
      for (const decision of decisions) if (decision.type === 'start') begin(decision.jobId, decision.placement)
      if (!freed) return
    }
  }

  const nextMs = (): number => {
    for (let next = foreseen.peek(); next !== null && next.version !== next.life.version; next = foreseen.peek())
      foreseen.pop()
    const arrivalMs = arrivals[arrived]?.job.submitMs ?? Number.POSITIVE_INFINITY
    const aheadMs = Math.min(arrivalMs, foreseen.peek()?.atMs ?? Number.POSITIVE_INFINITY)
    if (aheadMs === Number.POSITIVE_INFINITY && queued === 0) return aheadMs
    return Math.min(aheadMs, Math.max(nowMs + 1, policy.wakeMs(nowMs) ?? Number.POSITIVE_INFINITY))
  }

  const passOne = (): boolean => {
    const atMs = nextMs()
    if (atMs === Number.POSITIVE_INFINITY) return false
    nowMs = atMs
    instants += 1
    const changes = reach() + arrive()
    if (chargesEvents && changes > 0) charge()
    think()
    recorder.change(nowMs, ledger.inUse(), queued)
    return true
  }

  const resultOf = (life: Life): JobResult => ({
    id: life.job.id,
    width: life.width,
    submitMs: life.job.submitMs,
    firstStartMs: life.firstStartMs,
    endMs: life.endMs,
    runMs: life.job.runMs,
    preemptions: life.preemptions,
    resizes: life.resizes,
    deviceMs: life.deviceMs,
  })

  return {
    advance(count) {
      for (let passed = 0; passed < count; passed += 1) if (!passOne()) return false
      return true
    },
    progress: () => ({ jobsDone: done, jobsInAll: lives.length, nowMs }),
    result: () => ({
      trace: trace.name,
      policy: maker.name,
      devicesInAll: trace.nodes.reduce((sum, node) => sum + node.devices.length, 0),
      jobs: lives.map(resultOf),
      overTime: recorder.end(nowMs),
      instants,
      cycles,
      stopped: done < lives.length,
    }),
  }
}

/** Lives a whole trace through, or until told to stop. */
export const simulate = (trace: Trace, maker: PolicyMaker, options: SimOptions = {}): SimResult => {
  const { costs = noCosts, onProgress = () => undefined, reportEvery = 2000 } = options
  const simulation = openSimulation(trace, maker, costs)
  while (simulation.advance(reportEvery)) if (onProgress(simulation.progress()) === 'stop') break
  return simulation.result()
}
