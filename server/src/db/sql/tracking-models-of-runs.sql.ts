/** The logged models that runs read and wrote. $1 project, $2 ids. */
export const modelsOfRuns = `
  SELECT run_id AS "runId", direction, model_id AS "modelId", step FROM run_models
  WHERE project_id = $1 AND run_id = ANY ($2) ORDER BY run_id, direction, step, model_id`
