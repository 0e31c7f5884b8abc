import { protect } from '../row-level-security.js'
import { defineMigration } from './define.js'

/**
 * Webhooks of the model registry, and each message to them: a row is written in the transaction of what it tells of, so that
 * whoever ends before it was sent finds it again. `next_at_ms` is when it is tried next, `NULL` when it was delivered or given up.
 */
export const webhooks = defineMigration(14, 'Webhooks', {
  up: [
    `CREATE TABLE webhooks (
       id text PRIMARY KEY,
       project_id text NOT NULL REFERENCES projects (id),
       name text NOT NULL,
       url text NOT NULL,
       description text,
       status text NOT NULL,
       events jsonb NOT NULL,
       secret bytea,
       created_at_ms bigint NOT NULL,
       updated_at_ms bigint NOT NULL
     )`,
    `CREATE INDEX webhooks_newest_idx ON webhooks (project_id, created_at_ms DESC, id DESC)`,
    ...protect('webhooks', 'project_id'),

    `CREATE TABLE webhook_deliveries (
       id text PRIMARY KEY,
       project_id text NOT NULL,
       webhook_id text NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
       event text NOT NULL,
       body text NOT NULL,
       state text NOT NULL,
       tries integer NOT NULL,
       next_at_ms bigint,
       response_status integer,
       error text,
       created_at_ms bigint NOT NULL,
       ended_at_ms bigint
     )`,
    `CREATE INDEX webhook_deliveries_due_idx ON webhook_deliveries (webhook_id, next_at_ms, id) WHERE next_at_ms IS NOT NULL`,
    `CREATE INDEX webhook_deliveries_newest_idx ON webhook_deliveries (webhook_id, id DESC)`,
    `CREATE INDEX webhook_deliveries_ended_idx ON webhook_deliveries (ended_at_ms) WHERE ended_at_ms IS NOT NULL`,
    ...protect('webhook_deliveries', 'project_id'),
  ],
  down: ['webhook_deliveries', 'webhooks'].map((table) => `DROP TABLE ${table}`),
})
