import { protect } from '../row-level-security.js'
import { defineMigration } from './define.js'

/** Tenants and their people, keys and sessions, the audit trail, the outbox and the memory of idempotency keys. */
export const foundation = defineMigration(1, 'Foundation', {
  up: [
    `CREATE TABLE tenants (
       id text PRIMARY KEY,
       name text NOT NULL UNIQUE,
       created_at timestamptz(3) NOT NULL
     )`,
    `ALTER TABLE tenants ENABLE ROW LEVEL SECURITY`,
    `ALTER TABLE tenants FORCE ROW LEVEL SECURITY`,
    `CREATE POLICY tenants_scope ON tenants USING (
       current_setting('novabrain.access', true) = 'system' OR id = current_setting('novabrain.tenant_id', true))`,

    `CREATE TABLE projects (
       id text PRIMARY KEY,
       tenant_id text NOT NULL REFERENCES tenants (id),
       name text NOT NULL,
       created_at timestamptz(3) NOT NULL,
       UNIQUE (tenant_id, name)
     )`,
    ...protect('projects', 'tenant_id'),

    `CREATE TABLE members (
       id text PRIMARY KEY,
       tenant_id text NOT NULL REFERENCES tenants (id),
       name text NOT NULL,
       tenant_owner boolean NOT NULL,
       created_at timestamptz(3) NOT NULL,
       UNIQUE (tenant_id, name)
     )`,
    ...protect('members', 'tenant_id'),

    `CREATE TABLE memberships (
       project_id text NOT NULL REFERENCES projects (id),
       member_id text NOT NULL REFERENCES members (id),
       tenant_id text NOT NULL,
       role text NOT NULL,
       PRIMARY KEY (project_id, member_id)
     )`,
    `CREATE INDEX memberships_member_id_idx ON memberships (member_id)`,
    ...protect('memberships', 'tenant_id'),

    `CREATE TABLE api_keys (
       id text PRIMARY KEY,
       tenant_id text NOT NULL,
       member_id text NOT NULL REFERENCES members (id),
       name text NOT NULL,
       secret_hash bytea NOT NULL,
       created_at timestamptz(3) NOT NULL,
       expires_at timestamptz(3),
       revoked_at timestamptz(3),
       last_used_at timestamptz(3)
     )`,
    `CREATE INDEX api_keys_member_id_idx ON api_keys (member_id)`,
    ...protect('api_keys', 'tenant_id'),

    `CREATE TABLE sessions (
       id text PRIMARY KEY,
       tenant_id text NOT NULL,
       member_id text NOT NULL REFERENCES members (id),
       api_key_id text NOT NULL REFERENCES api_keys (id),
       secret_hash bytea NOT NULL,
       created_at timestamptz(3) NOT NULL,
       expires_at timestamptz(3) NOT NULL
     )`,
    ...protect('sessions', 'tenant_id'),

    `CREATE TABLE audit_events (
       id text PRIMARY KEY,
       tenant_id text NOT NULL,
       project_id text,
       member_id text,
       at timestamptz(3) NOT NULL,
       action text NOT NULL,
       subject text NOT NULL,
       detail jsonb NOT NULL
     )`,
    `CREATE INDEX audit_events_tenant_id_id_idx ON audit_events (tenant_id, id)`,
    ...protect('audit_events', 'tenant_id'),

    `CREATE TABLE outbox_events (
       id bigserial PRIMARY KEY,
       cursor bigint,
       tenant_id text,
       project_id text,
       at timestamptz(3) NOT NULL,
       event jsonb NOT NULL
     )`,
    `CREATE UNIQUE INDEX outbox_events_cursor_idx ON outbox_events (cursor)`,
    `CREATE INDEX outbox_events_unnumbered_idx ON outbox_events (id) WHERE cursor IS NULL`,
    `CREATE INDEX outbox_events_at_idx ON outbox_events (at)`,
    `ALTER TABLE outbox_events ENABLE ROW LEVEL SECURITY`,
    `ALTER TABLE outbox_events FORCE ROW LEVEL SECURITY`,
    `CREATE POLICY outbox_events_scope ON outbox_events USING (
       current_setting('novabrain.access', true) = 'system'
       OR tenant_id IS NULL OR tenant_id = current_setting('novabrain.tenant_id', true))`,

    // One row: the highest number given, and the highest that retention has taken away.
    `CREATE TABLE outbox_cursor (
       only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
       last_cursor bigint NOT NULL,
       pruned_cursor bigint NOT NULL
     )`,
    `INSERT INTO outbox_cursor (last_cursor, pruned_cursor) VALUES (0, 0)`,

    `CREATE TABLE idempotency_keys (
       project_id text NOT NULL,
       key text NOT NULL,
       fingerprint text NOT NULL,
       answer jsonb,
       created_at timestamptz(3) NOT NULL,
       PRIMARY KEY (project_id, key)
     )`,
    `CREATE INDEX idempotency_keys_created_at_idx ON idempotency_keys (created_at)`,
    ...protect('idempotency_keys', 'project_id'),
  ],
  down: [
    'idempotency_keys',
    'outbox_cursor',
    'outbox_events',
    'audit_events',
    'sessions',
    'api_keys',
    'memberships',
    'members',
    'projects',
    'tenants',
  ].map((table) => `DROP TABLE ${table}`),
})
