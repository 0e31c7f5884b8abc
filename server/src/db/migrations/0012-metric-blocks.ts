import { protect } from '../row-level-security.js'
import { defineMigration } from './define.js'

/**
 * Long curves in short: blocks of 4,096 points of a series, in its order, each told in pieces of 128 with their last point
 * and their extremes. The blocks of a series hold its first points without a gap; `summarised_*` says how many and up to
 * which. They are derived from the points and may be thrown away at any time.
 */
export const metricBlocks = defineMigration(12, 'MetricBlocks', {
  up: [
    `CREATE TABLE metric_blocks (
       series_id bigint NOT NULL,
       first_step bigint NOT NULL,
       first_timestamp_ms bigint NOT NULL,
       first_value double precision NOT NULL,
       last_step bigint NOT NULL,
       last_timestamp_ms bigint NOT NULL,
       last_value double precision NOT NULL,
       steps bigint[] NOT NULL,
       timestamps_ms bigint[] NOT NULL,
       values double precision[] NOT NULL,
       lows double precision[] NOT NULL,
       highs double precision[] NOT NULL,
       project_id text NOT NULL,
       PRIMARY KEY (series_id, first_step, first_timestamp_ms, first_value)
     )`,
    ...protect('metric_blocks', 'project_id'),
    `ALTER TABLE run_metrics
       ADD COLUMN summarised_count bigint NOT NULL DEFAULT 0,
       ADD COLUMN summarised_step bigint,
       ADD COLUMN summarised_timestamp_ms bigint,
       ADD COLUMN summarised_value double precision,
       ADD COLUMN summary_losses integer NOT NULL DEFAULT 0`,
  ],
  down: [
    `ALTER TABLE run_metrics
       DROP COLUMN summary_losses,
       DROP COLUMN summarised_value,
       DROP COLUMN summarised_timestamp_ms,
       DROP COLUMN summarised_step,
       DROP COLUMN summarised_count`,
    `DROP TABLE metric_blocks`,
  ],
})
