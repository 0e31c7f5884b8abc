/** The datasets that runs read. $1 project, $2 ids. */
export const datasetsOfRuns = `
  SELECT input.run_id AS "runId", input.tags, d.name, d.digest, d.source_type AS "sourceType", d.source, d.schema, d.profile
  FROM run_datasets input
  JOIN runs r ON r.id = input.run_id
  JOIN datasets d ON d.project_id = $1 AND d.experiment_id = r.experiment_id
    AND d.name = input.name AND d.digest = input.digest
  WHERE input.project_id = $1 AND input.run_id = ANY ($2) ORDER BY input.run_id, d.name, d.digest`
