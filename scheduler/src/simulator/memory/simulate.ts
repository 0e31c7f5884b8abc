import { openScheduler, type Scheduler } from '../../decide.js'
import type { JobRequest } from '../../model/request.js'
import type { DeviceGrant, Placement, QueuedJob, RunningJob, SchedNode } from '../../model/snapshot.js'
import type { Policy } from '../../policy/policy.js'
import { memoryHistoryOf, type MemoryHistory } from '../../prediction/memory.js'
import { openQueue } from '../traces/nodes.js'
import type { MemoryRegime } from './regimes.js'
import { peakOf, type MemoryJob, type MemoryKind } from './workload.js'

/** What became of a workload under a regime. */
export interface MemoryFigures {
  readonly jobs: number
  /** Processes that died for want of device memory. */
  readonly kills: number
  /** Of them, those that took no more than they were let in with, or asked: another had taken it. */
  readonly innocentKills: number
  readonly killsOf: Readonly<Record<MemoryKind, number>>
  /** Jobs that died on a device of their own, too. */
  readonly failed: number
  /** Time on devices that came to nothing, thousandths of all that was used. */
  readonly lostPermille: number
  /** Computing of jobs that ended well, thousandths of all devices from the first arrival to the last end. */
  readonly utilisationPermille: number
  readonly meanCompletionS: number
  readonly p99CompletionS: number
  /** Jobs on a device at a time, while it is used: hundredths. */
  readonly jobsPerDeviceHundredths: number
}

export interface MemoryCluster {
  readonly nodes: readonly SchedNode[]
  readonly policy: Policy
}

interface Life {
  readonly job: MemoryJob
  deaths: number
  /** What it is tried with once more. */
  again: JobRequest | null
  endMs: number | null
  queued: QueuedJob | null
  attempt: Attempt | null
}

interface Attempt {
  readonly life: Life
  readonly running: RunningJob
  readonly grant: DeviceGrant
  readonly device: Device
  /** Work done, milliseconds of `runMs`, as of the last change on its device. */
  doneMs: number
  useMib: number
  nextStep: number
}

interface Device {
  readonly memoryMib: number
  readonly attempts: Set<Attempt>
  /** Since when the attempts on it have gone on at its present pace. */
  sinceMs: number
}

const lastPeaks = 20

const kinds = (): Record<MemoryKind, number> => ({ known: 0, unknown: 0, growing: 0, lying: 0, changed: 0 })

/** Together they get no more than the whole device: who shares with too many goes on slower. */
const paceOf = ({ attempts }: Device): number => {
  let busy = 0
  for (const { life } of attempts) busy += life.job.gpuMilli
  return busy <= 1000 ? 1 : 1000 / busy
}

const settle = (device: Device, nowMs: number): void => {
  const passedMs = (nowMs - device.sinceMs) * paceOf(device)
  for (const attempt of device.attempts) attempt.doneMs += passedMs
  device.sinceMs = nowMs
}

const workOfStep = ({ life, nextStep }: Attempt): number => {
  const { steps, runMs } = life.job
  const step = steps[nextStep]
  return step === undefined ? runMs : (step.atPermille * runMs) / 1000
}

const usedOn = ({ attempts }: Device): number => {
  let used = 0
  for (const { useMib } of attempts) used += useMib
  return used
}

/** What is known of like jobs, as the server keeps it: the peaks of the last twenty that ended well. */
const openHistory = () => {
  const peaks = new Map<string, number[]>()
  return {
    of: (name: string): MemoryHistory | null => memoryHistoryOf(peaks.get(name) ?? []),
    ended: ({ name }: MemoryJob, peakMib: number): void =>
      void peaks.set(name, [...(peaks.get(name) ?? []), peakMib].slice(-lastPeaks)),
  }
}

const queuedOf = (job: MemoryJob, request: JobRequest): QueuedJob => ({
  id: job.id,
  queueName: 'main',
  owner: 'all',
  priority: 200,
  submittedAtMs: job.submitMs,
  request,
  predictedRuntimeMs: null,
  evictedAtMs: [],
  attainedMs: 0,
  notBeforeMs: 0,
})

/**
 * Lives a workload through on devices whose memory really runs out. The scheduler of the server places; a process that
 * asks for memory that is not there dies, whoever had taken it, and is tried again as the regime says. Work that dies is
 * lost. Equal inputs give equal figures.
 */
export const simulateMemory = (
  jobs: readonly MemoryJob[],
  regime: MemoryRegime,
  { nodes, policy }: MemoryCluster,
): MemoryFigures => {
  const scheduler: Scheduler = openScheduler(policy)
  const queues = [openQueue('main')]
  const history = openHistory()
  const devices = new Map(
    nodes.flatMap((node) =>
      node.devices.map(({ id, memoryMib }): [string, Device] => [id, { memoryMib, attempts: new Set(), sinceMs: 0 }]),
    ),
  )
  const deviceMib = Math.max(...[...devices.values()].map(({ memoryMib }) => memoryMib))
  const lives = jobs.map((job): Life => ({ job, deaths: 0, again: null, endMs: null, queued: null, attempt: null }))
  const byId = new Map(lives.map((life) => [life.job.id, life]))
  const waiting = new Set<Life>()
  const running = new Set<Attempt>()
  const sums = { kills: 0, innocent: 0, failed: 0, lostMs: 0, heldMs: 0, deviceMs: 0, usefulMs: 0 }
  const killsOf = kinds()
  let next = 0
  let nowMs = 0

  const wait = (life: Life): void => {
    const { job, again } = life
    const request = again ?? regime.request(job, history.of(job.name), deviceMib)
    life.queued = queuedOf(job, request)
    waiting.add(life)
  }

  const leave = (attempt: Attempt): void => {
    attempt.device.attempts.delete(attempt)
    running.delete(attempt)
    attempt.life.attempt = null
    sums.heldMs += nowMs - attempt.running.startedAtMs
  }

  const die = (attempt: Attempt, wantedMib: number): void => {
    const { life, grant } = attempt
    leave(attempt)
    sums.kills += 1
    killsOf[life.job.kind] += 1
    if (wantedMib <= Math.max(grant.memoryMib, life.job.askedMib)) sums.innocent += 1
    sums.lostMs += nowMs - attempt.running.startedAtMs
    life.deaths += 1
    life.again = regime.again(life.deaths, grant, deviceMib)
    if (life.again !== null) wait(life)
    else {
      sums.failed += 1
      life.endMs = nowMs
    }
  }

  const end = (attempt: Attempt): void => {
    const { life } = attempt
    leave(attempt)
    life.endMs = nowMs
    sums.usefulMs += (life.job.runMs * life.job.gpuMilli) / 1000
    history.ended(life.job, peakOf(life.job))
    for (const other of waiting) if (other.job.name === life.job.name) wait(other)
  }

  /** The next step of an attempt, which is due: more memory, or its end. */
  const step = (attempt: Attempt): void => {
    const { life, device, grant } = attempt
    const wanted = life.job.steps[attempt.nextStep]
    if (wanted === undefined) return end(attempt)
    attempt.nextStep += 1
    const beyondShare = regime.held && wanted.mib > grant.memoryMib
    const lacking = usedOn(device) - attempt.useMib + wanted.mib > device.memoryMib
    if (beyondShare || lacking) return die(attempt, wanted.mib)
    attempt.useMib = wanted.mib
  }

  const start = (jobId: string, placement: Placement): void => {
    const life = byId.get(jobId)
    const grant = placement.pods[0]?.devices[0]
    const device = devices.get(grant?.deviceId ?? '')
    const asked = life?.queued ?? null
    if (life === undefined || asked === null || grant === undefined || device === undefined)
      throw new Error(`${jobId} was started though it does not wait`)
    settle(device, nowMs)
    const held: RunningJob = {
      ...asked,
      placement,
      startedAtMs: nowMs,
      stopping: false,
      predictedEndMs: null,
      checkpointedAtMs: null,
    }
    const attempt = { life, running: held, grant, device, doneMs: 0, useMib: 0, nextStep: 0 }
    life.queued = null
    life.attempt = attempt
    waiting.delete(life)
    running.add(attempt)
    device.attempts.add(attempt)
  }

  const think = (): void => {
    const snapshot = {
      nodes,
      queues,
      queued: [...waiting].flatMap(({ queued }) => queued ?? []),
      running: [...running].map((attempt) => attempt.running),
      holds: [],
      usage: { halfLifeMs: 86_400_000, records: [] },
    }
    for (const { jobId, placement } of scheduler.act(snapshot, nowMs).starts) start(jobId, placement)
  }

  const dueMs = (attempt: Attempt): number =>
    attempt.device.sinceMs + Math.ceil(Math.max(0, workOfStep(attempt) - attempt.doneMs) / paceOf(attempt.device))

  for (;;) {
    let first: Attempt | null = null
    let atMs = lives[next]?.job.submitMs ?? Number.POSITIVE_INFINITY
    for (const attempt of running) {
      const due = dueMs(attempt)
      if (due >= atMs) continue
      atMs = due
      first = attempt
    }
    if (atMs === Number.POSITIVE_INFINITY) break
    const passedMs = Math.max(nowMs, atMs) - nowMs
    for (const { attempts } of devices.values()) if (attempts.size > 0) sums.deviceMs += passedMs
    nowMs += passedMs
    const before = running.size + waiting.size
    const died = sums.kills
    if (first === null) {
      const life = lives[next]
      next += 1
      if (life !== undefined) wait(life)
    } else {
      settle(first.device, nowMs)
      step(first)
    }
    if (running.size + waiting.size !== before || sums.kills !== died) think()
  }

  const ended = lives.flatMap(({ job, endMs }) => (endMs === null ? [] : (endMs - job.submitMs) / 1000))
  if (ended.length !== lives.length) throw new Error(`${lives.length - ended.length} jobs never ended`)
  ended.sort((left, right) => left - right)
  const spanMs = nowMs - (lives[0]?.job.submitMs ?? 0)
  return {
    jobs: lives.length,
    kills: sums.kills,
    innocentKills: sums.innocent,
    killsOf,
    failed: sums.failed,
    lostPermille: Math.round((1000 * sums.lostMs) / Math.max(1, sums.heldMs)),
    utilisationPermille: Math.round((1000 * sums.usefulMs) / Math.max(1, spanMs * devices.size)),
    meanCompletionS: Math.round(ended.reduce((sum, seconds) => sum + seconds, 0) / Math.max(1, ended.length)),
    p99CompletionS: Math.round(ended[Math.floor(0.99 * ended.length)] ?? 0),
    jobsPerDeviceHundredths: Math.round((100 * sums.heldMs) / Math.max(1, sums.deviceMs)),
  }
}
