export { decisionFaults, snapshotFaults, type Fault, type Law } from './invariants.js'
export { actionsOf, decide, openScheduler, type Actions, type Scheduler } from './decide.js'
export { applyActions, applyDecisions, evolve, evolveAll } from './evolve.js'
export { couldEverRun, type Feasibility } from './fit.js'
export type { FragmentationPolicy, PlacementPolicy } from './placement/policy.js'
export {
  admitMemory,
  memoryHistoryOf,
  neededMib,
  type MemoryAdmission,
  type MemoryAsk,
  type MemoryHistory,
} from './prediction/memory.js'
export type { Policy } from './policy/policy.js'
export {
  policyFields,
  type BothTexts,
  type ChoiceField,
  type FlagField,
  type IntegerField,
  type PolicyField,
  type PolicyPath,
  type PolicyValue,
} from './policy/fields.js'
export {
  completeValues,
  policyFault,
  policyOf,
  valuesOf,
  type PolicyFault,
  type PolicyValues,
} from './policy/values.js'
export { namedPolicies, type NamedPolicy } from './policy/named.js'
export {
  defaultPolicy,
  defaultUsageHalfLifeMs,
  fifoPolicy,
  priorityOf,
  shortestPolicy,
  balancedPolicy,
  boundedPolicy,
} from './policy/presets.js'
export type {
  AheadFacts,
  Decision,
  EstimatedStart,
  HoldCause,
  HoldDecision,
  Holder,
  HoldReason,
  PreemptDecision,
  QuotaFacts,
  ReserveDecision,
  ResizeDecision,
  ShortageFacts,
  StartDecision,
  Suggestion,
  UnfitFacts,
  Waiting,
} from './model/decision.js'
export type { DemandShare } from './model/demand.js'
export type { Elastic } from './model/elastic.js'
export type { SchedEvent } from './model/event.js'
export { totalOf, type JobRequest } from './model/request.js'
export {
  nothing,
  resourceNames,
  unlimited,
  type ResourceLimits,
  type ResourceName,
  type ResourceVector,
} from './model/resources.js'
export type {
  DeviceGrant,
  Hold,
  Placement,
  PodPlacement,
  QueuedJob,
  QueueOrder,
  RunningJob,
  SchedDevice,
  SchedJob,
  SchedNode,
  SchedQueue,
  Snapshot,
  UsageRecord,
} from './model/snapshot.js'
export { explainHold, explainResize, explainUnfit, type ExplainLocale, type HoldText } from './steps/explain.js'
export { addUsage } from './usage.js'
export { calibrate, type Calibration, type Ended } from './prediction/calibration.js'
export { aheadOf } from './prediction/outlived.js'
export { openRunTimeHistory, type Foresight, type RunTimeHistory } from './prediction/history.js'
export {
  noCorrection,
  openCorrector,
  type Corrector,
  type Leaning,
  type StartCorrection,
} from './prediction/start-correction.js'
export {
  afterAsking,
  askEveryMs,
  emptyStartRecord,
  type Asking,
  type StartRecord,
  type Telling,
  type WaitEnd,
} from './prediction/start-record.js'
