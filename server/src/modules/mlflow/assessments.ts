import type { AssessmentChange, AssessmentFault, AssessmentRecord } from '../traces/assessments-service.js'
import type { Endpoint, MlflowCall, TrackingServices } from './endpoint.js'
import {
  invalid,
  invalidValue,
  isRecord,
  optionalEnum,
  optionalText,
  requiredText,
  text,
  type Fields,
} from './fields.js'
import { instantOf, textMap, traceIdOf } from './traces.js'
import { atMost } from './validation.js'
import { wireAssessment } from './wire-traces.js'

const sourceTypes = { SOURCE_TYPE_UNSPECIFIED: 0, HUMAN: 1, LLM_JUDGE: 2, CODE: 3 } as const

const assessmentIdOf = (call: MlflowCall): string => call.params['assessmentId'] ?? ''

/** `traces/{id}/assessments` of MLflow's REST API. */
export const assessmentEndpoints = (services: TrackingServices): readonly Endpoint[] => {
  const { assessments } = services
  const path = '/traces/:traceId/assessments'
  return [
    {
      method: 'POST',
      path,
      access: 'write',
      async handle(call) {
        const given = assessmentOf(services, assessmentIn(call.fields), traceIdOf(call))
        return { assessment: wireAssessment(await assessments.create(call.scope, given)) }
      },
    },
    {
      method: 'GET',
      path: `${path}/:assessmentId`,
      access: 'read',
      handle: async (call) => ({
        assessment: wireAssessment(await assessments.get(call.scope, traceIdOf(call), assessmentIdOf(call))),
      }),
    },
    {
      method: 'PATCH',
      path: `${path}/:assessmentId`,
      access: 'write',
      async handle(call) {
        const change = changeOf(assessmentIn(call.fields), maskOf(call.fields))
        const changed = await assessments.update(call.scope, traceIdOf(call), assessmentIdOf(call), change)
        return { assessment: wireAssessment(changed) }
      },
    },
    {
      method: 'DELETE',
      path: `${path}/:assessmentId`,
      access: 'write',
      handle: (call) => assessments.delete(call.scope, traceIdOf(call), assessmentIdOf(call)),
    },
  ]
}

const assessmentIn = (fields: Fields): Fields => {
  const given = fields['assessment']
  if (given === undefined) return invalid("Missing value for required parameter 'assessment'.")
  return isRecord(given) ? given : invalidValue('assessment', given)
}

/** An assessment that a client sent for a trace; it gets an id when it has none. */
export const assessmentOf = (
  { newAssessmentId, clock }: Pick<TrackingServices, 'newAssessmentId' | 'clock'>,
  fields: Fields,
  traceId: string,
): AssessmentRecord => {
  const createdAtMs = instantOf(fields, 'create_time') ?? clock.nowMs()
  return {
    id: optionalText(fields, 'assessment_id') ?? newAssessmentId(),
    traceId,
    name: nameIn(fields),
    ...valueOf(fields),
    ...sourceOf(fields),
    spanId: optionalText(fields, 'span_id'),
    rationale: optionalText(fields, 'rationale'),
    metadata: textMap(fields, 'metadata'),
    overrides: optionalText(fields, 'overrides'),
    valid: fields['valid'] !== false,
    createdAtMs,
    updatedAtMs: instantOf(fields, 'last_update_time') ?? createdAtMs,
  }
}

const nameIn = (fields: Fields): string => atMost('assessment_name', 250, text(fields, 'assessment_name'))

const sourceOf = (fields: Fields): Pick<AssessmentRecord, 'sourceType' | 'sourceId'> => {
  const source = fields['source']
  if (!isRecord(source)) return { sourceType: 'SOURCE_TYPE_UNSPECIFIED', sourceId: null }
  return {
    sourceType: optionalEnum(source, 'source_type', sourceTypes) ?? 'SOURCE_TYPE_UNSPECIFIED',
    sourceId: optionalText(source, 'source_id'),
  }
}

type Value = Pick<AssessmentRecord, 'kind' | 'value' | 'error'>

const valueOf = (fields: Fields): Value => {
  const { feedback, expectation, issue } = fields
  if (isRecord(feedback)) return { kind: 'feedback', value: jsonOf(feedback['value']), error: faultOf(feedback) }
  if (isRecord(expectation)) return { kind: 'expectation', value: expectedOf(expectation), error: null }
  if (isRecord(issue)) return { kind: 'issue', value: jsonOf(text(issue, 'issue_name')), error: null }
  return invalid('Unknown assessment type: None')
}

const jsonOf = (value: unknown): string => JSON.stringify(value ?? null)

const expectedOf = (expectation: Fields): string => {
  const serialized = expectation['serialized_value']
  if (!isRecord(serialized)) return jsonOf(expectation['value'])
  const format = text(serialized, 'serialization_format')
  if (format !== 'JSON_FORMAT') invalid(`Unknown serialization format: ${format}. Only JSON_FORMAT is supported.`)
  return checkedJson(text(serialized, 'value'))
}

const checkedJson = (value: string): string => {
  try {
    JSON.parse(value)
    return value
  } catch {
    return invalidValue('serialized_value', value)
  }
}

const faultOf = (feedback: Fields): AssessmentFault | null => {
  const error = feedback['error']
  if (!isRecord(error)) return null
  const [message, trace] = [optionalText(error, 'error_message'), optionalText(error, 'stack_trace')]
  return {
    error_code: text(error, 'error_code'),
    ...(message === null ? {} : { error_message: message }),
    ...(trace === null ? {} : { stack_trace: trace }),
  }
}

/** What a change names: a list in a text, its names in camel case as protobuf writes them or as they are. */
const maskOf = (fields: Fields): readonly string[] =>
  requiredText(fields, 'update_mask')
    .split(',')
    .map((name) => name.trim().replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`))

const changeOf = (given: Fields, mask: readonly string[]): AssessmentChange => {
  const parts = mask.map((name): AssessmentChange => {
    switch (name) {
      case 'assessment_name':
        return { name: nameIn(given) }
      case 'feedback':
      case 'expectation':
        return valueOf(given)
      case 'rationale':
        return { rationale: text(given, 'rationale') }
      case 'metadata':
        return { metadata: textMap(given, 'metadata') }
      default:
        return invalidValue('update_mask', name)
    }
  })
  return Object.assign({}, ...parts) as AssessmentChange
}
