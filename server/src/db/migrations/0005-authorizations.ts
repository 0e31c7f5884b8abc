import { protect } from '../row-level-security.js'
import { defineMigration } from './define.js'

/** Programs that are let in: those that wait with a user code, and the one-time codes that browsers carry. */
export const authorizations = defineMigration(5, 'Authorizations', {
  up: [
    `CREATE TABLE device_authorizations (
       id text PRIMARY KEY,
       client_name text NOT NULL,
       secret_hash bytea NOT NULL,
       user_code_hash bytea NOT NULL UNIQUE,
       status text NOT NULL,
       interval_s integer NOT NULL,
       created_at timestamptz(3) NOT NULL,
       expires_at timestamptz(3) NOT NULL,
       asked_at timestamptz(3),
       tenant_id text,
       member_id text REFERENCES members (id)
     )`,
    `CREATE INDEX device_authorizations_expires_at_idx ON device_authorizations (expires_at)`,
    // What nobody has decided is nobody's: only the system sees it.
    ...protect('device_authorizations', 'tenant_id'),

    `CREATE TABLE authorization_codes (
       id text PRIMARY KEY,
       tenant_id text NOT NULL,
       member_id text NOT NULL REFERENCES members (id),
       client_name text NOT NULL,
       secret_hash bytea NOT NULL,
       code_challenge text NOT NULL,
       created_at timestamptz(3) NOT NULL,
       expires_at timestamptz(3) NOT NULL
     )`,
    `CREATE INDEX authorization_codes_expires_at_idx ON authorization_codes (expires_at)`,
    ...protect('authorization_codes', 'tenant_id'),
  ],
  down: ['authorization_codes', 'device_authorizations'].map((table) => `DROP TABLE ${table}`),
})
