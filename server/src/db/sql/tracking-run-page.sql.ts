import { runColumns, runTables } from './tracking-run-columns.sql.js'

/**
 * A page of active runs, newest first (ids sort by creation). $1 project, $2 experiment or null, $3 the last id of the
 * page before or null, $4 how many.
 */
export const runPage = `
  SELECT ${runColumns} FROM ${runTables}
  WHERE r.project_id = $1 AND r.lifecycle_stage = 'active'
    AND ($2::bigint IS NULL OR r.experiment_id = $2) AND ($3::text IS NULL OR r.id < $3)
  ORDER BY r.id DESC LIMIT $4`
