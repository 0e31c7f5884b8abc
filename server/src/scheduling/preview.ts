import type { Locale } from '@novabrain/contracts'
import {
  explainHold,
  openCorrector,
  priorityOf,
  type Corrector,
  type Decision,
  type HoldDecision,
  type JobRequest,
  type Policy,
  type QueuedJob,
  type Snapshot,
  type StartCorrection,
} from '@novabrain/scheduler'
import type { Preview, WouldBe } from '../modules/jobs/planner.js'
import { openAdmissions } from './admission.js'
import { elasticOf, queueKey, type ClusterRows } from './cluster.js'

/** What a preview is made on. */
export interface PreviewGrounds {
  readonly rows: ClusterRows
  readonly snapshot: Snapshot
  readonly policy: Policy
  readonly correction: StartCorrection
  readonly nowMs: number
}

/** Who asks, and in which language. */
export interface PreviewQuestion {
  readonly asked: WouldBe
  readonly locale: Locale
}

/** What would happen to a job if it waited behind all that wait: decided as anything else is. */
export const previewOn = (
  { rows, snapshot, policy, correction, nowMs }: PreviewGrounds,
  { asked, locale }: PreviewQuestion,
  decide: (snapshot: Snapshot, nowMs: number) => readonly Decision[],
): Preview => {
  const { request, facts: memory } = openAdmissions(rows.devices, policy).of(memoryAskOf(asked))
  const job = wouldBeJob(asked, request, nowMs)
  const decisions = decide({ ...snapshot, queued: [...snapshot.queued, job] }, nowMs)
  const mine = decisions.find((decision): decision is Mine => isOfWaiting(decision) && decision.jobId === job.id)
  if (mine === undefined) throw new Error('The scheduler said nothing of a queued job')
  return { ...answerOf(rows, snapshot, mine, { locale, nowMs, corrector: openCorrector(correction) }), memory }
}

/** An id after all real ones, so that the job that is only asked about stands behind those that are there. */
const wouldBeId = 'f'.repeat(32)

const memoryAskOf = ({ resources, gpuPeaksMib }: WouldBe) => ({
  ...resources,
  gpuModel: resources.gpuModel ?? null,
  raisedGpuMemoryMib: null,
  gpuPeaksMib,
})

const wouldBeJob = (
  { tenantId, queueName, owner, priorityClass, resources, runTime }: WouldBe,
  request: JobRequest,
  nowMs: number,
): QueuedJob => ({
  id: wouldBeId,
  queueName: queueKey(tenantId, queueName),
  owner,
  priority: priorityOf(priorityClass),
  submittedAtMs: nowMs,
  request,
  predictedRuntimeMs: runTime?.likelyMs ?? null,
  cautiousRuntimeMs: runTime?.cautiousMs ?? null,
  evictedAtMs: [],
  attainedMs: 0,
  notBeforeMs: 0,
  ...elasticOf({ gpuCount: resources.gpuCount, maxGpuCount: resources.maxGpuCount ?? null }, false),
})

type Mine = Exclude<Decision, { type: 'preempt' | 'resize' }>

const isOfWaiting = (decision: Decision): decision is Mine => decision.type !== 'preempt' && decision.type !== 'resize'

const answerOf = (
  rows: ClusterRows,
  snapshot: Snapshot,
  decision: Mine,
  { locale, nowMs, corrector }: { locale: Locale; nowMs: number; corrector: Corrector },
): Omit<Preview, 'memory'> => {
  if (decision.type === 'start') {
    const [pod] = decision.placement.pods
    const nodeName = snapshot.nodes.find(({ id }) => id === pod?.nodeId)?.name ?? null
    const device = rows.devices.find(({ id }) => id === pod?.devices[0]?.deviceId) ?? cpuOf(rows, pod?.nodeId)
    return {
      startsNow: true,
      reason: 'ready',
      message: null,
      expectedWaitMs: 0,
      nodeName,
      gpuCount: pod?.devices.length ?? 0,
      device: deviceOf(device),
    }
  }
  const { estimatedStart } = decision
  return {
    startsNow: false,
    reason: decision.reason,
    message: explainHold({ ...decision, type: 'hold' } as HoldDecision, locale, () => '').message,
    expectedWaitMs: estimatedStart === null ? null : corrector.correct(estimatedStart, nowMs).p50Ms - nowMs,
    nodeName: null,
    gpuCount: 0,
    device: null,
  }
}

const cpuOf = (rows: ClusterRows, nodeId: string | undefined) =>
  rows.devices.find((device) => device.nodeId === nodeId && device.kind === 'cpu')

const deviceOf = (device: ClusterRows['devices'][number] | undefined) =>
  device === undefined ? null : { model: device.model, memoryMib: device.memoryMib, simulated: device.simulated }
