import { Type, type Static } from '@sinclair/typebox'
import { Digest, Id, nullable, RelativePath, Timestamp } from './common.js'

/** Why a file goes along with a job. */
export const IncludeReason = Type.Union([
  Type.Literal('entrypoint'),
  Type.Literal('imported'),
  Type.Literal('mentioned'),
  Type.Literal('project_file'),
  Type.Literal('named'),
])
export type IncludeReason = Static<typeof IncludeReason>

/** Why a file stays behind. */
export const ExcludeReason = Type.Union([
  Type.Literal('gitignored'),
  Type.Literal('too_large'),
  Type.Literal('secret'),
  Type.Literal('tool_folder'),
  Type.Literal('outside_folder'),
  Type.Literal('unreadable'),
  Type.Literal('snapshot_full'),
])
export type ExcludeReason = Static<typeof ExcludeReason>

export const SnapshotFile = Type.Object({
  path: RelativePath,
  sizeBytes: Type.Integer({ minimum: 0 }),
  digest: Digest,
  executable: Type.Optional(Type.Boolean()),
  reason: IncludeReason,
})
export type SnapshotFile = Static<typeof SnapshotFile>

export const ExcludedFile = Type.Object({
  path: Type.String({ maxLength: 1024 }),
  sizeBytes: Type.Integer({ minimum: 0 }),
  reason: ExcludeReason,
})
export type ExcludedFile = Static<typeof ExcludedFile>

export const GitState = Type.Object({
  commit: nullable(Type.String({ maxLength: 64 })),
  branch: nullable(Type.String({ maxLength: 300 })),
  /** The remote with any credentials removed. */
  remote: nullable(Type.String({ maxLength: 1000 })),
  dirty: Type.Boolean(),
  /** The blob that holds the uncommitted patch. */
  patchDigest: nullable(Digest),
})
export type GitState = Static<typeof GitState>

/** The code of a job: files by content, and the repository they came from. Its digest is that of the sorted manifest. */
export const CodeSnapshot = Type.Object({
  id: Id,
  digest: Digest,
  files: Type.Array(SnapshotFile),
  excluded: Type.Array(ExcludedFile),
  git: nullable(GitState),
  createdAt: Timestamp,
})
export type CodeSnapshot = Static<typeof CodeSnapshot>

export const CreateCodeSnapshot = Type.Object({
  files: Type.Array(SnapshotFile, { minItems: 1, maxItems: 20_000 }),
  excluded: Type.Array(ExcludedFile, { maxItems: 20_000 }),
  git: nullable(GitState),
})
export type CreateCodeSnapshot = Static<typeof CreateCodeSnapshot>

/** `missing` lists the digests the server has not got: upload them, then ask again. `snapshot` is set when none is missing. */
export const CreatedCodeSnapshot = Type.Object({
  snapshot: nullable(CodeSnapshot),
  missing: Type.Array(Digest),
})
export type CreatedCodeSnapshot = Static<typeof CreatedCodeSnapshot>
