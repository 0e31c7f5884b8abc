/**
 * All points of each metric of runs as one SHA-256, in the canonical form of `core/tracking/run-digest.ts`: 24 bytes a
 * point (time, step, value), ordered. To add nothing makes one zero of the two. $1 project, $2 ids.
 */
export const seriesDigests = `
  SELECT m.run_id AS "runId", m.key, count(*) AS count,
    encode(sha256(string_agg(int8send(p.timestamp_ms) || int8send(p.step) || float8send(p.value + 0), ''::bytea
      ORDER BY p.timestamp_ms, p.step, p.value)), 'hex') AS digest
  FROM run_metrics m JOIN metric_points p ON p.series_id = m.series_id
  WHERE m.project_id = $1 AND m.run_id = ANY ($2) AND p.project_id = $1
  GROUP BY m.run_id, m.key`
