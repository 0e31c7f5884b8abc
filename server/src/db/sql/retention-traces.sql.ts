/**
 * Delete traces and keep each as one value, with its spans, assessments and links, from which it can be put back. Chosen
 * once: as a plain subquery the limit would be applied again to what each deletion left. $1 project, $2 experiment, $3 begun
 * until or null, $4 ids or none, $5 how many, $6 now. Answers the ids.
 */
export const deleteTraces = `
  WITH chosen AS MATERIALIZED (
    SELECT id FROM traces WHERE project_id = $1 AND experiment_id = $2
      AND ($3::bigint IS NULL OR started_at_ms <= $3::bigint) AND (cardinality($4::text[]) = 0 OR id = ANY ($4))
    ORDER BY started_at_ms, id LIMIT $5 FOR UPDATE),
  kept AS (
    INSERT INTO deleted_traces (project_id, id, experiment_id, deleted_at_ms, content)
    SELECT t.project_id, t.id, t.experiment_id, $6, jsonb_build_object('trace', to_jsonb(t),
      'spans', (SELECT jsonb_agg(to_jsonb(s)) FROM spans s WHERE s.project_id = $1 AND s.trace_id = t.id),
      'assessments', (SELECT jsonb_agg(to_jsonb(a)) FROM assessments a WHERE a.project_id = $1 AND a.trace_id = t.id),
      'links', (SELECT jsonb_agg(to_jsonb(l)) FROM trace_links l WHERE l.project_id = $1 AND l.trace_id = t.id))
    FROM traces t JOIN chosen ON chosen.id = t.id WHERE t.project_id = $1
    ON CONFLICT (project_id, id) DO UPDATE SET experiment_id = excluded.experiment_id,
      deleted_at_ms = excluded.deleted_at_ms, content = excluded.content)
  DELETE FROM traces t USING chosen WHERE t.project_id = $1 AND t.id = chosen.id RETURNING t.id`

/** Hold deleted traces whose place is free, to put them back. $1 project, $2 ids. */
export const restorableTraces = `
  SELECT d.id FROM deleted_traces d
  WHERE d.project_id = $1 AND d.id = ANY ($2)
    AND NOT EXISTS (SELECT FROM traces t WHERE t.project_id = d.project_id AND t.id = d.id)
    AND EXISTS (SELECT FROM experiments e WHERE e.project_id = d.project_id AND e.id = d.experiment_id)
  ORDER BY d.id FOR UPDATE`

const putBack = (table: string, part: string): string => `
  INSERT INTO ${table} SELECT (jsonb_populate_recordset(NULL::${table}, d.content -> '${part}')).*
  FROM deleted_traces d WHERE d.project_id = $1 AND d.id = ANY ($2) AND jsonb_typeof(d.content -> '${part}') = 'array'`

/** Put deleted traces back. $1 project, $2 ids that `restorableTraces` answered. */
export const restoreTraces: readonly string[] = [
  `INSERT INTO traces SELECT (jsonb_populate_record(NULL::traces, d.content -> 'trace')).*
   FROM deleted_traces d WHERE d.project_id = $1 AND d.id = ANY ($2)`,
  putBack('spans', 'spans'),
  putBack('assessments', 'assessments'),
  putBack('trace_links', 'links'),
  `DELETE FROM deleted_traces WHERE project_id = $1 AND id = ANY ($2)`,
]

/** Deleted traces whose time is over go for good. $1 deleted before, milliseconds; $2 how many. */
export const forgetDeletedTraces = `
  DELETE FROM deleted_traces d USING projects p
  WHERE p.id = d.project_id AND (d.project_id, d.id) IN (
    SELECT project_id, id FROM deleted_traces WHERE deleted_at_ms <= $1 ORDER BY deleted_at_ms LIMIT $2
    FOR UPDATE SKIP LOCKED)
  RETURNING d.id, d.project_id AS "projectId", p.tenant_id AS "tenantId", d.experiment_id::text AS "experimentId"`
