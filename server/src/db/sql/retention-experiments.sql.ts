/**
 * Experiments whose time is over. The one with the number 0, to which programs write that name none, is never taken away.
 * $1 deleted before, milliseconds.
 */
export const overdueExperiments = `
  SELECT e.id::text AS id, p.tenant_id AS "tenantId", e.project_id AS "projectId", e.id::text AS "experimentId", e.name,
    e.updated_at_ms AS "deletedAtMs"
  FROM experiments e JOIN projects p ON p.id = e.project_id
  WHERE e.lifecycle_stage = 'deleted' AND e.updated_at_ms <= $1 AND e.id <> 0
  ORDER BY e.updated_at_ms, e.project_id, e.id`

/** Hold an experiment that is still deleted and has no runs any more. $1 project, $2 experiment. */
export const holdOverdueExperiment = `
  SELECT e.id FROM experiments e
  WHERE e.project_id = $1 AND e.id = $2 AND e.lifecycle_stage = 'deleted'
    AND NOT EXISTS (SELECT FROM runs r WHERE r.project_id = e.project_id AND r.experiment_id = e.id)
  FOR UPDATE`

/** Some traces of an experiment. $1 project, $2 experiment, $3 how many. */
export const forgetTracesOfExperiment = `
  DELETE FROM traces t WHERE t.project_id = $1 AND t.id = ANY (ARRAY(
    SELECT id FROM traces WHERE project_id = $1 AND experiment_id = $2 ORDER BY started_at_ms LIMIT $3))
  RETURNING t.id`

/** What hangs on an experiment without anything in it, and the experiment. $1 project, $2 experiment. */
export const forgetExperiment: readonly string[] = [
  `DELETE FROM experiment_tags WHERE project_id = $1 AND experiment_id = $2`,
  `DELETE FROM run_keys WHERE project_id = $1 AND experiment_id = $2`,
  // A set of cases to evaluate with is a thing of its own, and stays.
  `DELETE FROM evaluation_dataset_experiments WHERE project_id = $1 AND experiment_id = $2`,
  `DELETE FROM datasets WHERE project_id = $1 AND experiment_id = $2`,
  `DELETE FROM imported_entities WHERE project_id = $1 AND kind = 'experiment' AND target_id = $2::text`,
  `DELETE FROM experiments WHERE project_id = $1 AND id = $2`,
]
