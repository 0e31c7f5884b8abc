import type { Import, ImportedTrace, MarkedTrace } from '@novabrain/contracts'
import { fail } from '@novabrain/contracts'
import { tracePrefix } from '../../core/traces/span.js'
import { traceKeys } from '../../core/traces/trace.js'
import type { ProjectScope, Tx } from '../../deps.js'
import { assessmentOf } from '../mlflow/assessments.js'
import type { TrackingServices } from '../mlflow/endpoint.js'
import { records, type Fields } from '../mlflow/fields.js'
import { traceEndOf } from '../mlflow/traces.js'
import { readKeptSpans } from '../traces/otlp.js'
import type { AdoptedTrace } from '../traces/service.js'
import { importRepository as imports } from './repository.js'

/** What of a trace says where its source keeps it. */
const places: ReadonlySet<string> = new Set([
  traceKeys.artifactLocation,
  traceKeys.spansLocation,
  'mlflow.trace.archiveLocation',
  'mlflow.trace.archivalFailure',
])

type Services = Pick<TrackingServices, 'traces' | 'newAssessmentId' | 'clock'>

/** Traces of an import, each step in somebody's transaction. */
export const createTraceImport = (services: Services) => ({
  /** Those that were found whole, with what they looked like then. */
  async known(tx: Tx, of: Import, ids: readonly string[]): Promise<MarkedTrace[]> {
    const known = await imports.entities(tx, of, 'trace', ids)
    return [...known.values()].flatMap(({ sourceId, mark }) => (mark === null ? [] : [{ id: sourceId, mark }]))
  },

  /** Take over traces, or bring them up to date; answers those whose id something else has. */
  async put(
    tx: Tx,
    scope: ProjectScope,
    of: Import,
    { items, placeOf }: { items: readonly ImportedTrace[]; placeOf: (experimentId: string) => string },
  ): Promise<string[]> {
    const wanted = items.map((item) => adopted(services, item, placeOf(item.experimentId)))
    const ids = wanted.map(({ end }) => end.id)
    const known = await imports.entities(tx, of, 'trace', ids)
    const fresh = ids.filter((id) => !known.has(id))
    const taken = new Set((await services.traces.existing(tx, scope, fresh)).map(({ id }) => id))
    for (const trace of wanted) {
      if (taken.has(trace.end.id)) continue
      if (!(await services.traces.adopt(tx, scope, trace))) taken.add(trace.end.id)
    }
    const here = ids
      .filter((id) => !taken.has(id))
      .map((id) => ({ sourceId: id, targetId: id, mark: null, digest: null }))
    await imports.save(tx, of, 'trace', here)
    return [...taken]
  },

  /** They were read back and are as at their source. */
  async note(tx: Tx, of: Import, items: readonly MarkedTrace[]): Promise<void> {
    const known = await imports.entities(
      tx,
      of,
      'trace',
      items.map(({ id }) => id),
    )
    const whole = items.map(({ id, mark }) => {
      const { targetId } = known.get(id) ?? fail('trace_not_found', { traceId: id })
      return { sourceId: id, targetId, mark, digest: null }
    })
    await imports.save(tx, of, 'trace', whole)
  },
})

const adopted = (services: Services, { info, spans, runIds }: ImportedTrace, experimentId: string): AdoptedTrace => {
  const location = { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: experimentId } }
  const end = traceEndOf({ ...info, trace_location: location })
  const said = records(info as Fields, 'assessments').map((assessment) => assessmentOf(services, assessment, end.id))
  const tags = Object.fromEntries(Object.entries(end.tags).filter(([key]) => !places.has(key)))
  return { end: { ...end, tags }, said, spans: spansOf(end.id, spans), runIds, prompts: promptsIn(end.tags) }
}

const spansOf = (traceId: string, spans: ImportedTrace['spans']): AdoptedTrace['spans'] => {
  if (spans.length === 0) return []
  const read = readKeptSpans(JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans }] }] }))
  const other = read.find((span) => span.traceId !== traceId)
  if (other !== undefined)
    fail('span_invalid', { detail: `trace_id is ${other.traceId.slice(tracePrefix.length)}, of another trace` })
  return read
}

/** `[{"name": "greeting", "version": "1"}]`, as MLflow's clients note it. */
const promptsIn = (tags: Readonly<Record<string, string>>): string[] => {
  try {
    const prompts: unknown = JSON.parse(tags['mlflow.linkedPrompts'] ?? '[]')
    return Array.isArray(prompts) ? prompts.flatMap(promptName) : []
  } catch {
    return []
  }
}

const promptName = (prompt: unknown): string[] => {
  if (typeof prompt !== 'object' || prompt === null || !('name' in prompt) || !('version' in prompt)) return []
  return [`${String(prompt.name)}/${String(prompt.version)}`]
}
