import { protect } from '../row-level-security.js'
import { defineMigration } from './define.js'

/**
 * Uploads in parts that clients make past the server: which file they are to become, and where their parts lie in the
 * store. A finished one is remembered for a while, since its client may have lost the answer and ask again.
 */
export const multipartUploads = defineMigration(18, 'MultipartUploads', {
  up: [
    `CREATE TABLE multipart_uploads (
       id text PRIMARY KEY,
       project_id text NOT NULL,
       owner_key text NOT NULL,
       path text NOT NULL,
       object_key text NOT NULL,
       store_upload_id text NOT NULL,
       created_at_ms bigint NOT NULL,
       finished boolean NOT NULL
     )`,
    `CREATE INDEX multipart_uploads_at_idx ON multipart_uploads (created_at_ms)`,
    ...protect('multipart_uploads', 'project_id'),
  ],
  down: [`DROP TABLE multipart_uploads`],
})
