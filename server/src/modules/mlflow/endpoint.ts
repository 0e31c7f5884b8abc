import { fail } from '@novabrain/contracts'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Parsed } from '../../core/tracking/filter.js'
import { offsetOfToken, tokenOfOffset } from '../../core/tracking/page-token.js'
import type { Clock, ProjectScope } from '../../deps.js'
import type { ArtifactsService } from '../artifacts/service.js'
import type { EvaluationDatasetsService } from '../evaluation-datasets/service.js'
import type { ExperimentsService } from '../experiments/service.js'
import type { LoggedModelsService } from '../logged-models/service.js'
import type { MetricsService } from '../metrics/service.js'
import type { Summaries } from '../metrics/summaries.js'
import type { ModelRegistryService } from '../model-registry/service.js'
import type { RunsService } from '../runs/service.js'
import type { AssessmentsService } from '../traces/assessments-service.js'
import type { TracesService } from '../traces/service.js'
import type { WebhooksService } from '../webhooks/service.js'
import { invalid, type Fields } from './fields.js'

/** What the façade translates to. */
export interface TrackingServices {
  readonly experiments: ExperimentsService
  readonly runs: RunsService
  readonly metrics: MetricsService
  readonly summaries: Summaries
  readonly artifacts: ArtifactsService
  readonly loggedModels: LoggedModelsService
  readonly modelRegistry: ModelRegistryService
  readonly traces: TracesService
  readonly assessments: AssessmentsService
  readonly webhooks: WebhooksService
  readonly evaluationDatasets: EvaluationDatasetsService
  readonly clock: Clock
  readonly newTraceId: () => string
  readonly newAssessmentId: () => string
}

/** One request of MLflow's, its caller known and allowed. */
export interface MlflowCall {
  readonly scope: ProjectScope
  readonly fields: Fields
  /** Parts of the path; a wildcard is `*`. */
  readonly params: Readonly<Record<string, string>>
  readonly request: FastifyRequest
  readonly reply: FastifyReply
}

/** One endpoint. It is served under `/api/<version>/mlflow` and `/ajax-api/<version>/mlflow` unless it says otherwise. */
export interface Endpoint {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** Beginning with a slash, under `/mlflow`. */
  readonly path: string
  /** `write` needs the role of an editor; `admin` that of an admin, and no job has it. */
  readonly access: 'read' | 'write' | 'admin'
  handle(call: MlflowCall): Promise<unknown>
}

/** What was parsed, or `search_text_invalid` with the position. */
export const parsed = <T>(result: Parsed<T>): T =>
  result.ok ? result.value : fail('search_text_invalid', { detail: result.message, position: result.position })

/** Where a page begins. */
export const offsetOf = (token: string | null): number =>
  token === null ? 0 : (offsetOfToken(token) ?? invalid('Invalid page token, could not base64-decode'))

/** A page out of one item more than it holds: the items, and the token of the next page if there is one. */
export const pageOf = <T>(
  items: readonly T[],
  offset: number,
  limit: number,
): { items: readonly T[]; next: object } => ({
  items: items.slice(0, limit),
  next: items.length > limit ? { next_page_token: tokenOfOffset(offset + limit) } : {},
})

/** How many results are wanted, between 1 and a limit; `fallback` when nothing was said. */
export const maxResultsOf = (value: number | null, fallback: number, limit: number): number => {
  if (value === null) return fallback
  if (value < 1)
    invalid(`Invalid value ${String(value)} for parameter 'max_results' supplied. It must be a positive integer`)
  if (value > limit) {
    invalid(`Invalid value ${String(value)} for parameter 'max_results' supplied. It must be at most ${String(limit)}`)
  }
  return value
}

/** MLflow's view types, and the stages each shows. */
export const viewTypes = { ACTIVE_ONLY: 1, DELETED_ONLY: 2, ALL: 3 } as const

export const stagesOf = (view: keyof typeof viewTypes | null): readonly ('active' | 'deleted')[] => {
  if (view === 'ALL') return ['active', 'deleted']
  return view === 'DELETED_ONLY' ? ['deleted'] : ['active']
}
