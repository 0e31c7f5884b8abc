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

/**
 * SQL that asks for the scope of a transaction once for a whole statement instead of at every row, where statements read or
 * write thousands of rows; and the way back. A subquery that depends on no row is worked out before the first.
 */
export const askScopeOnce = (table: string, by: 'tenant_id' | 'project_id'): { up: string; down: string } => {
  const policy = (setting: (name: string) => string): string => `ALTER POLICY ${table}_scope ON ${table} USING (
     ${setting('access')} = 'system'
     OR ${by} = ${setting(by)})`
  const perRow = (name: string): string => `current_setting('novabrain.${name}', true)`
  return { up: policy((name) => `(SELECT ${perRow(name)})`), down: policy(perRow) }
}
