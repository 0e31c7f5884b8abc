import type { PriorityClass } from '@novabrain/contracts'
import type { Policy } from './policy.js'

const minute = 60_000
const hour = 60 * minute

/** What the server runs with unless an admin chooses otherwise: short work first, bounded by age. */
export const defaultPolicy: Policy = {
  order: { kind: 'predicted', widthQuarters: 3, coresPerDevice: 16, unknownRuntimeMs: hour },
  ageBound: { factor: 10, minimumMs: hour, maximumMs: 14 * 24 * hour },
  fairShare: { presentWeight: 1, pastWeight: 1 },
  placement: {
    kind: 'fragmentation',
    cpuStrand: 500,
    scarcity: 500,
    cpuPieces: 500,
    cpuShort: 2000,
    stepMilli: 20,
  },
  reservation: { afterWaitMs: 5 * minute },
  preemption: {
    enabled: true,
    minimumRunMs: 2 * minute,
    maximumEvictionsPerHour: 3,
    restartCostMs: minute,
    shorterWork: 'resumable',
    exchange: 'time',
    benefitPermille: 1500,
    aged: 'never',
    holdMs: 10 * minute,
    maximumPerCycle: 8,
  },
  memory: {
    check: 'history',
    minimumRuns: 1,
    contextMib: 512,
    marginPermille: 50,
    fewRunsFactor: 3,
  },
  explain: { maximumSuggestions: 1000 },
}

/** First come, first served, with backfill; nothing is preempted. */
export const fifoPolicy: Policy = {
  ...defaultPolicy,
  order: { ...defaultPolicy.order, kind: 'submitted' },
  reservation: { afterWaitMs: 0 },
  preemption: { ...defaultPolicy.preemption, enabled: false },
}

/**
 * Least mean completion: strictly by predicted run time × devices, as shortest remaining service first has it (Tiresias, NSDI'19); only
 * what has waited a whole year goes first. What that is worth, and what nearer bounds cost, is in docs/scheduling.md.
 */
export const shortestPolicy: Policy = {
  ...defaultPolicy,
  order: { ...defaultPolicy.order, widthQuarters: 4 },
  ageBound: { factor: 0, minimumMs: 365 * 24 * hour, maximumMs: 365 * 24 * hour },
  reservation: { afterWaitMs: 365 * 24 * hour },
  preemption: { ...defaultPolicy.preemption, exchange: 'work' },
}

/**
 * As `shortest`, but width counts less than time, and a gang that has waited two weeks goes first and has a place kept for it. On the
 * traces of docs/scheduling.md its mean is below those of EASY, SJF, 2D-LAS and Themis, all told no more than history (decision 37).
 */
export const balancedPolicy: Policy = {
  ...shortestPolicy,
  order: { ...defaultPolicy.order },
  reservation: { afterWaitMs: 14 * 24 * hour },
}

/**
 * As `shortest`, with a bound of two days that is kept: who has waited so long makes those end that came later. On the
 * traces of docs/scheduling.md its tail is no longer than that of least attained service, at the cost of the mean (decision 36).
 */
export const boundedPolicy: Policy = {
  ...shortestPolicy,
  ageBound: { factor: 0, minimumMs: 48 * hour, maximumMs: 48 * hour },
  preemption: { ...shortestPolicy.preemption, aged: 'resumable' },
}

/** The half-life of past use that the server starts with: one day. */
export const defaultUsageHalfLifeMs = 24 * hour

const priorities: Readonly<Record<PriorityClass, number>> = { low: 100, normal: 200, high: 300 }

/** The number a priority class stands for; greater goes first. */
export const priorityOf = (priorityClass: PriorityClass): number => priorities[priorityClass]
