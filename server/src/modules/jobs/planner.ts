import type { Locale, PriorityClass, Resources } from '@novabrain/contracts'
import type { MemoryFacts } from '../../core/jobs/gpu-memory.js'
import type { HoldRecord } from '../../db/entities/execution.js'
import type { Tx } from '../../deps.js'

/** By what of a job it is foreseen how long it runs. */
export interface LikeJob {
  readonly tenantId: string
  readonly owner: string
  readonly name: string
  /** The path of what it runs, and a hash of the arguments. */
  readonly script: string | null
  readonly arguments: string | null
  readonly gpuCount: number
}

/** How long a job will run: as likely more as less, and what nine of ten like it do not exceed. Milliseconds. */
export interface RunTimeForesight {
  readonly likelyMs: number
  readonly cautiousMs: number
}

/** How long a job will run, from the history of its tenant; `null` where that says nothing. */
export type Foresee = (job: LikeJob) => RunTimeForesight | null

/** A job that is only asked about. */
export interface WouldBe {
  readonly tenantId: string
  readonly queueName: string
  readonly owner: string
  readonly priorityClass: PriorityClass
  readonly resources: Resources
  /** What like jobs took of each GPU at most, MiB, a figure a run. */
  readonly gpuPeaksMib: readonly number[]
  /** How long it will run, where that is foreseen. */
  readonly runTime: RunTimeForesight | null
}

/** What would happen to a job now. */
export interface Preview {
  readonly startsNow: boolean
  readonly reason: string
  /** `null` when it would start. */
  readonly message: string | null
  readonly expectedWaitMs: number | null
  readonly nodeName: string | null
  /** With how many GPUs it would start; of one that waits, 0. */
  readonly gpuCount: number
  readonly device: { readonly model: string; readonly memoryMib: number; readonly simulated: boolean } | null
  /** With how much GPU memory it would be let in, where that is judged. */
  readonly memory: MemoryFacts | null
}

/** What jobs ask the scheduler without starting anything. */
export interface Planner {
  /** The whole request behind a partial one. Errors: `resources_never_available`, in the asker's language. */
  resources(tx: Tx, asked: Partial<Resources>, locale: Locale): Promise<Resources>
  /** What would happen to such a job now. It may read the whole cluster, so it is asked outside of a transaction. */
  preview(asked: WouldBe, locale: Locale): Promise<Preview>
  /** What is foreseen of run times. It may ask the database, so it is asked outside of a transaction. */
  foresight(): Promise<Foresee>
  /** Why a job waits, in words; `nameOf` says how the asker knows another job. */
  explain(
    jobId: string,
    hold: HoldRecord,
    locale: Locale,
    nameOf: (jobId: string) => string,
  ): { readonly message: string; readonly suggestion: string | null }
}
