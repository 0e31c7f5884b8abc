import { defineMigration } from './define.js'

/**
 * The id of what an audit row is about, beside its name, which may change. It is a column and no part of `detail`, since
 * behind row-level security PostgreSQL looks nothing up by a part of a JSON value.
 */
export const auditSubjectId = defineMigration(13, 'AuditSubjectId', {
  up: [
    `ALTER TABLE audit_events ADD COLUMN subject_id text`,
    `UPDATE audit_events SET subject_id = detail ->> 'modelId', detail = detail - 'modelId' WHERE detail ? 'modelId'`,
    `DROP INDEX audit_events_model_alias_idx`,
    `CREATE INDEX audit_events_subject_idx ON audit_events (tenant_id, subject_id, id) WHERE subject_id IS NOT NULL`,
  ],
  down: [
    `DROP INDEX audit_events_subject_idx`,
    `CREATE INDEX audit_events_model_alias_idx ON audit_events (tenant_id, (detail ->> 'modelId'), id DESC)
       WHERE action IN ('model_alias.set', 'model_alias.delete')`,
    `UPDATE audit_events SET detail = detail || jsonb_build_object('modelId', subject_id) WHERE subject_id IS NOT NULL`,
    `ALTER TABLE audit_events DROP COLUMN subject_id`,
  ],
})
