import type { ResourceSample } from '@novabrain/contracts'
import { idleSince } from '../../core/cluster-use/idle.js'
import type { AttemptRow } from '../../db/entities/execution.js'
import { attemptRows } from '../../db/job-rows.js'
import { prepared } from '../../db/prepared.js'
import type { ProjectScope, Scope, Tx } from '../../deps.js'

const one = prepared(
  `SELECT ${attemptRows.columns()} FROM attempts WHERE id = $1 AND ($2::text IS NULL OR project_id = $2)`,
)

/** An attempt of the scope, or `null`. */
export const findAttempt = async (tx: Tx, scope: Scope, attemptId: string): Promise<AttemptRow | null> => {
  const projectId = scope.kind === 'project' ? scope.projectId : null
  return attemptRows.read(await tx.query(one, [attemptId, projectId]))[0] ?? null
}

const liveOnNode = prepared(
  `SELECT ${attemptRows.columns()} FROM attempts WHERE node_id = $1 AND ended_at IS NULL ORDER BY id`,
)

/** Attempts on a node that have not ended, oldest first. */
export const listLiveAttempts = async (tx: Tx, nodeId: string): Promise<AttemptRow[]> =>
  attemptRows.read(await tx.query(liveOnNode, [nodeId]))

const liveOf = prepared(`SELECT id FROM attempts WHERE id = ANY ($1) AND ended_at IS NULL`)

/** Those of the attempts that have not ended. */
export const listLiveOf = async (tx: Tx, attemptIds: readonly string[]): Promise<ReadonlySet<string>> => {
  const rows: { id: string }[] = await tx.query(liveOf, [attemptIds])
  return new Set(rows.map(({ id }) => id))
}

const beat = prepared(`
  UPDATE attempts SET heartbeat_sequence = $3, last_seen_at = $4
  WHERE id = $1 AND project_id = $2 AND heartbeat_sequence < $3
  RETURNING id`)

/** Note a sign of life. Answers whether it was news: a late or repeated one changes nothing. */
export const recordHeartbeat = async (
  tx: Tx,
  scope: ProjectScope,
  attemptId: string,
  heartbeat: { readonly sequence: number; readonly at: string },
): Promise<boolean> => {
  const answer: [unknown[], number] = await tx.query(beat, [
    attemptId,
    scope.projectId,
    heartbeat.sequence,
    heartbeat.at,
  ])
  return answer[1] > 0
}

const insertSamples = prepared(`
  INSERT INTO resource_samples (attempt_id, project_id, at_ms, cpu_milli, memory_mib, gpu_milli, gpu_memory_mib)
  SELECT $1, $2, * FROM unnest($3::bigint[], $4::integer[], $5::integer[], $6::integer[], $7::integer[])
  ON CONFLICT DO NOTHING`)

export const saveSamples = async (
  tx: Tx,
  scope: ProjectScope,
  attemptId: string,
  samples: readonly ResourceSample[],
): Promise<void> => {
  if (samples.length === 0) return
  const column = (key: keyof ResourceSample) => samples.map((sample) => sample[key])
  await tx.query(insertSamples, [
    attemptId,
    scope.projectId,
    column('atMs'),
    column('cpuMilli'),
    column('memoryMib'),
    column('gpuMilli'),
    column('gpuMemoryMib'),
  ])
}

const noteUse = `
  UPDATE attempts SET gpu_sample_count = gpu_sample_count + $3, gpu_milli_sum = gpu_milli_sum + $4, gpu_idle_since = $5
  WHERE id = $1 AND project_id = $2`

/** Add samples to what the attempt was measured to use of its GPUs. */
export const noteGpuUse = async (
  tx: Tx,
  scope: ProjectScope,
  attempt: AttemptRow,
  samples: readonly ResourceSample[],
): Promise<void> => {
  const told = samples.flatMap(({ gpuMilli }) => gpuMilli ?? [])
  if (told.length === 0) return
  const since = idleSince(attempt.gpuIdleSince, samples, attempt.devices.length)
  const total = told.reduce((sum, milli) => sum + milli, 0)
  await tx.query(noteUse, [attempt.id, scope.projectId, told.length, total, since])
}

const sampled = `
  SELECT at_ms AS "atMs", cpu_milli AS "cpuMilli", memory_mib AS "memoryMib", gpu_milli AS "gpuMilli",
    gpu_memory_mib AS "gpuMemoryMib"
  FROM (SELECT *, row_number() OVER (ORDER BY at_ms) - 1 AS rank, count(*) OVER () AS total
        FROM resource_samples WHERE attempt_id = $1 AND project_id = $2) sample
  WHERE rank % greatest(1, ceil(total / $3::numeric)::bigint) = 0 ORDER BY at_ms`

/** The samples of an attempt, thinned evenly to at most `limit`. */
export const listSamples = (tx: Tx, scope: ProjectScope, attemptId: string, limit: number): Promise<ResourceSample[]> =>
  tx.query(sampled, [attemptId, scope.projectId, limit])

const lockSize = `SELECT log_size_bytes AS size FROM attempts WHERE id = $1 AND project_id = $2 FOR UPDATE`
const insertChunk = `INSERT INTO log_chunks (attempt_id, project_id, byte_offset, bytes) VALUES ($1, $2, $3, $4)`
const growLog = `UPDATE attempts SET log_size_bytes = $2 WHERE id = $1`

/** The size of the log, locked so that appends of one attempt come one after the other; `null` if there is none. */
export const lockLogSize = async (tx: Tx, scope: ProjectScope, attemptId: string): Promise<number | null> => {
  const rows: { size: number }[] = await tx.query(lockSize, [attemptId, scope.projectId])
  return rows[0]?.size ?? null
}

/** Append bytes at the end of the log, whose size is `offset`. */
export const appendLogChunk = async (
  tx: Tx,
  scope: ProjectScope,
  attemptId: string,
  chunk: { readonly offset: number; readonly bytes: Buffer },
): Promise<void> => {
  await tx.query(insertChunk, [attemptId, scope.projectId, chunk.offset, chunk.bytes])
  await tx.query(growLog, [attemptId, chunk.offset + chunk.bytes.length])
}

const chunksBetween = `
  SELECT byte_offset AS offset, bytes FROM log_chunks
  WHERE attempt_id = $1 AND project_id = $2 AND byte_offset < $4
    AND byte_offset >= coalesce(
      (SELECT max(byte_offset) FROM log_chunks WHERE attempt_id = $1 AND byte_offset <= $3), 0)
  ORDER BY byte_offset`

/** The bytes of the log from `from` up to `to`, as far as there are. */
export const readLogBytes = async (
  tx: Tx,
  scope: ProjectScope,
  attemptId: string,
  range: { readonly from: number; readonly to: number },
): Promise<Buffer> => {
  const chunks: { offset: number; bytes: Buffer }[] = await tx.query(chunksBetween, [
    attemptId,
    scope.projectId,
    range.from,
    range.to,
  ])
  const [first] = chunks
  if (first === undefined) return Buffer.alloc(0)
  return Buffer.concat(chunks.map(({ bytes }) => bytes)).subarray(range.from - first.offset, range.to - first.offset)
}
