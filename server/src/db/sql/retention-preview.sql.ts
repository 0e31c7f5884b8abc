/** How much of each kind is overdue. $1 deleted before, milliseconds. */
export const countOverdue = `
  SELECT
    (SELECT count(*)::integer FROM runs WHERE lifecycle_stage = 'deleted' AND deleted_at_ms <= $1) AS runs,
    (SELECT count(*)::integer FROM logged_models WHERE lifecycle_stage = 'deleted' AND updated_at_ms <= $1)
      AS "loggedModels",
    (SELECT count(*)::integer FROM experiments WHERE lifecycle_stage = 'deleted' AND updated_at_ms <= $1 AND id <> 0)
      AS experiments,
    (SELECT count(*)::integer FROM deleted_traces WHERE deleted_at_ms <= $1) AS traces,
    (SELECT coalesce(sum(m.point_count), 0)::bigint FROM run_metrics m JOIN runs r ON r.id = m.run_id
      WHERE r.lifecycle_stage = 'deleted' AND r.deleted_at_ms <= $1) AS points`

/** The files of what is overdue, and how many bytes their names stand for. $1 deleted before, milliseconds. */
export const countOverdueFiles = `
  SELECT count(*)::integer AS files, coalesce(sum(a.size_bytes), 0)::bigint AS "fileBytes"
  FROM artifacts a WHERE a.owner_id IN (
    SELECT id FROM runs WHERE lifecycle_stage = 'deleted' AND deleted_at_ms <= $1
    UNION ALL SELECT id FROM logged_models WHERE lifecycle_stage = 'deleted' AND updated_at_ms <= $1
    UNION ALL SELECT 'deleted/' || project_id || '/traces/' || id FROM deleted_traces WHERE deleted_at_ms <= $1)`

/** What of it a version of a registered model needs. $1 deleted before, milliseconds. */
export const overdueIds = `
  SELECT coalesce(array_agg(id), '{}') AS ids FROM runs WHERE lifecycle_stage = 'deleted' AND deleted_at_ms <= $1`
