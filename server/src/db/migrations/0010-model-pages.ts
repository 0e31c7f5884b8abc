import { defineMigration } from './define.js'

/** Models by when they changed, and the moves of their aliases in the audit, for the pages that show them. */
export const modelPages = defineMigration(10, 'ModelPages', {
  up: [
    `CREATE INDEX registered_models_changed_idx ON registered_models (project_id, updated_at_ms DESC, id DESC)`,
    `CREATE INDEX audit_events_model_alias_idx ON audit_events (tenant_id, (detail ->> 'modelId'), id DESC)
       WHERE action IN ('model_alias.set', 'model_alias.delete')`,
  ],
  down: [`DROP INDEX audit_events_model_alias_idx`, `DROP INDEX registered_models_changed_idx`],
})
