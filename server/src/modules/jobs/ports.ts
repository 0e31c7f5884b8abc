import type { SnapshotFile } from '@novabrain/contracts'
import type { Readable } from 'node:stream'
import type { ProjectScope, Tx } from '../../deps.js'

/** What jobs need of code snapshots. */
export interface SnapshotLookup {
  /** The files of a snapshot of the project, or `null`. */
  find(tx: Tx, scope: ProjectScope, snapshotId: string): Promise<{ readonly files: readonly SnapshotFile[] } | null>
}

/** What jobs need of environment pins. */
export interface PinLookup {
  /** A pin of the project with the text of its lock, or `null`. */
  find(
    tx: Tx,
    scope: ProjectScope,
    digest: string,
  ): Promise<{ readonly digest: string; readonly pythonVersion: string; readonly lock: string } | null>
}

/** What jobs need of the blob store. */
export interface BlobReader {
  /** The bytes of a blob of the project. Errors: `blob_not_found`. */
  open(scope: ProjectScope, digest: string): Promise<{ readonly body: Readable }>
}

/** What jobs need of artifacts. */
export interface ArtifactWriter {
  /** Keep `body` as the file `path` of the run. Errors: `upload_too_large`, `disk_full`. */
  put(
    scope: ProjectScope,
    owner: { readonly kind: 'run'; readonly id: string },
    path: string,
    body: Readable,
  ): Promise<{ readonly digest: string; readonly sizeBytes: number }>
}
