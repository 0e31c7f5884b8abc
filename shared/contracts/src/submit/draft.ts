import type { ErrorCode } from '../errors/catalogue.js'
import type { EnvironmentConflict, UnavailablePackage } from '../schema/environment.js'
import type { JobPreview, PriorityClass, Resources, Task } from '../schema/job.js'
import type { ExcludeReason, IncludeReason } from '../schema/snapshot.js'

/** What a face inferred about a submission, for the card to show. Parts still being found out are `inferring`. */
export interface SubmitDraft {
  readonly name: string
  readonly task: Task
  readonly environment: DraftEnvironment
  readonly files: DraftFiles
  readonly resources: Resources
  readonly queueName: string | null
  readonly priorityClass: PriorityClass
  readonly preview: DraftPreview
  /** Choices of the device line: what the cluster has. Empty while unknown. */
  readonly deviceChoices: readonly DeviceChoice[]
  /** Environment variables of the job by name; their values are not shown. */
  readonly variableNames?: readonly string[]
}

export type DraftEnvironment =
  | { readonly state: 'inferring' }
  | {
      readonly state: 'pinned'
      readonly pinDigest: string
      readonly pythonVersion: string
      readonly packageCount: number
      readonly unavailable: readonly UnavailablePackage[]
      /** `drifted`: the environment changed since the last run; `changes` counts the packages. */
      readonly changes?: number
    }
  | { readonly state: 'conflict'; readonly conflicts: readonly EnvironmentConflict[] }
  /** Without a pin the job runs in the Python of the node. */
  | { readonly state: 'none' }
  | { readonly state: 'failed'; readonly error: CardError }

export type DraftFiles =
  | { readonly state: 'inferring' }
  | {
      readonly state: 'ready'
      readonly included: readonly DraftFile<IncludeReason>[]
      readonly excluded: readonly DraftFile<ExcludeReason>[]
      /** Branch and short commit, and whether there are uncommitted changes; `null` outside a repository. */
      readonly git: { readonly branch: string | null; readonly commit: string | null; readonly dirty: boolean } | null
      /** The notebook or script has changes that are not saved; they go along. */
      readonly unsaved: boolean
    }
  | { readonly state: 'failed'; readonly error: CardError }

export interface DraftFile<Reason> {
  readonly path: string
  readonly sizeBytes: number
  readonly reason: Reason
}

export type DraftPreview =
  | { readonly state: 'inferring' }
  | { readonly state: 'ready'; readonly preview: JobPreview }
  | { readonly state: 'failed'; readonly error: CardError }

/** A device a job may ask for; `model` `null` is the CPU. */
export interface DeviceChoice {
  readonly model: string | null
  readonly memoryMib: number
  readonly simulated: boolean
  readonly total: number
  readonly free: number
  /** How many of them the node has that has most: as many a job can get. */
  readonly mostOnNode: number
}

/** What the user may change before running; the detail of `nb-change` and `nb-submit`. */
export interface SubmitChoice {
  readonly name: string
  readonly resources: Resources
  readonly priorityClass: PriorityClass
  /** Values for the cell tagged `parameters`; empty for a script. */
  readonly parameters: Readonly<Record<string, unknown>>
  /** Arguments of a script; empty for a notebook. */
  readonly arguments: readonly string[]
  /** Inferred files to leave out. */
  readonly leaveOut: readonly string[]
  /** Left-out files to take along after all, named by the user. */
  readonly takeAlong: readonly string[]
}

/** Where the submission stands. The five seconds of undo are the card's own, before `nb-submit`. */
export type SubmitProgress =
  | { readonly kind: 'ready' }
  | {
      readonly kind: 'sending'
      readonly step: 'packing' | 'uploading' | 'submitting'
      readonly done?: number
      readonly total?: number
    }
  | { readonly kind: 'failed'; readonly error: CardError }
  /** The server is away; the submission is kept and will be sent once. */
  | { readonly kind: 'offline' }
  | { readonly kind: 'sent'; readonly jobNumber: number; readonly runId: string }

/** An error as it is shown: from the catalogue, or a sentence when there is no code. */
export interface CardError {
  readonly code: ErrorCode | null
  readonly message: string
  readonly cause: string | null
  readonly remedy: string | null
}
