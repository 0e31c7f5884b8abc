import { protect } from '../row-level-security.js'
import { defineMigration } from './define.js'

/** Every version of a queue stays, with who made it, when and why. */
const changes = `CREATE TABLE queue_changes (
  tenant_id text NOT NULL REFERENCES tenants (id),
  queue_name text NOT NULL,
  version integer NOT NULL,
  settings jsonb NOT NULL,
  before jsonb,
  reason text,
  changed_by_id text NOT NULL,
  changed_by text NOT NULL,
  created_at timestamptz(3) NOT NULL,
  PRIMARY KEY (tenant_id, queue_name, version))`

/** The order that a queue has its own jobs served in. An older server leaves it as it is. */
const order = `ALTER TABLE queues
  ADD COLUMN order_kind text NOT NULL DEFAULT 'cluster',
  ADD COLUMN order_fair boolean NOT NULL DEFAULT true,
  ADD COLUMN patience_ms bigint,
  ADD COLUMN version integer NOT NULL DEFAULT 0`

/** A queue chooses its own order, and remembers its changes. */
export const queueOrders = defineMigration(29, 'QueueOrders', {
  up: [order, changes, ...protect('queue_changes', 'tenant_id')],
  down: [
    `DROP TABLE queue_changes`,
    `ALTER TABLE queues DROP COLUMN order_kind, DROP COLUMN order_fair, DROP COLUMN patience_ms, DROP COLUMN version`,
  ],
})
