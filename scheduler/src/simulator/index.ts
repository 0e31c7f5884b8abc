export { openSimulation, simulate, type Progress, type SimOptions, type Simulation } from './engine/engine.js'
export { metricsOf, quantile, type Metrics, type SizeWait } from './engine/metrics.js'
export type { EnginePolicy, PolicyMaker, SimDecision, SimView } from './engine/policy.js'
export type { JobResult, OverTime, SimResult } from './engine/result.js'
export { noCosts, widthOf, type Costs, type Trace, type TraceJob } from './engine/trace.js'
export { easy, fifo, fifoSkipping, queuePolicy, sjf, sjfSkipping, type QueueRule } from './policies/queue.js'
export { openRandom, type Random } from './random.js'
export { readCsv, type Row } from './traces/csv.js'
export { equalNodes, openQueue, wholeDevices } from './traces/nodes.js'
export { phillyClusters, phillyCosts, readPhilly, type PhillyCluster } from './traces/philly.js'
export { corePolicy, type Belief, type CoreOptions, type Oracle, type OracleMaker } from './engine/core-policy.js'
export {
  estimateErrors,
  watchStarts,
  type EstimateError,
  type Foretold,
  type StartWatch,
} from './engine/start-watch.js'
export { learnt, noOracle, noisy, truth } from './engine/oracles.js'
export { reportHtml } from './report/page.js'
export { metricsTable, tableText, type TextTable } from './report/table.js'
export { durationText, reportTexts, type ReportLocale, type ReportTexts } from './report/texts.js'
export { policyNamed, policyNames, withoutWords } from './named.js'
export { readTable } from './traces/table.js'
export { inflate } from './placement/inflate.js'
export {
  demandOfTrace,
  readOutPercents,
  runPlacement,
  type FailedPods,
  type PlacementResult,
  type PlacementRun,
  type ReadOut,
} from './placement/protocol.js'
export { readPlacementNodes, readPlacementPods, type TracePod } from './placement/trace.js'
export { readRecorded, type Recorded } from './placement/recorded.js'
export { rowOf, spreadOf, spreadsOf, type PlacementRow, type Spread } from './placement/row.js'
export { asItWas, historyTrace, recorded, serverCosts } from './traces/history.js'
export { las2d, lasBoundsS, srsf, srtf } from './policies/preemptive.js'
export { never, rankedPolicy, type Ranking, type RankRule } from './policies/ranked.js'
export {
  muriSrsf,
  muriSrtf,
  muriTiresias,
  simulateMuri,
  type MuriChooser,
  type MuriFigures,
  type MuriLife,
  type MuriPolicy,
} from './protocols/muri.js'
export { muriCosts, muriStartS, muriTrace, readMuri, type MuriJob } from './traces/muri.js'
export { themis } from './policies/themis.js'
export {
  asAsked,
  exclusive,
  noCheck,
  ownDevice,
  predicted,
  staticFractions,
  type MemoryRegime,
} from './memory/regimes.js'
export { simulateMemory, type MemoryCluster, type MemoryFigures } from './memory/simulate.js'
export { memoryWorkload, peakOf, type MemoryJob, type MemoryKind, type WorkloadOptions } from './memory/workload.js'
export { watchEvictions, type EvictionFault, type EvictionWatch } from './engine/watch.js'
export { randomTrace } from './traces/random.js'
export { muriSharing, togetherS, type SharingOptions } from './policies/sharing.js'
export { readSia, siaCluster, siaCosts, siaRestartMs, type SiaOptions } from './traces/sia.js'
