import { defineMigration } from './define.js'

const nowMs = `(extract(epoch FROM clock_timestamp()) * 1000)::bigint`

/**
 * What the blob store holds, so that what nobody refers to can be removed without a fault: see docs/decisions/0017. A row
 * that refers to bytes holds their row here by a foreign key, so PostgreSQL itself refuses to forget bytes that are
 * referred to.
 */
export const blobLedger = defineMigration(16, 'BlobLedger', {
  up: [
    `CREATE TABLE blobs (
       digest text PRIMARY KEY,
       size_bytes bigint NOT NULL,
       touched_at_ms bigint NOT NULL,
       condemned_at_ms bigint
     )`,
    `CREATE INDEX blobs_condemned_idx ON blobs (condemned_at_ms) WHERE condemned_at_ms IS NOT NULL`,
    // Bytes of no tenant in particular: only the server itself looks here.
    `ALTER TABLE blobs ENABLE ROW LEVEL SECURITY`,
    `ALTER TABLE blobs FORCE ROW LEVEL SECURITY`,
    `CREATE POLICY blobs_scope ON blobs USING (current_setting('novabrain.access', true) = 'system')`,
    `INSERT INTO blobs (digest, size_bytes, touched_at_ms)
       SELECT digest, max(size_bytes), ${nowMs}
       FROM (SELECT digest, size_bytes FROM artifacts UNION ALL SELECT digest, size_bytes FROM project_blobs) AS known
       GROUP BY digest`,
    `ALTER TABLE artifacts ADD CONSTRAINT artifacts_digest_fkey FOREIGN KEY (digest)
       REFERENCES blobs (digest)`,
    `ALTER TABLE project_blobs ADD COLUMN touched_at_ms bigint NOT NULL DEFAULT 0`,
    `UPDATE project_blobs SET touched_at_ms = ${nowMs}`,
    `ALTER TABLE project_blobs ADD CONSTRAINT project_blobs_digest_fkey FOREIGN KEY (digest)
       REFERENCES blobs (digest)`,
    `CREATE INDEX project_blobs_digest_idx ON project_blobs (digest)`,
  ],
  down: [
    `DROP INDEX project_blobs_digest_idx`,
    `ALTER TABLE project_blobs DROP CONSTRAINT project_blobs_digest_fkey`,
    `ALTER TABLE project_blobs DROP COLUMN touched_at_ms`,
    `ALTER TABLE artifacts DROP CONSTRAINT artifacts_digest_fkey`,
    `DROP TABLE blobs`,
  ],
})
