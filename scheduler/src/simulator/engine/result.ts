/** What became of one job. Times are milliseconds since the beginning of the trace; `null` where it has not come to that. */
export interface JobResult {
  readonly id: string
  /** Devices over all its pods. */
  readonly width: number
  readonly submitMs: number
  readonly firstStartMs: number | null
  readonly endMs: number | null
  /** Its run time alone and undisturbed. */
  readonly runMs: number
  readonly preemptions: number
  /** How often it began again with another number of devices. */
  readonly resizes: number
  /** Time × devices it held, with all that interruptions cost. */
  readonly deviceMs: number
}

/**
 * The cluster over time, in equal steps; each entry is the mean over its step. Columns of equal length, at most a few
 * hundred entries.
 */
export interface OverTime {
  readonly startMs: number
  readonly stepMs: number
  /** Devices in use. */
  readonly devices: readonly number[]
  /** Jobs waiting. */
  readonly queued: readonly number[]
}

/** A whole simulation: plain data, equal for equal inputs. */
export interface SimResult {
  readonly trace: string
  readonly policy: string
  readonly devicesInAll: number
  readonly jobs: readonly JobResult[]
  readonly overTime: OverTime
  /** Instants at which something happened, and how often the policy was asked. */
  readonly instants: number
  readonly cycles: number
  /** Whether it was stopped before the last job ended. */
  readonly stopped: boolean
}
