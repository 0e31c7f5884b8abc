import { prepared } from '../prepared.js'
import { ofProject } from './of-project.js'

const own = (table: string, order: string, where = ''): string =>
  `(SELECT * FROM ${table} WHERE ${ofProject(table)} AND run_id = wanted.id ${where} ORDER BY ${order}) AS own`

const columns = (names: Readonly<Record<string, string>>, from: string): string =>
  `(SELECT json_build_object(${Object.entries(names)
    .map(([name, column]) => `'${name}', array_agg(own.${column})`)
    .join(', ')}) FROM ${from})`

const objects = (names: Readonly<Record<string, string>>, from: string, order: string): string =>
  `(SELECT coalesce(json_agg(json_build_object(${Object.entries(names)
    .map(([name, column]) => `'${name}', ${column}`)
    .join(', ')}) ORDER BY ${order}), '[]') FROM ${from})`

const pair = { keys: 'key', values: 'value' }

/**
 * What runs logged, a row each, as JSON: one answer of few rows is read faster than thousands of small ones. Of what there
 * may be many (params, tags, metrics) each column is a list, or null when there is nothing; a value that is not a number
 * is the text NaN there. $1 project, $2 ids.
 */
export const dataOfRuns = prepared(`
  SELECT wanted.id AS "runId",
    ${columns(pair, own('run_params', 'key'))} AS params,
    ${columns(pair, own('run_tags', 'key'))} AS tags,
    ${columns(
      { ...pair, steps: 'step', timestampsMs: 'timestamp_ms', pointCounts: 'point_count' },
      own('run_metrics', 'key', 'AND point_count > 0'),
    )} AS metrics,
    ${objects(
      {
        tags: 'input.tags',
        name: 'd.name',
        digest: 'd.digest',
        sourceType: 'd.source_type',
        source: 'd.source',
        schema: 'd.schema',
        profile: 'd.profile',
      },
      `run_datasets input
        JOIN runs r ON r.id = input.run_id
        JOIN datasets d ON d.project_id = $1 AND d.experiment_id = r.experiment_id
          AND d.name = input.name AND d.digest = input.digest
        WHERE ${ofProject('input')} AND input.run_id = wanted.id`,
      'd.name, d.digest',
    )} AS datasets,
    ${objects(
      { direction: 'link.direction', modelId: 'link.model_id', step: 'link.step' },
      `run_models link WHERE ${ofProject('link')} AND link.run_id = wanted.id`,
      'link.direction, link.step, link.model_id',
    )} AS models
  FROM unnest($2::text[]) AS wanted (id)`)
