import type { TraceEnd } from '../../core/traces/after.js'
import { shortened } from '../../core/traces/preview.js'
import { fail } from '@novabrain/contracts'
import { isSafePath } from '../../core/tracking/artifact-path.js'
import { correlationOf } from '../../core/traces/correlation.js'
import { wireValue } from '../../core/tracking/metric-value.js'
import { parseFilter, parseOrder } from '../../core/tracking/filter.js'
import { traceGrammar, traceOrderGrammar } from '../../core/tracking/search-grammar.js'
import { sendArtifact } from '../artifacts/routes.js'
import type { TracesService } from '../traces/service.js'
import { assessmentOf } from './assessments.js'
import {
  maxResultsOf,
  offsetOf,
  pageOf,
  parsed,
  type Endpoint,
  type MlflowCall,
  type TrackingServices,
} from './endpoint.js'
import {
  invalid,
  invalidValue,
  isRecord,
  list,
  optionalEnum,
  optionalInteger,
  optionalText,
  records,
  requiredText,
  text,
  texts,
  type Fields,
} from './fields.js'
import { checkExperimentId, checkTraceTag } from './validation.js'
import { spansFileText, wholeTraceText, wireTraceInfo } from './wire-traces.js'
import { listed } from './wire.js'

/** The path parameter of a trace. */
export const traceIdOf = (call: MlflowCall): string => call.params['traceId'] ?? ''

/** How a trace stands, in MLflow's numbers. */
export const states = { STATE_UNSPECIFIED: 0, OK: 1, ERROR: 2, IN_PROGRESS: 3 } as const

const mostLinks = 100

/** `traces/*` of MLflow's REST API, version 3, and what version 2 has that clients still call. */
export const traceEndpoints = (services: TrackingServices): readonly Endpoint[] => {
  const { traces } = services
  return [
    { method: 'POST', path: '/traces/search', access: 'read', handle: search(traces) },
    {
      method: 'GET',
      path: '/traces/get',
      access: 'read',
      async handle(call) {
        const allowPartial = ['true', 'True', true].includes(call.fields['allow_partial'] as string)
        const trace = await traces.getWhole(call.scope, requiredText(call.fields, 'trace_id'), { allowPartial })
        return asJson(call, `{"trace":${wholeTraceText(trace)}}`)
      },
    },
    {
      method: 'GET',
      path: '/traces/batchGet',
      access: 'read',
      async handle(call) {
        const found = await traces.getManyWhole(
          call.scope,
          requiredTexts(call.fields, 'trace_ids'),
          experimentsOf(call),
        )
        return asJson(call, found.length === 0 ? '{}' : `{"traces":[${found.map(wholeTraceText).join(',')}]}`)
      },
    },
    {
      method: 'POST',
      path: '/traces/batchGetInfos',
      access: 'read',
      async handle(call) {
        const found = await traces.getMany(call.scope, requiredTexts(call.fields, 'trace_ids'), experimentsOf(call))
        return listed('trace_infos', found.map(wireTraceInfo))
      },
    },
    {
      method: 'GET',
      path: '/traces/:traceId',
      access: 'read',
      handle: async (call) => ({ trace: { trace_info: wireTraceInfo(await traces.get(call.scope, traceIdOf(call))) } }),
    },
    {
      method: 'POST',
      path: '/traces/delete-traces',
      access: 'write',
      handle: async ({ scope, fields }) => ({ traces_deleted: await traces.delete(scope, selectionOf(fields)) }),
    },
    {
      method: 'PATCH',
      path: '/traces/:traceId/tags',
      access: 'write',
      handle(call) {
        const key = checkMutable(requiredText(call.fields, 'key'), 'set')
        const tag = checkTraceTag({ key, value: text(call.fields, 'value') })
        return traces.setTag(call.scope, traceIdOf(call), tag.key, tag.value)
      },
    },
    {
      method: 'DELETE',
      path: '/traces/:traceId/tags',
      access: 'write',
      handle: (call) =>
        traces.deleteTag(call.scope, traceIdOf(call), checkMutable(requiredText(call.fields, 'key'), 'deleted')),
    },
    {
      method: 'POST',
      path: '/traces/link-to-run',
      access: 'write',
      handle({ scope, fields }) {
        const ids = requiredTexts(fields, 'trace_ids')
        if (ids.length > mostLinks)
          invalid(
            `Cannot link more than ${String(mostLinks)} traces to a run in a single request. Provided ${String(ids.length)} traces.`,
          )
        return traces.linkToRun(scope, ids, requiredText(fields, 'run_id'))
      },
    },
    {
      method: 'POST',
      path: '/traces/link-prompts',
      access: 'write',
      handle({ scope, fields }) {
        const prompts = records(fields, 'prompt_versions').map(
          (prompt) => `${requiredText(prompt, 'name')}/${requiredText(prompt, 'version')}`,
        )
        return traces.linkPrompts(scope, requiredText(fields, 'trace_id'), prompts)
      },
    },
    { method: 'POST', path: '/traces/calculate-filter-correlation', access: 'read', handle: correlate(traces) },
    { method: 'GET', path: '/get-trace-artifact', access: 'read', handle: traceFile(services) },
  ]
}

/** `POST traces` of version 3: what a client says of a whole trace when it has ended. */
export const endTrace = async (services: TrackingServices, { scope, fields }: MlflowCall) => {
  const trace = fields['trace']
  const info = isRecord(trace) ? trace['trace_info'] : undefined
  if (!isRecord(info)) return invalidValue('trace', trace)
  const end = traceEndOf(info)
  const said = records(info, 'assessments').map((assessment) => assessmentOf(services, assessment, end.id))
  return { trace: { trace_info: wireTraceInfo(await services.traces.end(scope, end, said)) } }
}

/** What a `TraceInfoV3` says of a trace. */
export const traceEndOf = (info: Fields): TraceEnd => {
  const location = info['trace_location']
  const experiment = isRecord(location) ? location['mlflow_experiment'] : undefined
  if (!isRecord(experiment)) return invalidValue('trace.trace_info.trace_location', location)
  return {
    id: idOf(info),
    experimentId: requiredText(experiment, 'experiment_id'),
    startedAtMs: instantOf(info, 'request_time') ?? 0,
    durationMs: durationOf(info, 'execution_duration'),
    state: optionalEnum(info, 'state', states) ?? 'STATE_UNSPECIFIED',
    clientRequestId: optionalText(info, 'client_request_id'),
    requestPreview: previewIn(info, 'request_preview'),
    responsePreview: previewIn(info, 'response_preview'),
    tags: textMap(info, 'tags'),
    metadata: textMap(info, 'trace_metadata'),
  }
}

const idOf = (info: Fields): string => {
  const id = requiredText(info, 'trace_id')
  return id.length <= 250 ? id : invalidValue('trace.trace_info.trace_id', id)
}

const previewIn = (fields: Fields, name: string): string | null => {
  const value = fields[name]
  return value === undefined || value === null ? null : shortened(text(fields, name))
}

/** Milliseconds since 1970 of an instant in RFC 3339. */
export const instantOf = (fields: Fields, name: string): number | null => {
  const value = optionalText(fields, name)
  if (value === null) return null
  const milliseconds = Date.parse(value)
  return Number.isNaN(milliseconds) ? invalidValue(name, value) : Math.floor(milliseconds)
}

/** Milliseconds of a duration as protobuf writes it, `1.5s`. */
const durationOf = (fields: Fields, name: string): number | null => {
  const value = optionalText(fields, name)
  if (value === null) return null
  const seconds = /^(-?\d+(?:\.\d+)?)s$/.exec(value)?.[1]
  return seconds === undefined ? invalidValue(name, value) : Math.round(Number(seconds) * 1000)
}

/** An object whose values are texts. */
export const textMap = (fields: Fields, name: string): Readonly<Record<string, string>> => {
  const value = fields[name]
  if (value === undefined || value === null) return {}
  if (!isRecord(value)) return invalidValue(name, value)
  return Object.fromEntries(Object.keys(value).map((key) => [storableKey(name, key), text(value, key)]))
}

const storableKey = (name: string, key: string): string => (key.includes('\0') ? invalidValue(name, key) : key)

const experimentsOf = ({ fields }: MlflowCall): readonly string[] | null =>
  fields['experiment_ids'] === undefined ? null : texts(fields, 'experiment_ids').map(checkExperimentId)

const requiredTexts = (fields: Fields, name: string): readonly string[] => {
  const values = texts(fields, name)
  return values.length > 0 ? values : invalid(`Missing value for required parameter '${name}'.`)
}

const managed = ['mlflow.trace.spansLocation', 'mlflow.trace.archiveLocation', 'mlflow.trace.archivalFailure']

const checkMutable = (key: string, operation: 'set' | 'deleted'): string =>
  managed.includes(key) ? invalid(`Tag '${key}' is immutable and cannot be ${operation} on a trace.`) : key

const selectionOf = (fields: Fields) => {
  const [ids, count] = [texts(fields, 'request_ids'), optionalInteger(fields, 'max_traces')]
  const untilMs = optionalInteger(fields, 'max_timestamp_millis')
  if (untilMs === null && ids.length === 0) invalid('Either `max_timestamp_millis` or `trace_ids` must be specified.')
  if (untilMs !== null && ids.length > 0)
    invalid('Only one of `max_timestamp_millis` and `trace_ids` can be specified.')
  if (ids.length > 0 && count !== null) invalid("`max_traces` can't be specified if `trace_ids` is specified.")
  if (count !== null && count <= 0) invalid(`\`max_traces\` must be a positive integer, received ${String(count)}.`)
  return { experimentId: checkExperimentId(requiredText(fields, 'experiment_id')), untilMs, count, ids }
}

/** The traces that pass, and what names the next page. */
export const searchIn = async (
  traces: TracesService,
  { scope, fields }: MlflowCall,
  experimentIds: readonly string[],
) => {
  const limit = maxResultsOf(optionalInteger(fields, 'max_results') || null, 100, 500)
  const offset = offsetOf(optionalText(fields, 'page_token'))
  const found = await traces.search(scope, {
    experimentIds: experimentIds.map(checkExperimentId),
    filter: parsed(parseFilter(text(fields, 'filter'), traceGrammar)),
    order: ordersOf(fields),
    offset,
    limit: limit + 1,
  })
  return pageOf(found, offset, limit)
}

const ordersOf = (fields: Fields) => {
  const orders = texts(fields, 'order_by').map((clause) => parsed(parseOrder(clause, traceOrderGrammar)))
  const distinct = new Set(orders.map(({ entity, key }) => `${entity}.${key}`))
  if (distinct.size < orders.length) invalid('`order_by` contains duplicate fields')
  return orders
}

function search(traces: TracesService) {
  return async (call: MlflowCall) => {
    const locations = list(call.fields, 'locations')
    if (locations.length === 0) invalid("Missing value for required parameter 'locations'.")
    const experimentIds = records(call.fields, 'locations').flatMap((location) => {
      const experiment = location['mlflow_experiment']
      return isRecord(experiment) ? [requiredText(experiment, 'experiment_id')] : []
    })
    const { items, next } = await searchIn(traces, call, experimentIds)
    return { ...listed('traces', items.map(wireTraceInfo)), ...next }
  }
}

function correlate(traces: TracesService) {
  return async ({ scope, fields }: MlflowCall) => {
    const filter = (name: string) => parsed(parseFilter(text(fields, name), traceGrammar))
    requiredText(fields, 'filter_string1')
    requiredText(fields, 'filter_string2')
    const filters = { base: filter('base_filter'), first: filter('filter_string1'), second: filter('filter_string2') }
    const experimentIds = requiredTexts(fields, 'experiment_ids').map(checkExperimentId)
    const counts = await traces.countTogether(scope, experimentIds, filters)
    const { npmi, smoothed } = correlationOf(counts)
    return {
      npmi: wireValue(npmi),
      ...(Number.isNaN(smoothed) ? {} : { npmi_smoothed: wireValue(smoothed) }),
      filter1_count: counts.first,
      filter2_count: counts.second,
      joint_count: counts.both,
      total_count: counts.total,
    }
  }
}

const asJson = (call: MlflowCall, body: string): string => {
  call.reply.type('application/json; charset=utf-8')
  return body
}

/** The spans as the file that clients of artifacts know; with a path a file that was attached to the trace. */
function traceFile({ traces, artifacts }: TrackingServices) {
  return async (call: MlflowCall) => {
    const id = optionalText(call.fields, 'request_id')
    if (id === null) return invalid('Request must include the "request_id" query parameter.')
    const path = optionalText(call.fields, 'path')
    if (path !== null) {
      if (!isSafePath(path)) return fail('artifact_path_invalid', { path })
      const attached = `attachments/${path}`
      return sendArtifact(call.reply, path, await artifacts.open(call.scope, { kind: 'trace', id }, attached))
    }
    const trace = await traces.getWhole(call.scope, id, { allowPartial: true })
    call.reply
      .type('application/json; charset=utf-8')
      .header('content-disposition', 'attachment; filename="traces.json"')
    return Buffer.from(spansFileText(trace.spans), 'utf8')
  }
}
