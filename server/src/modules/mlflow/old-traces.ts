import { traceKeys } from '../../core/traces/trace.js'
import type { Endpoint, MlflowCall, TrackingServices } from './endpoint.js'
import { isRecord, optionalEnum, records, requiredInteger, requiredText, texts, text, type Fields } from './fields.js'
import { endTrace, searchIn, states, traceIdOf } from './traces.js'
import { wireOldTraceInfo } from './wire-traces.js'
import { listed } from './wire.js'

/** Pairs of key and value as one object. */
const pairsIn = (fields: Fields, name: string): Readonly<Record<string, string>> =>
  Object.fromEntries(records(fields, name).map((pair) => [requiredText(pair, 'key'), text(pair, 'value')]))

/**
 * Version 2 of `traces`, for clients before MLflow 3: a trace is started, and ended later. `POST traces` is shared: version
 * 3 sends one object, `trace`.
 */
export const oldTraceEndpoints = (services: TrackingServices): readonly Endpoint[] => {
  const { traces, newTraceId } = services
  const start = async ({ scope, fields }: MlflowCall) => {
    const started = await traces.end(
      scope,
      {
        id: newTraceId(),
        experimentId: requiredText(fields, 'experiment_id'),
        startedAtMs: requiredInteger(fields, 'timestamp_ms'),
        durationMs: null,
        state: 'IN_PROGRESS',
        clientRequestId: null,
        requestPreview: null,
        responsePreview: null,
        tags: pairsIn(fields, 'tags'),
        metadata: pairsIn(fields, 'request_metadata'),
      },
      [],
    )
    return { trace_info: wireOldTraceInfo(started) }
  }
  return [
    {
      method: 'POST',
      path: '/traces',
      access: 'write',
      handle: (call) => (isRecord(call.fields['trace']) ? endTrace(services, call) : start(call)),
    },
    {
      method: 'PATCH',
      path: '/traces/:traceId',
      access: 'write',
      async handle(call) {
        const { record } = await traces.get(call.scope, traceIdOf(call))
        const ended = await traces.end(
          call.scope,
          {
            ...record,
            durationMs: requiredInteger(call.fields, 'timestamp_ms') - record.startedAtMs,
            state: optionalEnum(call.fields, 'status', states) ?? 'STATE_UNSPECIFIED',
            tags: { ...nameOf(record.name), ...record.tags, ...pairsIn(call.fields, 'tags') },
            metadata: pairsIn(call.fields, 'request_metadata'),
          },
          [],
        )
        return { trace_info: wireOldTraceInfo(ended) }
      },
    },
    {
      method: 'GET',
      path: '/traces/:traceId/info',
      access: 'read',
      handle: async (call) => ({ trace_info: wireOldTraceInfo(await traces.get(call.scope, traceIdOf(call))) }),
    },
    {
      method: 'GET',
      path: '/traces',
      access: 'read',
      async handle(call) {
        const { items, next } = await searchIn(traces, call, texts(call.fields, 'experiment_ids'))
        return { ...listed('traces', items.map(wireOldTraceInfo)), ...next }
      },
    },
  ]
}

const nameOf = (name: string | null): Record<string, string> => (name === null ? {} : { [traceKeys.name]: name })
