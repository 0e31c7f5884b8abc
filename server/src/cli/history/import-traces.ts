import { Readable } from 'node:stream'
import type { MlflowApi, Json } from './api.js'
import { MlflowRefusal } from './api.js'
import type { Copying } from './copy-run.js'
import { markOf } from './hashing.js'
import type { Outcome } from './outcome.js'
import { text } from './pages.js'
import { chunks, inParallel } from './pool.js'
import { proxyPath } from './reader.js'
import { createTraceReader, type TraceReader } from './trace-reader.js'
import { attachmentsOf, differingTraceParts, texts, traceFacts, type SourceTrace } from './trace-wire.js'
import { NovaBrainError } from '@novabrain/contracts'

export interface TraceImport {
  readonly reader: TraceReader
  /** Our own server, by MLflow's REST API: what was written is read back from it. */
  readonly ours: MlflowApi
  readonly again: boolean
  readonly outcome: Outcome
}

const group = 50
const width = 6
/** Spans of so many characters go in one request; more of one trace go alone. */
const enoughText = 4_000_000

/**
 * Copy the traces of an experiment, whose runs are here already: what is new or has changed is read whole, written, read
 * back, and noted only when both sides say the same.
 */
export const importTraces = async (
  copying: Copying,
  { reader, ours, again, outcome }: TraceImport,
  experimentId: string,
  runIds: readonly string[],
): Promise<void> => {
  const { target, signal, progress } = copying
  const back = createTraceReader(ours)
  let links: ReadonlyMap<string, readonly string[]> | null = null
  for await (const page of reader.infos(experimentId))
    for (const infos of chunks(page, group)) {
      signal.throwIfAborted()
      outcome.traces.source += infos.length
      const known = new Map((await target.knownTraces(infos.map(idOf))).map(({ id, mark }) => [id, mark]))
      const wanted = infos.filter((info) => again || !isOver(info) || known.get(idOf(info)) !== markOfTrace(info))
      outcome.traces.here += infos.length - wanted.length
      if (wanted.length === 0) continue
      links ??= await linksOf(reader, experimentId, runIds)
      const traces: SourceTrace[] = []
      await inParallel(wanted, width, async (info) => void traces.push(await reader.whole(info)))
      const taken = await send(copying, experimentId, traces, links)
      const mine = traces.filter(({ id }) => !taken.has(id))
      await inParallel(mine, width, (trace) => copyAttachments(copying, { reader, back, ours }, trace))
      const whole = await compare(copying, back, mine)
      if (whole.length > 0) await target.noteTraces(whole)
      outcome.traces.here += mine.length
      progress.done.traces += mine.length
      progress.tick()
    }
}

const idOf = (info: Json): string => text(info, 'trace_id')

const isOver = (info: Json): boolean => info['state'] !== 'IN_PROGRESS'

const markOfTrace = ({ trace_location: _elsewhere, ...info }: Json): string => markOf(info)

/** To which runs traces are linked, by trace. */
const linksOf = async (
  reader: TraceReader,
  experimentId: string,
  runIds: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> => {
  const links = new Map<string, string[]>()
  await inParallel(runIds, width, async (runId) => {
    for (const id of await reader.ofRun(experimentId, runId)) links.set(id, [...(links.get(id) ?? []), runId])
  })
  return links
}

/** Write traces; answers those that something else has the id of. */
const send = async (
  { target, differ }: Copying,
  experimentId: string,
  traces: readonly SourceTrace[],
  links: ReadonlyMap<string, readonly string[]>,
): Promise<ReadonlySet<string>> => {
  const taken = new Set<string>()
  for (const part of inSizes(traces)) {
    const items = part.map(({ id, info, spans }) => ({
      experimentId,
      info: { ...info },
      spans: carries(id) ? spans.map((span) => ({ ...span })) : [],
      runIds: [...(links.get(id) ?? [])],
    }))
    try {
      for (const id of await target.traces(items)) {
        taken.add(id)
        differ({ kind: 'trace', id, name: '', faults: ['id_taken'], detail: null })
      }
    } catch (error) {
      if (!(error instanceof NovaBrainError) || !refusals.includes(error.code)) throw error
      for (const { id } of part) {
        taken.add(id)
        differ({ kind: 'trace', id, name: '', faults: ['refused'], detail: error.message })
      }
    }
  }
  return taken
}

const refusals: readonly string[] = ['spans_malformed', 'span_invalid', 'invalid_request', 'upload_too_large']

/** Spans belong to a trace by the id that OpenTelemetry knows; clients of MLflow 2 gave others. */
const carries = (id: string): boolean => /^tr-[0-9a-f]{32}$/.test(id)

/** Groups that a request can carry. */
const inSizes = (traces: readonly SourceTrace[]): SourceTrace[][] => {
  const groups: SourceTrace[][] = []
  let size = enoughText
  for (const trace of traces) {
    const length = JSON.stringify(trace.spans).length
    if (size + length > enoughText) {
      groups.push([])
      size = 0
    }
    groups.at(-1)?.push(trace)
    size += length
  }
  return groups
}

/** Files that were attached to a trace; those that are here stay. */
const copyAttachments = async (
  { differ }: Copying,
  { reader, back, ours }: { reader: TraceReader; back: TraceReader; ours: MlflowApi },
  { id, spans }: SourceTrace,
): Promise<void> => {
  const names = attachmentsOf(spans)
  if (names.length === 0) return
  const folder = proxyPath(texts((await back.info(id))?.['tags'])['mlflow.artifactLocation'] ?? '')
  for (const name of names) {
    const missing = (detail: string) => differ({ kind: 'trace', id, name: '', faults: ['file_missing'], detail })
    try {
      const body = await reader.attachment(id, name)
      if (body === null || folder === null) missing(name)
      else {
        const bytes = Buffer.from(await new Response(body).arrayBuffer())
        const address = `${folder}/attachments/${name}`.split('/').map(encodeURIComponent).join('/')
        await ours.put(`/api/2.0/mlflow-artifacts/artifacts/${address}`, () => Promise.resolve(Readable.from([bytes])))
      }
    } catch (error) {
      if (!(error instanceof MlflowRefusal)) throw error
      missing(`${name}: ${error.message}`)
    }
  }
}

/** Read back what is here; answers what is as at the source, and tells of the rest. */
const compare = async ({ differ }: Copying, back: TraceReader, traces: readonly SourceTrace[]) => {
  const whole: { id: string; mark: string }[] = []
  await inParallel(traces, width, async (trace) => {
    const { id } = trace
    const info = await back.info(id)
    const here = info === null ? null : await back.whole(info)
    const faults = here === null ? (['info'] as const) : differingTraceParts(traceFacts(trace), traceFacts(here))
    if (faults.length === 0) whole.push({ id, mark: markOfTrace(trace.info) })
    else differ({ kind: 'trace', id, name: '', faults: [...faults], detail: null })
  })
  return whole
}
