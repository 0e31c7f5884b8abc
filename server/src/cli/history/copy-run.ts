import { NovaBrainError, type FoundArtifact, type RunDigest } from '@novabrain/contracts'
import { wireValue } from '../../core/tracking/metric-value.js'
import {
  digestOf,
  digestOfSeries,
  distinctPoints,
  type Point,
  type SeriesDigest,
} from '../../core/tracking/run-digest.js'
import { MlflowRefusal } from './api.js'
import type { FileSource } from './files.js'
import { hashed, sha256 } from './hashing.js'
import type { Histories } from './histories.js'
import type { Difference } from './outcome.js'
import type { Progress } from './progress.js'
import type { ArtifactOwner, MlflowReader, SourceFile, SourceRun } from './reader.js'
import { whenAway, type ImportTarget } from './target.js'

/** What copying a run or a logged model needs. */
export interface Copying {
  readonly reader: MlflowReader
  readonly files: FileSource
  readonly target: ImportTarget
  readonly progress: Progress
  readonly signal: AbortSignal
  readonly differ: (difference: Difference) => void
}

type KeptFile = Pick<FoundArtifact, 'path' | 'digest' | 'sizeBytes'>

/** Points on their way, sent when enough have come together. */
export interface PointSender {
  add(runId: string, key: string, points: readonly Point[]): Promise<void>
  flush(): Promise<void>
}

const pointsInRequest = 10_000

/** Gather points of many runs into requests of a good size. */
export const createPointSender = ({ target, progress }: Pick<Copying, 'target' | 'progress'>): PointSender => {
  type Series = Parameters<ImportTarget['points']>[0][number]
  let waiting: Series[] = []
  let count = 0
  const flush = async () => {
    const [series, sent] = [waiting, count]
    waiting = []
    count = 0
    if (series.length === 0) return
    await target.points(series)
    progress.done.points += sent
    progress.tick()
  }
  return {
    flush,
    async add(runId, key, points) {
      for (let at = 0; at < points.length; at += pointsInRequest) {
        const part = points.slice(at, at + pointsInRequest)
        waiting.push({
          runId,
          key,
          steps: part.map(({ step }) => step),
          timestampsMs: part.map(({ timestampMs }) => timestampMs),
          values: part.map(({ value }) => wireValue(value)),
        })
        count += part.length
        if (count >= pointsInRequest || waiting.length >= 2000) await flush()
      }
    },
  }
}

/**
 * Copy what a run logged, and say what the source has of it. `here` are the files that came in an earlier try: while the
 * run is over, those of the same size are not fetched again.
 */
export const copyRun = async (
  copying: Copying,
  run: SourceRun,
  { points, here, historyOf }: { points: PointSender; here: readonly KeptFile[]; historyOf: Histories },
): Promise<RunDigest> => {
  const series: SeriesDigest[] = []
  for (const { key } of run.latest) {
    const once = distinctPoints(await historyOf(run.id, key))
    await points.add(run.id, key, once)
    series.push(digestOfSeries(key, once, sha256))
  }
  const owner: ArtifactOwner = { kind: 'run', id: run.id, experimentId: run.experimentId, artifactUri: run.artifactUri }
  const over = run.status !== 'RUNNING' && run.status !== 'SCHEDULED'
  const artifacts = await copyFiles(copying, owner, { name: run.name, here: over ? here : [] })
  return digestOf(
    { info: run, params: run.params, tags: run.tags, series, datasets: run.datasets, models: run.models, artifacts },
    sha256,
  )
}

/** Copy the files of a run or logged model; answers what the source has. */
export const copyFiles = async (
  copying: Copying,
  owner: ArtifactOwner,
  { name, here }: { name: string; here: readonly KeptFile[] },
): Promise<KeptFile[]> => {
  const known = new Map(here.map((file) => [file.path, file]))
  const copied: KeptFile[] = []
  const blame = (fault: 'file_missing' | 'file_refused', detail: string) =>
    copying.differ({ kind: owner.kind, id: owner.id, name, faults: [fault], detail })
  try {
    for await (const file of copying.files.files(owner)) {
      const same = known.get(file.path)
      if (same !== undefined && same.sizeBytes === file.sizeBytes) copied.push(same)
      else copied.push(await copyFile(copying, owner, file, blame))
    }
  } catch (error) {
    if (!(error instanceof MlflowRefusal)) throw error
    blame('file_missing', error.message)
  }
  return copied
}

/** What of a file cannot be had keeps a place in the digest, so that both sides differ. */
const notThere = '0'.repeat(64)

const copyFile = async (
  { files, target, progress, signal }: Copying,
  owner: ArtifactOwner,
  file: SourceFile,
  blame: (fault: 'file_missing' | 'file_refused', detail: string) => void,
): Promise<KeptFile> => {
  const lost = (fault: 'file_missing' | 'file_refused', detail: string): KeptFile => {
    blame(fault, detail)
    return { ...file, digest: notThere }
  }
  try {
    return await whenAway(async () => {
      const body = await files.open(owner, file.path)
      if (body === null) return lost('file_missing', file.path)
      const { stream, result } = hashed(body, (count) => {
        progress.done.bytes += count
        progress.tick()
      })
      await target.artifact({ owner: owner.kind, ownerId: owner.id, path: file.path }, stream)
      progress.done.artifacts += 1
      return { path: file.path, ...result() }
    }, signal)
  } catch (error) {
    signal.throwIfAborted()
    if (error instanceof MlflowRefusal) return lost('file_missing', `${file.path}: ${error.message}`)
    if (error instanceof NovaBrainError && ['artifact_path_invalid', 'upload_too_large'].includes(error.code))
      return lost('file_refused', `${file.path}: ${error.message}`)
    throw error
  }
}
