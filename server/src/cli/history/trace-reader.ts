import { MlflowRefusal, type Json, type MlflowApi } from './api.js'
import { pages, records, text } from './pages.js'
import { otlpSpan, otlpSpanOfFile, readSpans, type SourceTrace } from './trace-wire.js'

export type TraceReader = ReturnType<typeof createTraceReader>

const pageSize = 500

/** What MLflow's REST API tells of traces. */
export const createTraceReader = (api: MlflowApi) => ({
  /** Traces of an experiment without their spans, oldest first. A server that knows no traces has none. */
  infos: (experimentId: string): AsyncGenerator<readonly Json[]> => search(api, experimentId, ''),

  /** The ids of traces that are linked to a run; none where the server cannot tell. */
  async ofRun(experimentId: string, runId: string): Promise<string[]> {
    const ids: string[] = []
    try {
      for await (const found of search(api, experimentId, `attributes.run_id = '${runId}'`))
        ids.push(...found.map((info) => text(info, 'trace_id')))
    } catch (error) {
      if (!(error instanceof MlflowRefusal)) throw error
    }
    return ids
  },

  /** A trace without its spans, or `null`. */
  info: async (id: string): Promise<Json | null> => {
    const answer = await api.get(`/api/3.0/mlflow/traces/${encodeURIComponent(id)}`).catch(whenNotThere)
    return answer === null ? null : ((answer['trace'] as { trace_info?: Json } | undefined)?.trace_info ?? null)
  },

  /** With its spans, wherever the store has them. */
  async whole(info: Json): Promise<SourceTrace> {
    const id = text(info, 'trace_id')
    return { id, info, spans: (await spansIn(api, id)) ?? (await spansInFile(api, id)) }
  },

  /** What was attached to a trace, such as an image; `null` when it is gone. */
  attachment: (id: string, name: string): Promise<ReadableStream<Uint8Array> | null> =>
    api.open('/ajax-api/2.0/mlflow/get-trace-artifact', { request_id: id, path: name }),
})

const search = (api: MlflowApi, experimentId: string, filter: string): AsyncGenerator<readonly Json[]> =>
  pages(
    (page) =>
      api.post('/api/3.0/mlflow/traces/search', {
        locations: [{ type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: experimentId } }],
        ...(filter === '' ? {} : { filter }),
        order_by: ['timestamp_ms ASC'],
        max_results: pageSize,
        ...page,
      }),
    (answer) => records(answer, 'traces'),
  )

/** Spans that are in the database of the store; `null` where they are not. */
const spansIn = async (api: MlflowApi, id: string): Promise<readonly Json[] | null> => {
  const answer = await api
    .open('/api/3.0/mlflow/traces/get', { trace_id: id, allow_partial: 'true' })
    .catch(whenNotThere)
  if (answer === null) return null
  const trace = readSpans(await new Response(answer).text())['trace']
  if (typeof trace !== 'object' || trace === null) return null
  const spans = records(trace as Json, 'spans')
  return spans.length === 0 ? null : spans.map(otlpSpan)
}

/** Spans that are a file beside the artifacts, as MLflow had them before its version 3.6. */
const spansInFile = async (api: MlflowApi, id: string): Promise<readonly Json[]> => {
  const file = await api.open('/ajax-api/2.0/mlflow/get-trace-artifact', { request_id: id }).catch(whenNotThere)
  if (file === null) return []
  return records(readSpans(await new Response(file).text()), 'spans').map(otlpSpanOfFile)
}

/** A server in trouble is no answer. */
const whenNotThere = (error: unknown): null => {
  if (error instanceof MlflowRefusal && (error.status < 500 || error.status === 501)) return null
  throw error
}
