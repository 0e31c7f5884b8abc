import { protect } from '../row-level-security.js'
import { defineMigration } from './define.js'

/** Every version of a tenant's policy stays, with who made it, when and why. */
const policies = `CREATE TABLE scheduling_policies (
  tenant_id text NOT NULL REFERENCES tenants (id),
  version integer NOT NULL,
  field_values jsonb NOT NULL,
  preset text,
  reason text NOT NULL,
  changed_by_id text NOT NULL,
  changed_by text NOT NULL,
  created_at timestamptz(3) NOT NULL,
  PRIMARY KEY (tenant_id, version))`

/** How jobs are scheduled, as data that owners change at run time. */
export const schedulingPolicies = defineMigration(20, 'SchedulingPolicies', {
  up: [policies, ...protect('scheduling_policies', 'tenant_id')],
  down: [`DROP TABLE scheduling_policies`],
})
