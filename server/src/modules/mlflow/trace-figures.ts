import { faultOf, filterOf, type FiguresQuery } from '../../core/traces/figures.js'
import type { Endpoint, MlflowCall, TrackingServices } from './endpoint.js'
import {
  integerOf,
  invalid,
  isRecord,
  list,
  missing,
  numberOf,
  optionalEnum,
  optionalInteger,
  requiredText,
  texts,
} from './fields.js'
import type { Fields } from './fields.js'
import { checkExperimentId } from './validation.js'
import { listed } from './wire.js'

const views = { TRACES: 1, SPANS: 2, ASSESSMENTS: 3 } as const
const kinds = { COUNT: 1, SUM: 2, AVG: 3, PERCENTILE: 4, MIN: 5, MAX: 6 } as const
const mostPoints = 10_000

/** `traces/metrics` of MLflow's REST API: figures over many traces, spans or assessments, apart by time and by what they are. */
export const traceFiguresEndpoints = ({ traces }: TrackingServices): readonly Endpoint[] => [
  {
    method: 'POST',
    path: '/traces/metrics',
    access: 'read',
    async handle({ scope, fields }: MlflowCall) {
      const query = queryOf(fields)
      const fault = faultOf(query)
      if (fault !== null) invalid(fault)
      const points = await traces.figures(scope, query)
      return listed(
        'data_points',
        points.map(({ dimensions, values }) => ({
          metric_name: query.figure,
          ...(Object.keys(dimensions).length === 0 ? {} : { dimensions }),
          values,
        })),
      )
    },
  },
]

const queryOf = (fields: Fields): FiguresQuery => {
  const experimentIds = texts(fields, 'experiment_ids')
  if (fields['experiment_ids'] === undefined) missing('experiment_ids')
  const limit = optionalInteger(fields, 'max_results') ?? 1000
  if (limit < 1) invalid(`Invalid value ${String(limit)} for parameter 'max_results' supplied.`)
  return {
    experimentIds: experimentIds.map(checkExperimentId),
    view: optionalEnum(fields, 'view_type', views) ?? missing('view_type'),
    figure: requiredText(fields, 'metric_name'),
    aggregations:
      fields['aggregations'] === undefined ? missing('aggregations') : list(fields, 'aggregations').map(aggregationOf),
    dimensions: texts(fields, 'dimensions'),
    filters: texts(fields, 'filters').map((text) => filterOf(text) ?? invalid(`Invalid filter: '${text}'.`)),
    intervalSeconds: optionalInteger(fields, 'time_interval_seconds') || null,
    fromMs: optionalInteger(fields, 'start_time_ms'),
    toMs: optionalInteger(fields, 'end_time_ms'),
    limit: Math.min(mostPoints, integerOf('max_results', limit)),
  }
}

const aggregationOf = (said: unknown): FiguresQuery['aggregations'][number] => {
  if (!isRecord(said)) return invalid('An aggregation must be an object with an aggregation_type.')
  const kind = optionalEnum(said, 'aggregation_type', kinds) ?? missing('aggregation_type')
  const { percentile_value: value } = said
  const percentile = value === undefined || value === null ? null : numberOf('percentile_value', value)
  if (kind !== 'PERCENTILE' && percentile !== null)
    return invalid(`Percentile value is only allowed for PERCENTILE aggregation type, got ${kind}`)
  if (kind === 'PERCENTILE' && (percentile === null || !(percentile >= 0 && percentile <= 100)))
    return invalid('Percentile value must be between 0 and 100')
  return { kind, percentile }
}
