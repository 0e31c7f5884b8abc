/**
 * SQL that puts a table behind row-level security, for migrations. A transaction names its tenant and project in
 * `novabrain.tenant_id` and `novabrain.project_id`; `novabrain.access = 'system'` is the server itself. `FORCE` holds the
 * owner of the table to the policy too; a superuser is never held, so the server runs as an ordinary role.
 */
export const protect = (table: string, by: 'tenant_id' | 'project_id'): string[] => [
  `ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY`,
  `ALTER TABLE ${table} FORCE ROW LEVEL SECURITY`,
  `CREATE POLICY ${table}_scope ON ${table} USING (
     current_setting('novabrain.access', true) = 'system'
     OR ${by} = current_setting('novabrain.${by}', true))`,
]
