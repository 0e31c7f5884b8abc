/**
 * Active experiments, newest first. $1 project, $2 ids (null: all), $3 pattern of the name (null: all), $4 the last id of
 * the page before (null: from the start), $5 how many (null: all).
 */
export const listExperiments = `
  SELECT id::text AS id, name FROM experiments
  WHERE project_id = $1 AND lifecycle_stage = 'active' AND ($2::bigint[] IS NULL OR id = ANY ($2))
    AND ($3::text IS NULL OR name ILIKE $3) AND ($4::bigint IS NULL OR id < $4)
  ORDER BY experiments.id DESC LIMIT $5`
