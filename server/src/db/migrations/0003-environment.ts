import { protect } from '../row-level-security.js'
import { defineMigration } from './define.js'

const projectBlobs = `CREATE TABLE project_blobs (
  project_id text NOT NULL,
  digest text NOT NULL,
  tenant_id text NOT NULL,
  size_bytes bigint NOT NULL,
  created_at timestamptz(3) NOT NULL,
  PRIMARY KEY (project_id, digest))`

const codeSnapshots = `CREATE TABLE code_snapshots (
  id text PRIMARY KEY,
  tenant_id text NOT NULL,
  project_id text NOT NULL,
  digest text NOT NULL,
  files jsonb NOT NULL,
  excluded jsonb NOT NULL,
  git jsonb,
  created_at timestamptz(3) NOT NULL)`

const environmentPins = `CREATE TABLE environment_pins (
  project_id text NOT NULL,
  digest text NOT NULL,
  tenant_id text NOT NULL,
  python_version text NOT NULL,
  platform text NOT NULL,
  lock text NOT NULL,
  package_count integer NOT NULL,
  unavailable jsonb NOT NULL,
  conflicts jsonb NOT NULL,
  cuda_version text,
  created_at timestamptz(3) NOT NULL,
  PRIMARY KEY (project_id, digest))`

const environmentCaptures = `CREATE TABLE environment_captures (
  project_id text NOT NULL,
  capture_digest text NOT NULL,
  tenant_id text NOT NULL,
  pin_digest text NOT NULL,
  created_at timestamptz(3) NOT NULL,
  PRIMARY KEY (project_id, capture_digest),
  CONSTRAINT environment_captures_project_id_pin_digest_fkey FOREIGN KEY (project_id, pin_digest)
    REFERENCES environment_pins (project_id, digest) ON DELETE CASCADE)`

/** What a job is made of: bytes, code snapshots and environment pins. The bytes themselves lie in the blob store. */
export const environment = defineMigration(3, 'Environment', {
  up: [
    projectBlobs,
    codeSnapshots,
    `CREATE INDEX code_snapshots_project_id_digest_idx ON code_snapshots (project_id, digest)`,
    environmentPins,
    `CREATE INDEX environment_pins_project_id_created_at_idx ON environment_pins (project_id, created_at)`,
    environmentCaptures,
    ...['project_blobs', 'code_snapshots', 'environment_pins', 'environment_captures'].flatMap((table) =>
      protect(table, 'project_id'),
    ),
  ],
  down: [
    `DROP TABLE environment_captures`,
    `DROP TABLE environment_pins`,
    `DROP TABLE code_snapshots`,
    `DROP TABLE project_blobs`,
  ],
})
