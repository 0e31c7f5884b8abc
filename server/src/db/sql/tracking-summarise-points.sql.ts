import { blockPoints, piecePoints } from '../../core/tracking/tail.js'
import { prepared } from '../prepared.js'
import { ofProject } from './of-project.js'

/** Where the blocks of a series end, locked until the transaction ends. $1 project, $2 series. */
export const lockSummary = prepared(`
  SELECT point_count - summarised_count AS "behind", summarised_step AS "step", summarised_timestamp_ms AS "timestampMs",
    summarised_value AS "value", summary_losses AS "losses"
  FROM run_metrics m WHERE ${ofProject('m')} AND series_id = $2 FOR NO KEY UPDATE`)

const last = (nth: string, size: number): string => `FILTER (WHERE ${nth} % ${String(size)} = ${String(size - 1)})`
const first = (nth: string, size: number): string => `FILTER (WHERE ${nth} % ${String(size)} = 0)`
const pieces = blockPoints / piecePoints

/**
 * Tell the next points of a series in $6 whole blocks, and note where they end. There must be that many points.
 * Planned each time: only a known end of the blocks lets an index find what comes after it.
 * $1 project, $2 series, $3 step, $4 timestamp and $5 value of the last point that is in a block (null: none is).
 */
export const summarisePoints = `
  WITH points AS (
    SELECT step, timestamp_ms, value, row_number() OVER (ORDER BY step, timestamp_ms, value) - 1 AS nth FROM (
      SELECT step, timestamp_ms, value FROM metric_points
      WHERE project_id = $1 AND series_id = $2
        AND ($3::bigint IS NULL OR (step, timestamp_ms, value) > ($3::bigint, $4::bigint, $5::double precision))
      ORDER BY step, timestamp_ms, value LIMIT $6::bigint * ${String(blockPoints)}
    ) AS next
  ), pieces AS (
    SELECT nth / ${String(piecePoints)} AS piece,
      max(step) ${first('nth', blockPoints)} AS first_step,
      max(timestamp_ms) ${first('nth', blockPoints)} AS first_timestamp_ms,
      max(value) ${first('nth', blockPoints)} AS first_value,
      max(step) ${last('nth', piecePoints)} AS step,
      max(timestamp_ms) ${last('nth', piecePoints)} AS timestamp_ms,
      max(value) ${last('nth', piecePoints)} AS value,
      coalesce(min(value) FILTER (WHERE value <> 'NaN'), 'NaN') AS low,
      coalesce(max(value) FILTER (WHERE value <> 'NaN'), 'NaN') AS high
    FROM points GROUP BY 1
  ), blocks AS (
    INSERT INTO metric_blocks (series_id, first_step, first_timestamp_ms, first_value, last_step, last_timestamp_ms,
      last_value, steps, timestamps_ms, values, lows, highs, project_id)
    SELECT $2, max(first_step), max(first_timestamp_ms), max(first_value),
      max(step) ${last('piece', pieces)}, max(timestamp_ms) ${last('piece', pieces)}, max(value) ${last('piece', pieces)},
      array_agg(step ORDER BY piece), array_agg(timestamp_ms ORDER BY piece), array_agg(value ORDER BY piece),
      array_agg(low ORDER BY piece), array_agg(high ORDER BY piece), $1
    FROM pieces GROUP BY piece / ${String(pieces)}
    RETURNING last_step, last_timestamp_ms, last_value
  ), ending AS (
    SELECT last_step, last_timestamp_ms, last_value, count(*) OVER () AS block_count FROM blocks
    ORDER BY last_step DESC, last_timestamp_ms DESC, last_value DESC LIMIT 1
  )
  UPDATE run_metrics m SET summarised_count = m.summarised_count + ending.block_count * ${String(blockPoints)},
    summarised_step = ending.last_step, summarised_timestamp_ms = ending.last_timestamp_ms,
    summarised_value = ending.last_value
  FROM ending WHERE ${ofProject('m')} AND m.series_id = $2`

/**
 * Tell a block that is known, and note that the blocks end with it. $1 project, $2 series; $3 step, $4 timestamp and $5
 * value of its first point, $6, $7 and $8 of its last; parallel, a piece each: $9 steps, $10 timestamps and $11 values of
 * their last points, $12 least and $13 greatest values.
 */
export const addBlock = prepared(`
  WITH block AS (
    INSERT INTO metric_blocks (project_id, series_id, first_step, first_timestamp_ms, first_value, last_step,
      last_timestamp_ms, last_value, steps, timestamps_ms, values, lows, highs)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
  )
  UPDATE run_metrics m SET summarised_count = m.summarised_count + ${String(blockPoints)},
    summarised_step = $6, summarised_timestamp_ms = $7, summarised_value = $8
  WHERE m.series_id = $2 AND ${ofProject('m')}`)

/** Throw away the blocks of series. $1 project, $2 series. */
export const forgetBlocks = `
  WITH gone AS (DELETE FROM metric_blocks WHERE project_id = $1 AND series_id = ANY ($2))
  UPDATE run_metrics SET summarised_count = 0, summarised_step = NULL, summarised_timestamp_ms = NULL,
    summarised_value = NULL, summary_losses = summary_losses + 1
  WHERE project_id = $1 AND series_id = ANY ($2)`
