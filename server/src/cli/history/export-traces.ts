import { Readable } from 'node:stream'
import { MlflowRefusal, type Json, type MlflowApi } from './api.js'
import { ourTags, type Exporting } from './export-run.js'
import { markOf } from './hashing.js'
import type { Difference, ExperimentOutcome, Outcome } from './outcome.js'
import { records, text } from './pages.js'
import { inParallel } from './pool.js'
import type { TraceReader } from './trace-reader.js'
import { attachmentsOf, differingTraceParts, portableTags, texts, traceFacts, type SourceTrace } from './trace-wire.js'
import { encodeRequest } from '../../modules/traces/otlp-proto.js'

export interface TraceExport {
  readonly reader: TraceReader
  readonly there: { readonly api: MlflowApi; readonly reader: TraceReader }
  /** Ids of runs and logged models by those that they have here. */
  readonly ids: ReadonlyMap<string, string>
  readonly outcome: Outcome
}

/** One after the other: MLflow's server writes traces in long transactions, and SQLite takes one at a time. */
const width = 1
const linksInRequest = 100
const sourceRun = 'mlflow.sourceRun'
const modelId = 'mlflow.modelId'

/**
 * Write the traces of an experiment to MLflow under the ids that they have here. Each is read back and compared, and
 * only then tagged as whole, by which a repeat knows it.
 */
export const exportTraces = async (
  exporting: Exporting,
  of: TraceExport,
  place: ExperimentOutcome,
  runIds: readonly string[],
): Promise<void> => {
  const known = new Map<string, Json>()
  for await (const infos of of.there.reader.infos(place.id)) for (const info of infos) known.set(idOf(info), info)
  let sent = 0
  for await (const infos of of.reader.infos(place.sourceId)) {
    of.outcome.traces.source += infos.length
    await inParallel(infos, width, async (info) => {
      exporting.signal.throwIfAborted()
      const before = known.get(idOf(info))
      const whole = texts(before?.['tags'])[ourTags.whole] === markOfTrace(info) && isOver(info)
      if (!whole && !(await exportTrace(exporting, of, place, { info, before }))) return
      of.outcome.traces.here += 1
      if (whole) return
      sent += 1
      exporting.progress.done.traces += 1
      exporting.progress.tick()
    })
  }
  if (sent > 0) await linkRuns(exporting, of, place, runIds)
}

const idOf = (info: Json): string => text(info, 'trace_id')

const isOver = (info: Json): boolean => info['state'] !== 'IN_PROGRESS'

const markOfTrace = ({ trace_location: _here, ...info }: Json): string => markOf(info)

/** Write one trace; whether it is there now, whatever of it differs. */
const exportTrace = async (
  exporting: Exporting,
  of: TraceExport,
  place: ExperimentOutcome,
  { info, before }: { info: Json; before: Json | undefined },
): Promise<boolean> => {
  const { reader, there, ids } = of
  const id = idOf(info)
  const told = (faults: Difference['faults'], detail: string | null) =>
    exporting.differ({ kind: 'trace', id, name: '', faults, detail })
  // The same trace may be there in another experiment: that from which it once came here.
  if (before === undefined && (await there.reader.info(id)) !== null) {
    told(['id_taken'], null)
    return false
  }
  const trace = translated(await reader.whole(info), ids)
  try {
    const mark = markOfTrace(info)
    // In the order of MLflow's own client: spans that come after the word of the whole make MLflow's server time it anew.
    await sendSpans(there.api, place.id, trace.spans)
    await there.api.post('/api/3.0/mlflow/traces', { trace: { trace_info: infoThere(trace.info, place.id) } })
    await sendOverriding(there, trace)
    await sendAttachments(exporting, of, trace)
    const written = await there.reader.info(id)
    const back = written === null ? null : await there.reader.whole(written)
    const faults = back === null ? (['info'] as const) : differingTraceParts(traceFacts(trace), traceFacts(back))
    if (faults.length > 0) told([...faults], null)
    else await tag(there.api, id, ourTags.whole, mark)
    return true
  } catch (error) {
    if (!(error instanceof MlflowRefusal)) throw error
    told(['refused'], error.message)
    return false
  }
}

/** A trace in the ids of the other side. */
const translated = ({ id, info, spans }: SourceTrace, ids: ReadonlyMap<string, string>): SourceTrace => {
  const metadata = { ...texts(info['trace_metadata']) }
  for (const key of [sourceRun, modelId]) {
    const there = ids.get(metadata[key] ?? '')
    if (there !== undefined) metadata[key] = there
  }
  return { id, info: { ...info, trace_metadata: metadata, tags: portableTags(texts(info['tags'])) }, spans }
}

const infoThere = (info: Json, experimentId: string): Json => ({
  ...info,
  trace_location: { type: 'MLFLOW_EXPERIMENT', mlflow_experiment: { experiment_id: experimentId } },
  assessments: assessmentsIn(info).filter((said) => !overrides(said)),
})

const assessmentsIn = (info: Json): readonly Json[] =>
  records(info, 'assessments').toSorted((left, right) =>
    text(left, 'create_time') < text(right, 'create_time') ? -1 : 1,
  )

const overrides = (assessment: Json): boolean => text(assessment, 'overrides') !== ''

/** What takes the place of something else that was said: only a request of its own makes MLflow note that. */
const sendOverriding = async (there: TraceExport['there'], { id, info }: SourceTrace): Promise<void> => {
  const overriding = assessmentsIn(info).filter(overrides)
  if (overriding.length === 0) return
  const known = new Set(assessmentsIn((await there.reader.info(id)) ?? {}).map((said) => text(said, 'assessment_id')))
  for (const assessment of overriding)
    if (!known.has(text(assessment, 'assessment_id')))
      await there.api.post(`/api/3.0/mlflow/traces/${encodeURIComponent(id)}/assessments`, { assessment })
}

const sendSpans = async (api: MlflowApi, experimentId: string, spans: readonly Json[]): Promise<void> => {
  if (spans.length === 0) return
  const body = encodeRequest({ resourceSpans: [{ scopeSpans: [{ spans }] }] })
  await api.postBytes('/v1/traces', body, {
    'content-type': 'application/x-protobuf',
    'x-mlflow-experiment-id': experimentId,
  })
}

const sendAttachments = async (
  { there: { writer } }: Exporting,
  { reader, there }: TraceExport,
  { id, spans }: SourceTrace,
): Promise<void> => {
  const names = attachmentsOf(spans)
  if (names.length === 0) return
  const artifactUri = texts((await there.reader.info(id))?.['tags'])['mlflow.artifactLocation'] ?? ''
  for (const name of names) {
    const body = await reader.attachment(id, name)
    if (body === null) continue
    const bytes = Buffer.from(await new Response(body).arrayBuffer())
    await writer.putFile({ artifactUri }, `attachments/${name}`, () => Promise.resolve(Readable.from([bytes])))
  }
}

const tag = (api: MlflowApi, id: string, key: string, value: string) =>
  api.patch(`/api/3.0/mlflow/traces/${encodeURIComponent(id)}/tags`, { key, value })

/** Links of traces to runs that do not say so themselves. */
const linkRuns = async (
  { signal }: Exporting,
  { reader, there, ids }: TraceExport,
  place: ExperimentOutcome,
  runIds: readonly string[],
): Promise<void> => {
  await inParallel(runIds, width, async (runId) => {
    signal.throwIfAborted()
    const run = ids.get(runId)
    const linked = run === undefined ? [] : await reader.ofRun(place.sourceId, runId)
    for (let at = 0; at < linked.length; at += linksInRequest)
      await there.api.post('/api/2.0/mlflow/traces/link-to-run', {
        trace_ids: linked.slice(at, at + linksInRequest),
        run_id: run,
      })
  })
}
