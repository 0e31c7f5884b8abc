import { fail, type Locale, type Resources } from '@novabrain/contracts'
import {
  decide,
  explainHold,
  explainUnfit,
  openCorrector,
  priorityOf,
  type Corrector,
  type Decision,
  type HoldDecision,
  type JobRequest,
  type QueuedJob,
  type Snapshot,
} from '@novabrain/scheduler'
import { completeResources } from '../core/jobs/default-resources.js'
import { keptAdmissionText } from '../core/jobs/gpu-memory.js'
import type { HoldRecord } from '../db/entities/execution.js'
import { systemScope, type Clock, type Deps } from '../deps.js'
import type { Planner, WouldBe } from '../modules/jobs/planner.js'
import { openAdmissions, requestOf } from './admission.js'
import { admissionsOf } from './admission-book.js'
import { elasticOf, queueKey, queueNameOf, readCluster, snapshotOf, type ClusterRows } from './cluster.js'
import type { DemandBook } from './demand-book.js'
import type { NodeBook } from './node-book.js'
import type { RunTimeBook } from './run-time-book.js'
import type { StartBook } from './start-book.js'
import type { PolicyBook } from './policy-book.js'

/** The scheduler's answers to questions that start nothing. */
export const createPlanner = ({
  clock,
  database,
  policies,
  demand,
  runTimes,
  starts,
  nodeBook,
}: {
  readonly clock: Clock
  readonly database: Deps['database']
  readonly policies: PolicyBook
  readonly demand: DemandBook
  readonly runTimes: RunTimeBook
  readonly starts: StartBook
  readonly nodeBook: NodeBook
}): Planner => ({
  async resources(tx, asked, locale) {
    const nodes = await nodeBook.read(tx)
    const resources = completeResources(asked, { gpuCount: nodes.gpuCount })
    const feasible = nodes.couldEverRun(requestOf({ ...plain(resources), raisedGpuMemoryMib: null }))
    if (feasible.fits) return resources
    const text = explainUnfit(feasible, locale)
    return fail('resources_never_available', { detail: text.message, suggestion: text.suggestionMessage ?? '' })
  },

  async preview(tx, asked, locale) {
    const rows = await readCluster(tx)
    const policy = await policies.read(tx)
    const nowMs = clock.nowMs()
    const { request, facts: memory } = openAdmissions(rows.devices, policy).of(memoryAskOf(asked))
    const job = wouldBeJob(asked, request, nowMs)
    const known = { demand: await demand.read(tx), foresee: await runTimes.read(tx) }
    const snapshot = snapshotOf(rows, nowMs, { ...known, admit: admissionsOf(rows, policy).admit })
    const decisions = decide({ ...snapshot, queued: [...snapshot.queued, job] }, policy, nowMs)
    const mine = decisions.find((decision): decision is Mine => isOfWaiting(decision) && decision.jobId === job.id)
    if (mine === undefined) throw new Error('The scheduler said nothing of a queued job')
    const corrector = openCorrector(await starts.read(tx))
    return { ...previewOf(rows, snapshot, mine, { locale, nowMs, corrector }), memory }
  },

  async foresight() {
    return runTimes.known() ?? database.transaction(systemScope, (tx) => runTimes.read(tx))
  },

  explain: (jobId, hold, locale, nameOf) => {
    const text = explainHold(decisionOf(jobId, hold), locale, nameOf)
    const message = [text.message, keptAdmissionText(hold.facts, locale)].filter((part) => part !== '').join(' ')
    return { message, suggestion: text.suggestionMessage }
  },
})

const plain = (resources: Resources) => ({ ...resources, gpuModel: resources.gpuModel ?? null })

/** An id after all real ones, so that the job that is only asked about stands behind those that are there. */
const wouldBeId = 'f'.repeat(32)

const memoryAskOf = ({ resources, gpuPeaksMib }: WouldBe) => ({
  ...plain(resources),
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

const previewOf = (
  rows: ClusterRows,
  snapshot: Snapshot,
  decision: Mine,
  { locale, nowMs, corrector }: { locale: Locale; nowMs: number; corrector: Corrector },
): Omit<Awaited<ReturnType<Planner['preview']>>, 'memory'> => {
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

/** The decision that was kept, in the words of the tenant: the scheduler knew its queue by a longer name. */
const decisionOf = (jobId: string, hold: HoldRecord): HoldDecision =>
  ({ type: 'hold', jobId, ...hold, facts: factsForTenant(hold.facts) }) as unknown as HoldDecision

/** Facts with queue and cohort as their tenant calls them. */
export const factsForTenant = (facts: Record<string, unknown>): Record<string, unknown> => ({
  ...facts,
  ...(typeof facts['queueName'] === 'string' ? { queueName: queueNameOf(facts['queueName']) } : {}),
  ...(typeof facts['cohort'] === 'string' ? { cohort: queueNameOf(facts['cohort']) } : {}),
})
