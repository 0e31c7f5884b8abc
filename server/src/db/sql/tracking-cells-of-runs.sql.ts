const cells = (table: string, more = ''): string => `
  SELECT run_id AS "runId", key, value FROM ${table}
  WHERE project_id = $1 AND run_id = ANY ($2) AND key = ANY ($3)${more}`

/** What runs have under some keys, by the kind of key. $1 project, $2 run ids, $3 keys. */
export const cellsOfRuns = {
  metric: cells('run_metrics', ' AND point_count > 0'),
  param: cells('run_params'),
  tag: cells('run_tags'),
} as const
