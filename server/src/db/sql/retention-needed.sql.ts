/**
 * That a version of a registered model is made of a run or logged model `x` (an expression for its id) of a project: it
 * names it, or its files lie there. Versions that were deleted name nothing.
 */
export const neededBy = (project: string, x: string): string => `
  v.project_id = ${project} AND v.lifecycle_stage = 'active'
  AND (v.run_id = ${x} OR v.logged_model_id = ${x} OR strpos(v.storage_location, ${x}) > 0)`

/** Those of the runs that a version needs. $1 ids. */
export const neededRuns = `
  SELECT r.id FROM runs r WHERE r.id = ANY ($1)
  AND EXISTS (SELECT FROM model_versions v WHERE ${neededBy('r.project_id', 'r.id')})`

/** Those of the logged models that a version needs. $1 ids. */
export const neededModels = `
  SELECT m.id FROM logged_models m WHERE m.id = ANY ($1)
  AND EXISTS (SELECT FROM model_versions v WHERE ${neededBy('m.project_id', 'm.id')})`

/** A version that needs something in an experiment, if there is one. $1 project, $2 experiment. */
export const neededInExperiment = `
  SELECT m.name, v.version FROM model_versions v JOIN registered_models m ON m.id = v.model_id
  WHERE v.project_id = $1 AND v.lifecycle_stage = 'active' AND (
    EXISTS (SELECT FROM runs x WHERE x.project_id = $1 AND x.experiment_id = $2
            AND (x.id = v.run_id OR strpos(v.storage_location, x.id) > 0))
    OR EXISTS (SELECT FROM logged_models x WHERE x.project_id = $1 AND x.experiment_id = $2
            AND (x.id = v.logged_model_id OR strpos(v.storage_location, x.id) > 0)))
  ORDER BY m.name, v.version LIMIT 1`

/** Versions that need a run or logged model, and where their files are. $1 project, $2 id. */
export const versionsMadeOf = `
  SELECT v.model_id AS "modelId", m.name, v.version, v.storage_location AS "storageLocation"
  FROM model_versions v JOIN registered_models m ON m.id = v.model_id
  WHERE ${neededBy('$1', '$2')} ORDER BY m.name, v.version`
