/** The datasets that runs of experiments used, each with what it was used for. `$1` project, `$2` experiments; a thousand. */
export const datasetSummaries = `
  SELECT DISTINCT r.experiment_id::text AS "experimentId", d.name, d.digest,
    d.tags ->> 'mlflow.data.context' AS context
  FROM run_datasets d JOIN runs r ON r.id = d.run_id
  WHERE d.project_id = $1 AND r.project_id = $1 AND r.experiment_id = ANY ($2::bigint[])
  ORDER BY 1, 2, 3, 4 LIMIT 1000`
