const matching = `project_id = $1 AND ($2::bigint[] IS NULL OR experiment_id = ANY ($2))
    AND ($3::text IS NULL OR kind = $3) AND ($4::text IS NULL OR key ILIKE $4)`

/**
 * The keys that runs of experiments have logged, by kind and key. $1 project, $2 experiment ids (null: all), $3 kind (null:
 * all), $4 pattern (null: all), $5 and $6 kind and key of the last one of the page before (null: from the start), $7 how many.
 */
export const runKeysPage = `
  SELECT DISTINCT kind, key FROM run_keys
  WHERE ${matching} AND ($5::text IS NULL OR (kind, key) > ($5, $6))
  ORDER BY kind, key LIMIT $7`

/** How many such keys there are. $1 project, $2 experiment ids, $3 kind, $4 pattern; each but the first may be null. */
export const countRunKeys = `SELECT count(DISTINCT (kind, key)) AS count FROM run_keys WHERE ${matching}`
