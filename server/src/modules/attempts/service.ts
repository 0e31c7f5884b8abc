import {
  attemptEnded,
  fail,
  jobEnded,
  type AttemptResult,
  type AttemptSpec,
  type Heartbeat,
  type HeartbeatReply,
  type ResourceSample,
} from '@novabrain/contracts'
import type { Readable } from 'node:stream'
import type { AttemptRow, JobRow } from '../../db/entities/execution.js'
import { inOneJourney } from '../../db/one-journey.js'
import { createSharedTransactions } from '../../db/shared-transactions.js'
import { alongside } from '../../db/transaction-end.js'
import { systemScope, type Deps, type ProjectScope, type Tx } from '../../deps.js'
import { maskTokenBytes, maskTokens } from '../../log.js'
import type { JobLifecycle } from '../jobs/lifecycle.js'
import type { ArtifactWriter, BlobReader, PinLookup, SnapshotLookup } from '../jobs/ports.js'
import { logEnded } from '../jobs/log-lines.js'
import { createLogHints } from './log-hints.js'
import {
  appendLogChunk,
  findAttempt,
  listLiveAttempts,
  listLiveOf,
  listSamples,
  lockLogSize,
  noteGpuUse,
  readLogBytes,
  recordHeartbeat,
  saveSamples,
} from './repository.js'

const maximumSamples = 2000

/**
 * What runners ask and tell goes together: those that end at once wait for one row of use, and whoever looks at a page
 * meanwhile finds a connection and the processor.
 */
const sharing = { most: 32 }

export interface AttemptDeps extends Pick<Deps, 'config' | 'database' | 'clock' | 'hints' | 'visitors' | 'log'> {
  readonly lifecycle: JobLifecycle
  readonly snapshots: SnapshotLookup
  readonly pins: PinLookup
  readonly blobs: BlobReader
  readonly artifacts: ArtifactWriter
}

export type AttemptService = ReturnType<typeof createAttemptService>

/** The runner's side of an attempt, and what members read of it. */
export const createAttemptService = (deps: AttemptDeps) => {
  const { config, database, clock, lifecycle } = deps
  const hints = createLogHints(deps.hints)
  const shared = createSharedTransactions({ database, ...sharing, whenItMayBegin: deps.visitors.untilNoneWait })

  const attemptOf = async (tx: Tx, scope: ProjectScope, attemptId: string): Promise<AttemptRow> =>
    (await findAttempt(tx, scope, attemptId)) ?? fail('attempt_not_found')

  /** An attempt that belongs to this job of this project. */
  const attemptOfJob = async (tx: Tx, scope: ProjectScope, jobId: string, attemptId: string): Promise<AttemptRow> => {
    if ((await lifecycle.find(tx, scope, jobId)) === null) return fail('job_not_found')
    const attempt = await attemptOf(tx, scope, attemptId)
    return attempt.jobId === jobId ? attempt : fail('attempt_not_found')
  }

  return {
    /** The attempts on a node that have not ended, for the executor that looks after it. */
    liveOn(nodeId: string): Promise<AttemptRow[]> {
      return inOneJourney(database, systemScope, (tx) => listLiveAttempts(tx, nodeId))
    },

    /** Those of the attempts that have not ended; one that was never heard of is not among them. */
    async liveOf(attemptIds: readonly string[]): Promise<ReadonlySet<string>> {
      if (attemptIds.length === 0) return new Set()
      return inOneJourney(database, systemScope, (tx) => listLiveOf(tx, attemptIds))
    },

    /** Which of some jobs have ended. */
    async endedOf(jobIds: readonly string[]): Promise<string[]> {
      const found = await database.transaction(systemScope, (tx) => lifecycle.findMany(tx, systemScope, jobIds))
      return found.flatMap(({ job }) => (jobEnded(job.status) ? [job.id] : []))
    },

    /** What to run. Errors: `attempt_over`. */
    spec(scope: ProjectScope, attemptId: string): Promise<AttemptSpec> {
      return shared.run(scope, attemptId, async (tx) => {
        const [attempt, found] = await Promise.all([
          attemptOf(tx, scope, attemptId),
          lifecycle.findOfAttempt(tx, scope, attemptId),
        ])
        if (attemptEnded(attempt.state)) return fail('attempt_over')
        const job = found ?? fail('job_not_found')
        const snapshot = (await deps.snapshots.find(tx, scope, job.snapshotId)) ?? fail('code_snapshot_not_found')
        const pin = job.pinDigest === null ? null : await deps.pins.find(tx, scope, job.pinDigest)
        if (job.pinDigest !== null && pin === null) return fail('environment_pin_not_found')
        return {
          attemptId,
          attemptNumber: attempt.number,
          jobId: job.id,
          jobNumber: job.number,
          projectId: job.projectId,
          runId: job.runId,
          experimentId: job.experimentId,
          task: job.task,
          files: snapshot.files.map(({ path, digest, sizeBytes, executable }) => ({
            path,
            digest,
            sizeBytes,
            ...(executable === undefined ? {} : { executable }),
          })),
          pin: pin === null ? null : { digest: pin.digest, pythonVersion: pin.pythonVersion, lock: pin.lock },
          devices: attempt.devices,
          cpuMilli: job.cpuMilli,
          memoryMib: job.memoryMib,
          environmentVariables: job.environmentVariables,
          timeLimitMs: timeLimitOf(job),
          gracePeriodMs: config.gracePeriodMs,
          heartbeatIntervalMs: config.heartbeatIntervalMs,
        }
      })
    },

    /** A file of the snapshot of the job; any other digest is not found. Errors: `blob_not_found`. */
    async blob(scope: ProjectScope, attemptId: string, digest: string): Promise<Readable> {
      const files = await database.transaction(scope, async (tx) => {
        const job = (await lifecycle.findOfAttempt(tx, scope, attemptId)) ?? fail('attempt_not_found')
        return (await deps.snapshots.find(tx, scope, job.snapshotId))?.files ?? []
      })
      if (!files.some((file) => file.digest === digest)) return fail('blob_not_found', { digest })
      return (await deps.blobs.open(scope, digest)).body
    },

    /** A sign of life. A repeated or late one changes nothing and gets the same kind of answer. */
    heartbeat(scope: ProjectScope, attemptId: string, beat: Heartbeat): Promise<HeartbeatReply> {
      return shared.run(scope, attemptId, async (tx) => {
        const attempt = await attemptOf(tx, scope, attemptId)
        if (attemptEnded(attempt.state)) return { command: 'stop', stopReason: 'superseded' }
        const news = beat.sequence > attempt.heartbeatSequence
        const moved = attempt.stage !== beat.stage || attempt.stageDetail !== beat.stageDetail
        const [locked, fresh] = await Promise.all([
          news && moved ? lifecycle.lock(tx, scope, attempt.jobId) : null,
          recordHeartbeat(tx, scope, attemptId, { sequence: beat.sequence, at: clock.now() }),
        ])
        if (fresh) alongside(tx, saveSamples(tx, scope, attemptId, beat.samples))
        if (fresh) alongside(tx, noteGpuUse(tx, scope, attempt, beat.samples))
        if (fresh && locked !== null && locked.attempt?.id === attemptId)
          await lifecycle.advance(tx, locked, beat.stage, beat.stageDetail)
        return replyTo(locked?.attempt ?? attempt)
      })
    },

    /**
     * Append bytes of the log at `offset`. What is known already is skipped, so that a repeat is harmless. Answers the
     * size of the log. Errors: `log_gap`.
     */
    async appendLog(scope: ProjectScope, attemptId: string, offset: number, bytes: Buffer): Promise<number> {
      const grown = await database.transaction(scope, async (tx) => {
        const attempt = await attemptOf(tx, scope, attemptId)
        const size = (await lockLogSize(tx, scope, attemptId)) ?? fail('attempt_not_found')
        if (offset > size) return fail('log_gap', { offset, expectedOffset: size })
        const news = maskTokenBytes(bytes.subarray(Math.min(size - offset, bytes.length)))
        if (news.length > 0) await appendLogChunk(tx, scope, attemptId, { offset: size, bytes: news })
        return { jobId: attempt.jobId, sizeBytes: size + news.length, news: news.length > 0 }
      })
      if (grown.news) hints.publish(scope.projectId, { type: 'log', attemptId, ...pick(grown) })
      return grown.sizeBytes
    },

    /** Keep a file as an artifact of the run of the job. Errors: `disk_full`, `upload_too_large`. */
    async putOutput(scope: ProjectScope, attemptId: string, path: string, body: Readable) {
      const runId = await database.transaction(scope, async (tx) => {
        const job = (await lifecycle.findOfAttempt(tx, scope, attemptId)) ?? fail('attempt_not_found')
        return job.runId
      })
      return deps.artifacts.put(scope, { kind: 'run', id: runId }, path, body)
    },

    /** How the attempt ended. The first end counts; a repeat, or a result that comes after a loss, changes nothing. */
    async finish(scope: ProjectScope, attemptId: string, result: AttemptResult): Promise<void> {
      const ended = await shared.run(scope, attemptId, async (tx) => {
        const locked = (await lifecycle.lockOfAttempt(tx, scope, attemptId)) ?? fail('attempt_not_found')
        const after = await lifecycle.end(tx, locked, attemptId, withoutTokens(result.verdict))
        return after === locked ? null : after
      })
      if (ended !== null) logEnded(deps.log, ended)
    },

    /**
     * Bytes of the log from `offset`, which counts from the end when negative, and the size of the whole. Errors:
     * `job_not_found`, `attempt_not_found`.
     */
    readLog(
      scope: ProjectScope,
      of: { readonly jobId: string; readonly attemptId: string },
      range: { readonly offset: number; readonly limit: number },
    ): Promise<{ bytes: Buffer; sizeBytes: number }> {
      return database.transaction(scope, async (tx) => {
        const { logSizeBytes: sizeBytes } = await attemptOfJob(tx, scope, of.jobId, of.attemptId)
        const from = range.offset < 0 ? Math.max(0, sizeBytes + range.offset) : Math.min(range.offset, sizeBytes)
        const to = Math.min(sizeBytes, from + range.limit)
        return { bytes: await readLogBytes(tx, scope, of.attemptId, { from, to }), sizeBytes }
      })
    },

    /** What the attempt used over time, at most 2,000 samples. Errors: `job_not_found`, `attempt_not_found`. */
    samples(scope: ProjectScope, of: { jobId: string; attemptId: string }): Promise<ResourceSample[]> {
      return database.transaction(scope, async (tx) => {
        await attemptOfJob(tx, scope, of.jobId, of.attemptId)
        return listSamples(tx, scope, of.attemptId, maximumSamples)
      })
    },
  }
}

/** An elastic job goes on where it stopped: all its attempts together have its time limit. */
const timeLimitOf = ({ timeLimitMs, maxGpuCount, usedRunMs }: JobRow): number | null =>
  timeLimitMs === null || maxGpuCount === null ? timeLimitMs : Math.max(1000, timeLimitMs - usedRunMs)

const replyTo = (attempt: AttemptRow): HeartbeatReply => {
  if (attemptEnded(attempt.state)) return { command: 'stop', stopReason: 'superseded' }
  return attempt.command === 'none'
    ? { command: 'continue', stopReason: null }
    : { command: 'stop', stopReason: attempt.command }
}

/** The evidence is a line of the log, and the log hides tokens. */
const withoutTokens = <V extends { readonly evidence: string | null }>(verdict: V): V =>
  verdict.evidence === null ? verdict : { ...verdict, evidence: maskTokens(verdict.evidence) }

const pick = ({ jobId, sizeBytes }: { jobId: string; sizeBytes: number }) => ({ jobId, sizeBytes })
