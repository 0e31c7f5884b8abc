/** How a trace stands. */
export type TraceState = 'STATE_UNSPECIFIED' | 'OK' | 'ERROR' | 'IN_PROGRESS'

/** What is known of a trace without looking at its spans. */
export interface TraceRecord {
  readonly id: string
  readonly experimentId: string
  readonly startedAtMs: number
  readonly durationMs: number | null
  readonly state: TraceState
  readonly name: string | null
  readonly clientRequestId: string | null
  readonly requestPreview: string | null
  readonly responsePreview: string | null
  readonly tags: Readonly<Record<string, string>>
  readonly metadata: Readonly<Record<string, string>>
}

/** Tags and metadata that mean something to MLflow's clients and to us. */
export const traceKeys = {
  name: 'mlflow.traceName',
  spansLocation: 'mlflow.trace.spansLocation',
  artifactLocation: 'mlflow.artifactLocation',
  finalized: 'mlflow.trace.infoFinalized',
  sizeStats: 'mlflow.trace.sizeStats',
  session: 'mlflow.trace.session',
  user: 'mlflow.trace.user',
  usage: 'mlflow.trace.tokenUsage',
  cost: 'mlflow.trace.cost',
  sourceRun: 'mlflow.sourceRun',
} as const

/** How many spans the program said that the trace has; 0 when it said nothing. */
export const announcedSpans = ({ metadata }: TraceRecord): number => {
  try {
    const stats: unknown = JSON.parse(metadata[traceKeys.sizeStats] ?? '{}')
    if (typeof stats !== 'object' || stats === null || !('num_spans' in stats)) return 0
    return typeof stats.num_spans === 'number' ? stats.num_spans : 0
  } catch {
    return 0
  }
}
