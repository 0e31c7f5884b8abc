import type { RunDigest } from '@novabrain/contracts'
import type { RunPart } from '../../core/tracking/run-digest.js'
import type { Done } from './progress.js'
import type { LeftBehind } from './reader.js'
import type { TracePart } from './trace-wire.js'

/** What can be wrong with something that was copied. */
export type Fault =
  | RunPart
  /** A file that its source has lost, or that was refused here. */
  | 'file_missing'
  | 'file_refused'
  /** Something else has its id. */
  | 'id_taken'
  | 'refused'
  | 'files'
  | 'versions'
  | 'aliases'
  | 'description'
  | 'metrics'
  | 'records'
  | TracePart

/** Something that is not the same on both sides. */
export interface Difference {
  readonly kind: 'experiment' | 'run' | 'logged_model' | 'registered_model' | 'trace' | 'evaluation_dataset' | 'webhook'
  readonly id: string
  readonly name: string
  readonly faults: readonly Fault[]
  /** Which file, or what was said. */
  readonly detail: string | null
}

export type Counts = RunDigest['counts'] & { readonly runs: number }

/** One experiment on both sides. */
export interface ExperimentOutcome {
  readonly sourceId: string
  readonly id: string
  readonly name: string
  /** The name at the source, where it is another. */
  readonly sourceName: string
  source: Counts
  here: Counts
}

/** What came of an import or an export, as `--json` prints it. */
export interface Outcome {
  readonly from: string
  readonly to: string
  readonly experiments: ExperimentOutcome[]
  readonly loggedModels: { source: number; here: number }
  readonly traces: { source: number; here: number }
  readonly evaluationDatasets: { source: number; here: number }
  /** Switched off and without their secrets; `withheld` where the source tells them to others only. */
  readonly webhooks: { source: number; here: number; withheld: boolean }
  readonly registeredModels: { readonly sourceName: string; readonly name: string; versions: number }[]
  readonly differences: Difference[]
  /** What cannot come along: how many of each; `null` where the source does not say. */
  leftBehind: Readonly<Record<LeftBehind, number | null>>
  /** Versions whose files are neither in a run nor in a logged model; they stay at their address. */
  readonly filesElsewhere: { readonly name: string; readonly version: number; readonly address: string }[]
  /** Runs that were here already, as they are at the source. */
  unchangedRuns: number
  copied: Done
  tookMs: number
}

/** An outcome of which nothing is known yet. */
export const newOutcome = (from: string, to: string, copied: Done): Outcome => ({
  from,
  to,
  experiments: [],
  loggedModels: { source: 0, here: 0 },
  traces: { source: 0, here: 0 },
  evaluationDatasets: { source: 0, here: 0 },
  webhooks: { source: 0, here: 0, withheld: false },
  registeredModels: [],
  differences: [],
  leftBehind: { traces: 0 },
  filesElsewhere: [],
  unchangedRuns: 0,
  copied,
  tookMs: 0,
})

export const noCounts: Counts = {
  runs: 0,
  params: 0,
  tags: 0,
  metrics: 0,
  points: 0,
  inputs: 0,
  artifacts: 0,
  bytes: 0,
}

/** The sum of two counts. */
export const plus = (counts: Counts, more: RunDigest['counts']): Counts => ({
  runs: counts.runs + 1,
  params: counts.params + more.params,
  tags: counts.tags + more.tags,
  metrics: counts.metrics + more.metrics,
  points: counts.points + more.points,
  inputs: counts.inputs + more.inputs,
  artifacts: counts.artifacts + more.artifacts,
  bytes: counts.bytes + more.bytes,
})
