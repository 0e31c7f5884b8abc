import { holdEndMs } from './cycle.js'
import { expectedEndMs, sureEndMs } from './steps/runners.js'
import { hasPlaceFor, lesser, openLedger, overdrawn, withdraw, type Ledger } from './invariants/ledger.js'
import { quotaFault } from './invariants/quota-rule.js'
import { resizeFaults } from './invariants/resize-rule.js'
import type {
  Decision,
  HoldDecision,
  PreemptDecision,
  ReserveDecision,
  ResizeDecision,
  StartDecision,
} from './model/decision.js'
import { givenUpBy, requestAt, takenBy, totalGivenUpBy, totalTakenBy } from './model/elastic.js'
import { acceptsModel, totalOf, type JobRequest } from './model/request.js'
import { nothing, resourceNames, type ResourceName, type ResourceVector } from './model/resources.js'
import type { Hold, Placement, PodPlacement, QueuedJob, RunningJob, SchedJob, Snapshot } from './model/snapshot.js'
import type { Policy } from './policy/policy.js'
import { keptBeyondVictims, quotaBeyondVictims } from './steps/holds.js'
import { bySubmission, isAged, widthOf, workIn, workOf } from './steps/order.js'

/**
 * The laws of the scheduler, for one moment: what must be true of a snapshot, and of the decisions made from it. They
 * are written as plain sums, apart from the way decisions are found, so that a fault in one is not a fault in both.
 */
export type Law =
  | 'device_held_once'
  | 'gang_whole'
  | 'one_decision_each'
  | 'quota_kept'
  | 'start_allowed'
  | 'preemption_lawful'
  | 'preemptor_starts'
  | 'resize_lawful'
  | 'reservation_kept'
  | 'age_bound_kept'
  | 'nothing_idle'

/** A broken law and what shows it. */
export interface Fault {
  readonly law: Law
  readonly detail: string
}

const hourMs = 3_600_000

const fault = (law: Law, detail: string): Fault => ({ law, detail })
const faults = (law: Law, details: readonly (string | null)[]): Fault[] =>
  details.flatMap((detail) => (detail === null ? [] : [fault(law, detail)]))

/** Whether a placement gives a request exactly what it asks: all pods, different devices, whole shares, nothing else. */
const placementFault = (snapshot: Snapshot, request: JobRequest, placement: Placement): string | null => {
  if (placement.pods.length !== request.replicas) return `${placement.pods.length} of ${request.replicas} pods`
  const isRight = (pod: PodPlacement): boolean => {
    const devices = snapshot.nodes.find((node) => node.id === pod.nodeId)?.devices ?? []
    const granted = pod.devices.map((grant) => devices.find((device) => device.id === grant.deviceId))
    return (
      pod.cpuMilli === request.cpuMilli &&
      pod.memoryMib === request.memoryMib &&
      new Set(pod.devices.map((grant) => grant.deviceId)).size === request.gpuCount &&
      pod.devices.length === request.gpuCount &&
      pod.devices.every((grant) => grant.milli === request.gpuMilli) &&
      granted.every((device) => device?.kind === 'gpu') &&
      granted.every((device) => device !== undefined && acceptsModel(request, device.model)) &&
      pod.devices.every(
        (grant, index) => grant.memoryMib >= Math.min(request.gpuMemoryMib, granted[index]?.memoryMib ?? 0),
      ) &&
      (request.gpuMilli < 1000 || pod.devices.every((grant, index) => grant.memoryMib === granted[index]?.memoryMib))
    )
  }
  const wrong = placement.pods.find((pod) => !isRight(pod))
  return wrong === undefined ? null : `wrong pod ${JSON.stringify(wrong)}`
}

const isOnKnownNodes = (snapshot: Snapshot, job: RunningJob): boolean =>
  job.placement.pods.every((pod) => snapshot.nodes.some((node) => node.id === pod.nodeId))

/** Whether a place is right for a job, with a number of devices it makes do with. */
const placeFault = (snapshot: Snapshot, job: SchedJob, placement: Placement): string | null => {
  const request = requestAt(job, placement)
  const { minimumGpuCount: least = request.gpuCount, maximumGpuCount: most = request.gpuCount } = job.elastic ?? {}
  const isWithin = request.gpuCount >= least && request.gpuCount <= most
  return isWithin
    ? placementFault(snapshot, request, placement)
    : `${request.gpuCount} devices of ${least} to ${most} a pod`
}

/** What must be true of any snapshot: no device, core or byte is held twice, and what runs runs whole. */
export const snapshotFaults = (snapshot: Snapshot): Fault[] => {
  const ledger = openLedger(snapshot.nodes)
  for (const job of snapshot.running) withdraw(ledger, takenBy(job))
  const ids = [...snapshot.queued, ...snapshot.running].map((job) => job.id)
  const broken = snapshot.running
    .filter((job) => isOnKnownNodes(snapshot, job))
    .flatMap((job) =>
      [job.placement, ...(job.resizing === undefined ? [] : [job.resizing])].map((one) =>
        placeFault(snapshot, job, one),
      ),
    )
  return [
    ...faults('device_held_once', overdrawn(ledger)),
    ...faults('gang_whole', broken),
    ...(new Set(ids).size === ids.length ? [] : [fault('one_decision_each', 'a job is in two places')]),
  ]
}

/** One set of decisions, sorted out. */
interface Case {
  readonly snapshot: Snapshot
  readonly policy: Policy
  readonly nowMs: number
  readonly queued: ReadonlyMap<string, QueuedJob>
  readonly running: ReadonlyMap<string, RunningJob>
  /** Those who run, with what they are told now. */
  readonly told: readonly RunningJob[]
  readonly starts: readonly StartDecision[]
  readonly reserves: readonly ReserveDecision[]
  readonly holds: readonly HoldDecision[]
  readonly preempts: readonly PreemptDecision[]
  readonly resizes: readonly ResizeDecision[]
  readonly decisions: readonly Decision[]
}

const toldBy = (decisions: readonly Decision[]): ((job: RunningJob) => RunningJob) => {
  const evicted = new Set(decisions.flatMap((one) => (one.type === 'preempt' ? [one.victimId] : [])))
  const places = new Map(decisions.flatMap((one) => (one.type === 'resize' ? [[one.jobId, one.placement]] : [])))
  return (job) => {
    const resizing = places.get(job.id)
    if (resizing !== undefined) return { ...job, stopping: true, resizing }
    return evicted.has(job.id) ? { ...job, stopping: true } : job
  }
}

const sortOut = (snapshot: Snapshot, decisions: readonly Decision[], policy: Policy, nowMs: number): Case => ({
  snapshot,
  policy,
  nowMs,
  decisions,
  queued: new Map(snapshot.queued.map((job) => [job.id, job])),
  running: new Map(snapshot.running.map((job) => [job.id, job])),
  told: snapshot.running.map(toldBy(decisions)),
  resizes: decisions.filter((decision) => decision.type === 'resize'),
  starts: decisions.filter((decision) => decision.type === 'start'),
  reserves: decisions.filter((decision) => decision.type === 'reserve'),
  holds: decisions.filter((decision) => decision.type === 'hold'),
  preempts: decisions.filter((decision) => decision.type === 'preempt'),
})

const oneDecisionEach = ({ queued, decisions, reserves, holds }: Case): (string | null)[] => {
  const ids = decisions.flatMap((decision) =>
    decision.type === 'preempt' || decision.type === 'resize' ? [] : [decision.jobId],
  )
  const positions = [...reserves, ...holds].map((decision) => decision.position).sort((left, right) => left - right)
  return [
    ids.length === queued.size && new Set(ids).size === ids.length ? null : `${ids.length} decisions`,
    ids.every((id) => queued.has(id)) ? null : 'a decision about a job that does not wait',
    positions.every((position, index) => position === index + 1) ? null : `positions ${positions.join()}`,
  ]
}

const gangsWhole = ({ snapshot, queued, running, starts, reserves, resizes }: Case): (string | null)[] =>
  [...starts, ...reserves, ...resizes].map((decision) => {
    const job = decision.type === 'resize' ? running.get(decision.jobId) : queued.get(decision.jobId)
    return job === undefined ? 'no job' : placeFault(snapshot, job, decision.placement)
  })

/** Those of a hold who still run: told to stop before, or told now. */
const victimsOf = ({ told }: Case, hold: Hold): RunningJob[] =>
  told.filter((job) => job.stopping && hold.victimIds.includes(job.id))

const liveHolds = ({ reserves }: Case): Hold[] => reserves.flatMap((decision) => decision.hold ?? [])

/** What is left once everything runs that runs or starts, and what is held stays held. */
const ledgerNow = (given: Case): Ledger => {
  const ledger = openLedger(given.snapshot.nodes)
  for (const job of given.told) withdraw(ledger, takenBy(job))
  for (const decision of given.starts) withdraw(ledger, decision.placement.pods)
  for (const hold of liveHolds(given)) withdraw(ledger, keptBeyondVictims(hold, victimsOf(given, hold)))
  return ledger
}

const startsAllowed = ({ snapshot, queued, starts, nowMs }: Case): (string | null)[] =>
  starts.map((decision) => {
    const job = queued.get(decision.jobId)
    const closed = decision.placement.pods.some(
      (pod) => !snapshot.nodes.some((node) => node.id === pod.nodeId && node.schedulable),
    )
    if (closed) return `${decision.jobId} starts on a closed node`
    if (!snapshot.queues.some((queue) => queue.name === job?.queueName)) return `${decision.jobId} has no queue`
    return (job?.notBeforeMs ?? 0) > nowMs ? `${decision.jobId} starts before its time` : null
  })

/** What is held of a resource for preemptors of a queue, beyond what their victims still use of it. */
const heldFor = (given: Case, queueName: string, resource: ResourceName): number =>
  liveHolds(given).reduce((total, hold) => {
    const job = given.queued.get(hold.jobId)
    return job?.queueName === queueName
      ? total + quotaBeyondVictims(hold, job, victimsOf(given, hold))[resource]
      : total
  }, 0)

/** Those who start, with what they start with. */
const startedIn = ({ starts, queued }: Case): SchedJob[] =>
  starts.flatMap(({ jobId, placement }) => {
    const job = queued.get(jobId)
    return job === undefined ? [] : [{ ...job, request: requestAt(job, placement) }]
  })

/** Use of a resource by queue: what runs and starts, and with `holds` what is held for preemptors. */
const useOf = (given: Case, resource: ResourceName, withHolds: boolean): ((queueName: string) => number) => {
  const started = startedIn(given)
  const sum = <Job extends SchedJob>(
    jobs: readonly Job[],
    name: string,
    totalBy: (job: Job) => ResourceVector,
  ): number => jobs.reduce((total, job) => total + (job.queueName === name ? totalBy(job)[resource] : 0), 0)
  return (name) =>
    sum(given.told, name, totalTakenBy) +
    sum(started, name, ({ request }) => totalOf(request)) +
    (withHolds ? heldFor(given, name, resource) : 0)
}

/** Starts, and what grows, stay inside what quotas leave. */
const quotasKept = (given: Case): (string | null)[] =>
  [...startedIn(given), ...given.told.filter((job) => grows(given, job))].flatMap((job) => {
    const queue = given.snapshot.queues.find((one) => one.name === job.queueName)
    if (queue === undefined) return []
    return resourceNames
      .filter((resource) => totalOf(job.request)[resource] > 0)
      .map((resource) => quotaFault(given.snapshot.queues, queue, resource, useOf(given, resource, false)))
  })

const grows = ({ resizes }: Case, { id }: RunningJob): boolean =>
  resizes.some(({ jobId, why }) => jobId === id && why === 'grow')

const victimFault = (given: Case, decision: PreemptDecision): string | null => {
  const { running, queued, policy, nowMs } = given
  const victim = running.get(decision.victimId)
  const job = queued.get(decision.forJobId)
  const hold = liveHolds(given).find((one) => one.jobId === decision.forJobId)
  if (victim === undefined || job === undefined) return `${decision.victimId} or ${decision.forJobId} is not there`
  if (!hold?.victimIds.includes(victim.id)) return `${victim.id} is evicted for nobody`
  if (victim.stopping) return `${victim.id} stops already`
  if (job.evictedBy?.includes(victim.id)) return `${victim.id} and ${job.id} evict each other`
  if (nowMs - victim.startedAtMs < policy.preemption.minimumRunMs) return `${victim.id} has just started`
  const evictions = victim.evictedAtMs.filter((atMs) => atMs > nowMs - hourMs).length
  if (evictions >= policy.preemption.maximumEvictionsPerHour) return `${victim.id} was evicted too often`
  const cohortOf = (name: string) => given.snapshot.queues.find((queue) => queue.name === name)?.cohort ?? null
  const sameCohort = cohortOf(victim.queueName) !== null && cohortOf(victim.queueName) === cohortOf(job.queueName)
  const reclaims = decision.why === 'reclaim' && sameCohort && victim.queueName !== job.queueName
  if (decision.why === 'aged') return agedFault(given, job, victim)
  if (isAged(victim, policy, victim.startedAtMs) && (policy.preemption.aged === 'never' || decision.why !== 'shorter'))
    return `${victim.id} started past its age bound`
  if (decision.why === 'shorter') return shorterFault(given, job, victim, hold)
  return victim.priority < job.priority || reclaims ? null : `${victim.id} is no less important than ${job.id}`
}

/** Who may be ended so by the policy: nobody, those that lose no more than what was done since a checkpoint, or any. */
const isAllowed = (allowed: 'never' | 'resumable' | 'any', victim: RunningJob): boolean =>
  allowed === 'any' || (allowed === 'resumable' && (victim.resumes === true || victim.checkpointedAtMs !== null))

/** Ended for one past its age bound: of the same queue and importance, come later, and not ended for the same one before. */
const agedFault = ({ policy, nowMs }: Case, job: QueuedJob, victim: RunningJob): string | null => {
  if (victim.queueName !== job.queueName || victim.priority !== job.priority) return `${victim.id} is of another sort`
  if (!isAged(job, policy, nowMs) || bySubmission(job, victim) >= 0) return `${victim.id} has its turn before ${job.id}`
  if (victim.evictedBy?.includes(job.id)) return `${victim.id} is evicted for ${job.id} again`
  return isAllowed(policy.preemption.aged, victim) ? null : `${victim.id} may not be ended for who came first`
}

/** Ended for shorter work: of the same queue and importance, foreseen, not ended for the same one before, and it pays in sum. */
const shorterFault = (given: Case, job: QueuedJob, victim: RunningJob, hold: Hold): string | null => {
  const { policy, nowMs, running, preempts } = given
  const { shorterWork, exchange, restartCostMs, benefitPermille } = policy.preemption
  const runMs = job.predictedRuntimeMs
  if (victim.queueName !== job.queueName || victim.priority !== job.priority) return `${victim.id} is of another sort`
  if (victim.predictedEndMs === null || runMs === null) return `${victim.id} or ${job.id} is unforeseen`
  if (victim.evictedBy?.includes(job.id)) return `${victim.id} is evicted for ${job.id} again`
  if (!isAllowed(shorterWork, victim)) return `${victim.id} may not be ended for shorter work`
  const ran = workOf(victim, victim.attainedMs + nowMs - victim.startedAtMs, policy)
  if (isAged(victim, policy, victim.startedAtMs) && 1000 * workOf(job, job.attainedMs, policy) > ran)
    return `${victim.id} is past its age bound`
  const victims = hold.victimIds
    .filter((id) => preempts.some((one) => one.victimId === id && one.forJobId === job.id))
    .flatMap((id) => running.get(id) ?? [])
  const leftMs = (one: RunningJob): number => expectedEndMs(one, policy, nowMs) - nowMs
  const lostMs = (one: RunningJob): number =>
    restartCostMs + (one.resumes === true ? 0 : nowMs - (one.checkpointedAtMs ?? one.startedAtMs))
  const sumOver = (amount: (one: RunningJob) => number): number => victims.reduce((sum, one) => sum + amount(one), 0)
  const inWork = exchange === 'work'
  const taken = Math.min(
    widthOf(job.request, policy),
    sumOver((one) => widthOf(one.request, policy)),
  )
  const saved = inWork
    ? sumOver((one) => workOf(one, leftMs(one), policy) - workIn(taken, runMs, policy))
    : Math.max(...victims.map(leftMs)) - victims.length * runMs
  const lost = sumOver((one) => (inWork ? workOf(one, lostMs(one), policy) : lostMs(one)))
  return saved * 1000 > benefitPermille * lost ? null : `${victim.id} is ended for ${saved} at ${lost}`
}

const leavingBy = (job: RunningJob): ResourceVector => (job.stopping ? totalGivenUpBy(job) : nothing)

/** Lenders take back no more than was borrowed: without the last victim, the queue still had more than it owns. */
const reclaimFaults = (given: Case): (string | null)[] => {
  const { snapshot, preempts, running: attempts } = given
  return snapshot.queues.map((queue) => {
    const reclaimed = preempts.filter((one) => one.why === 'reclaim').flatMap((one) => attempts.get(one.victimId) ?? [])
    const victims = reclaimed.filter((job) => job.queueName === queue.name)
    if (victims.length === 0) return null
    const told = new Set(reclaimed.map((job) => job.id))
    const own = given.told.filter((job) => job.queueName === queue.name && !told.has(job.id))
    const started = startedIn(given).filter((job) => job.queueName === queue.name)
    const stillBorrowed = resourceNames.some((resource) => {
      const last = Math.max(...victims.map((job) => totalOf(job.request)[resource]))
      const held = heldFor(given, queue.name, resource)
      const staying = own.reduce((sum, job) => sum + totalTakenBy(job)[resource] - leavingBy(job)[resource], held)
      const left = started.reduce((sum, job) => sum + totalOf(job.request)[resource], staying)
      return queue.nominal[resource] !== null && left + last > queue.nominal[resource]
    })
    return stillBorrowed ? null : `${queue.name} loses more than it borrowed`
  })
}

const preemptionsLawful = (given: Case): (string | null)[] => {
  const ids = [...given.preempts.map(({ victimId }) => victimId), ...given.resizes.map(({ jobId }) => jobId)]
  const twice = ids.length === new Set(ids).size ? null : 'a victim is evicted twice'
  const fresh = liveHolds(given).filter((hold) => !given.snapshot.holds.some((old) => old.jobId === hold.jobId))
  const unsaid = fresh.flatMap((hold) => hold.victimIds.filter((id) => !ids.includes(id)))
  return [
    twice,
    ...given.preempts.map((one) => victimFault(given, one)),
    ...reclaimFaults(given),
    ...unsaid.map((id) => `${id} is not told`),
  ]
}

/** After an eviction the preemptor starts: once no victim runs, on the held place, if cluster and quota still allow. */
const preemptorsStart = (given: Case): (string | null)[] =>
  given.snapshot.holds.map((hold) => {
    const job = given.queued.get(hold.jobId)
    const open = hold.placement.pods.every((pod) =>
      given.snapshot.nodes.some((node) => node.id === pod.nodeId && node.schedulable),
    )
    if (job === undefined || !open || victimsOf(given, hold).length > 0 || given.nowMs >= hold.expiresAtMs) return null
    const start = given.starts.find((decision) => decision.jobId === hold.jobId)
    const asHeld = { ...job, request: requestAt(job, hold.placement) }
    const waitsForQuota = !hasQuota({ ...given, starts: [], reserves: [] }, asHeld)
    return start !== undefined || waitsForQuota ? null : `${hold.jobId} does not start although its victims are gone`
  })

const hasQuota = (given: Case, job: SchedJob): boolean => {
  const queue = given.snapshot.queues.find((one) => one.name === job.queueName)
  if (queue === undefined) return false
  const needed = totalOf(job.request)
  return resourceNames.every((resource) => {
    const used = useOf(given, resource, true)
    const after = (name: string): number => used(name) + (name === job.queueName ? needed[resource] : 0)
    return needed[resource] === 0 || quotaFault(given.snapshot.queues, queue, resource, after) === null
  })
}

const reservationOf = ({ reserves }: Case): ReserveDecision | undefined =>
  reserves.find((decision) => decision.hold === null)

/** What is left at a later moment, when everything expected to end has ended; the reservation taken out. */
const ledgerAt = (given: Case, reservation: ReserveDecision): Ledger => {
  const { policy, nowMs, snapshot, starts, queued } = given
  const ledger = openLedger(snapshot.nodes)
  const held = new Set(liveHolds(given).flatMap((hold) => hold.victimIds))
  const staying = liveHolds(given).filter((hold) => {
    const job = queued.get(hold.jobId)
    return job === undefined || holdEndMs(hold, job, policy, nowMs) > reservation.atMs
  })
  for (const job of given.told) {
    const isThere = (untilMs: number): boolean =>
      held.has(job.id) ? staying.some((hold) => hold.victimIds.includes(job.id)) : untilMs > reservation.atMs
    const endMs = sureEndMs(job, policy, nowMs)
    if (job.resizing === undefined && isThere(endMs)) withdraw(ledger, job.placement.pods)
    if (job.resizing === undefined) continue
    if (endMs > reservation.atMs) withdraw(ledger, job.resizing.pods)
    if (isThere(nowMs + 1)) withdraw(ledger, givenUpBy(job))
  }
  for (const decision of starts) {
    const runtimeMs = queued.get(decision.jobId)?.predictedRuntimeMs ?? policy.order.unknownRuntimeMs
    if (nowMs + Math.max(1, runtimeMs) > reservation.atMs) withdraw(ledger, decision.placement.pods)
  }
  for (const hold of staying) withdraw(ledger, keptBeyondVictims(hold, victimsOf(given, hold)))
  withdraw(ledger, reservation.placement.pods)
  return ledger
}

/** At the reserved moment the place is free, whatever starts now; and there is at most one such reservation. */
const reservationsKept = (given: Case): (string | null)[] => {
  const reservation = reservationOf(given)
  if (reservation === undefined) return []
  const touched = new Set(reservation.placement.pods.map((pod) => pod.nodeId))
  const short = overdrawn({ nodes: new Map([...ledgerAt(given, reservation).nodes].filter(([id]) => touched.has(id))) })
  const several = given.reserves.filter((decision) => decision.hold === null).length > 1
  return [
    ...short.map((detail) => `${reservation.jobId} is robbed: ${detail}`),
    several ? 'several reservations' : null,
  ]
}

/** What keeps a job waiting however long it has waited, judged anew and not by what its decision says. */
const isBarred = (given: Case, job: QueuedJob): boolean =>
  job.notBeforeMs > given.nowMs || !hasQuota(given, job) || !hasPlaceFor(openLedger(given.snapshot.nodes), job.request)

/** The oldest job past its age bound starts, or has a place kept in time; only what no queue can mend excuses. */
const ageBoundKept = (given: Case): (string | null)[] => {
  const { policy, nowMs, queued, holds } = given
  const waiting = [...queued.values()]
    .filter((job) => isAged(job, policy, nowMs) && !given.starts.some((decision) => decision.jobId === job.id))
    .sort(bySubmission)
  const excused = (job: QueuedJob): boolean =>
    isBarred(given, job) || holds.some((hold) => hold.jobId === job.id && holdBars(given, hold))
  const isReserved = (job: QueuedJob): boolean => given.reserves.some((decision) => decision.jobId === job.id)
  const oldest = waiting.find((job) => isReserved(job) || !excused(job))
  if (oldest === undefined || isReserved(oldest)) return []
  return [`${oldest.id} is past its age bound and has no place kept`]
}

/** An aged job may itself wait behind a preemptor's hold, or behind an older aged job that waits for the same quota. */
const holdBars = (given: Case, hold: HoldDecision): boolean => {
  if (hold.reason !== 'reserved_for_other') return false
  const { forJobId } = hold.facts
  const other = given.queued.get(forJobId)
  const isOlder = other !== undefined && isAged(other, given.policy, given.nowMs)
  return liveHolds(given).some((one) => one.jobId === forJobId) || isOlder
}

const isBehindGate = (given: Case, job: QueuedJob): boolean => {
  const cohortOf = (name: string) => given.snapshot.queues.find((queue) => queue.name === name)?.cohort ?? null
  return given.holds.some((hold) => {
    const other = given.queued.get(hold.jobId)
    if (hold.reason !== 'quota_exceeded' || other === undefined || other.id === job.id) return false
    if (!isAged(other, given.policy, given.nowMs) || totalOf(job.request)[hold.facts.resource] === 0) return false
    if (other.queueName === job.queueName) return true
    const owned =
      given.snapshot.queues.find((queue) => queue.name === job.queueName)?.nominal[hold.facts.resource] ?? null
    const used = useOf(given, hold.facts.resource, true)(job.queueName) + totalOf(job.request)[hold.facts.resource]
    const borrows = owned !== null && used > owned
    return borrows && cohortOf(other.queueName) !== null && cohortOf(other.queueName) === cohortOf(job.queueName)
  })
}

const standsBehind = (given: Case, job: QueuedJob, reservation: ReserveDecision): boolean => {
  const reserved = given.queued.get(reservation.jobId)
  const isMoreImportant =
    reserved !== undefined && job.priority > reserved.priority && !isAged(reserved, given.policy, given.nowMs)
  const endsBefore = job.predictedRuntimeMs !== null && given.nowMs + job.predictedRuntimeMs <= reservation.atMs
  return !isMoreImportant && !endsBefore
}

/** The same decisions with nobody wider than needed: starts with the least, and nobody grows. */
const withoutGrowth = (given: Case): Case => ({
  ...given,
  starts: given.starts.map((decision) => {
    const least = given.queued.get(decision.jobId)?.elastic?.minimumGpuCount
    const pods = decision.placement.pods.map((pod) => ({ ...pod, devices: pod.devices.slice(0, least) }))
    const isHeld = given.snapshot.holds.some((hold) => hold.jobId === decision.jobId)
    return isHeld ? decision : { ...decision, placement: { pods } }
  }),
  told: given.told.map((job) => (grows(given, job) ? (given.running.get(job.id) ?? job) : job)),
})

/** Nothing stays idle that a held job could lawfully use, and nobody grows into that. */
const nothingIdle = (decided: Case): (string | null)[] => {
  const given = withoutGrowth(decided)
  return given.holds.map((hold) => {
    const job = given.queued.get(hold.jobId)
    if (job === undefined || job.notBeforeMs > given.nowMs || !hasQuota(given, job) || isBehindGate(given, job))
      return null
    const reservation = reservationOf(given)
    const free = ledgerNow(given)
    const usable =
      reservation !== undefined && standsBehind(given, job, reservation)
        ? lesser(free, ledgerAt(given, reservation))
        : free
    return hasPlaceFor(usable, job.request) ? `${job.id} is held (${hold.reason}) although it could start` : null
  })
}

/** What must be true of decisions made from a snapshot. Empty when every law is kept. */
export const decisionFaults = (
  snapshot: Snapshot,
  decisions: readonly Decision[],
  policy: Policy,
  nowMs: number,
): Fault[] => {
  const given = sortOut(snapshot, decisions, policy, nowMs)
  return [
    ...faults('one_decision_each', oneDecisionEach(given)),
    ...faults('gang_whole', gangsWhole(given)),
    ...faults('device_held_once', overdrawn(ledgerNow(given))),
    ...faults('start_allowed', startsAllowed(given)),
    ...faults('quota_kept', quotasKept(given)),
    ...faults('preemption_lawful', preemptionsLawful(given)),
    ...faults('preemptor_starts', preemptorsStart(given)),
    ...faults('resize_lawful', resizeFaults(given)),
    ...faults('reservation_kept', reservationsKept(given)),
    ...faults('age_bound_kept', ageBoundKept(given)),
    ...faults('nothing_idle', nothingIdle(given)),
  ]
}
