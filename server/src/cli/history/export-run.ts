import type { RunDigest } from '@novabrain/contracts'
import { digestOf, digestOfSeries, distinctPoints, type Point } from '../../core/tracking/run-digest.js'
import { MlflowRefusal } from './api.js'
import type { FileSource } from './files.js'
import { hashed, sha256 } from './hashing.js'
import type { Difference } from './outcome.js'
import type { Progress } from './progress.js'
import type { ArtifactOwner, MlflowReader, Pair, SourceFile, SourceModelMetric, SourceRun } from './reader.js'
import type { LoggedPoint, MlflowWriter } from './writer.js'

/** A history on its way out: `reader` is ours, `there` the other side. */
export interface Exporting {
  readonly reader: MlflowReader
  readonly there: { readonly reader: MlflowReader; readonly writer: MlflowWriter; readonly files: FileSource }
  readonly progress: Progress
  readonly signal: AbortSignal
  readonly differ: (difference: Difference) => void
}

/** What MLflow gives no other place: where something comes from. */
export const ourTags = {
  experiment: 'novabrain.experiment_id',
  run: 'novabrain.run_id',
  model: 'novabrain.model_id',
  registeredModel: 'novabrain.registered_model',
  version: 'novabrain.version',
  /** What a run looked like when it was found the same on both sides. */
  whole: 'novabrain.exported',
} as const

/** Tags without those that exports leave, and those that MLflow's server sets by itself. */
export const plainTags = (tags: readonly Pair[]): Pair[] =>
  tags.filter(({ key }) => !key.startsWith('novabrain.') && key !== 'mlflow.modelVersions')

/** Ids of logged models here, and there. */
export interface ModelIds {
  readonly there: ReadonlyMap<string, string>
  readonly here: ReadonlyMap<string, string>
}

/** A metric of a logged model that was measured in a run, with the id that the model has there. */
export type MeasuredModel = SourceModelMetric & { readonly modelId: string }

export interface RunCopy {
  readonly run: SourceRun
  /** The run there, which may have some of it from an earlier try. */
  readonly copy: SourceRun
  readonly models: ModelIds
  readonly measured: readonly MeasuredModel[]
}

/** Write what a run logged, end it, and read it back; answers both sides. */
export const exportRun = async (
  exporting: Exporting,
  { run, copy, models, measured }: RunCopy,
): Promise<{ readonly source: RunDigest; readonly there: RunDigest }> => {
  const { writer, reader } = exporting.there
  if (copy.lifecycleStage === 'deleted') await writer.setRunStage(copy.id, 'active')
  const tags = missingPairs(plainTags(run.tags), copy.tags)
  await writer.logPairs(copy.id, { params: missingPairs(run.params, copy.params), tags })
  const series = []
  let waiting: LoggedPoint[] = []
  for (const { key } of run.latest) {
    const points = await allPoints(exporting.reader, run.id, key)
    const fresh = copy.latest.some((metric) => metric.key === key)
      ? without(points, await allPoints(reader, copy.id, key))
      : points
    waiting.push(...withModels(key, fresh, measured))
    if (waiting.length >= enoughPoints) waiting = await sendPoints(exporting, copy.id, waiting)
    series.push(digestOfSeries(key, points, sha256))
  }
  await sendPoints(exporting, copy.id, waiting)
  await exportLinks(exporting, run, copy, models)
  const artifacts = await exportFiles(exporting, run.name, ownerOf(run), ownerOf(copy), isOver(run))
  await writer.endRun(copy.id, run)
  const source = digestOf({ ...run, info: run, tags: plainTags(run.tags), series, artifacts }, sha256)
  return { source, there: await readBack(exporting, copy.id, run, models) }
}

/** From so many on, points of several metrics are sent together. */
const enoughPoints = 1000

const sendPoints = async ({ there, progress }: Exporting, runId: string, points: LoggedPoint[]) => {
  await there.writer.logPoints(runId, points)
  progress.done.points += points.length
  progress.tick()
  return []
}

const exportLinks = async (
  { there: { writer } }: Exporting,
  run: SourceRun,
  copy: SourceRun,
  models: ModelIds,
): Promise<void> => {
  const has = new Set([
    ...copy.datasets.map(({ name, digest }) => `dataset ${name} ${digest}`),
    ...copy.models.map(({ direction, modelId }) => `${direction} ${modelId}`),
  ])
  const links = run.models.flatMap((link) => {
    const modelId = models.there.get(link.modelId)
    return modelId === undefined || has.has(`${link.direction} ${modelId}`) ? [] : [{ ...link, modelId }]
  })
  const inputs = links.filter(({ direction }) => direction === 'input').map(({ modelId }) => modelId)
  const datasets = run.datasets.filter(({ name, digest }) => !has.has(`dataset ${name} ${digest}`))
  await writer.logInputs(copy.id, datasets, inputs)
  await writer.logOutputs(
    copy.id,
    links.filter(({ direction }) => direction === 'output'),
  )
}

/** What the other side has of a run now, in our ids. */
const readBack = async (
  { there: { reader, files } }: Exporting,
  copyId: string,
  run: SourceRun,
  models: ModelIds,
): Promise<RunDigest> => {
  const copy = await reader.run(copyId)
  const series = []
  for (const { key } of copy.latest) series.push(digestOfSeries(key, await allPoints(reader, copyId, key), sha256))
  const artifacts = []
  for await (const file of files.files(ownerOf(copy))) artifacts.push(await hashFile(files, ownerOf(copy), file))
  const ours = copy.models.map((link) => ({ ...link, modelId: models.here.get(link.modelId) ?? link.modelId }))
  // It is deleted last of all.
  const info = { ...copy, lifecycleStage: run.lifecycleStage }
  return digestOf({ ...copy, info, tags: plainTags(copy.tags), models: ours, series, artifacts }, sha256)
}

const hashFile = async (files: FileSource, owner: ArtifactOwner, { path }: SourceFile) => {
  const body = await files.open(owner, path)
  if (body === null) return { path, digest: '', sizeBytes: 0 }
  const { stream, result } = hashed(body, () => undefined)
  await new Promise<void>((resolve, reject) => stream.on('error', reject).on('end', resolve).resume())
  return { path, ...result() }
}

/** Write the files of a run or logged model; answers what we have. Of what is over, files of the same size stay. */
export const exportFiles = async (
  { reader, there: { writer, files }, progress, differ }: Exporting,
  name: string,
  from: ArtifactOwner,
  to: ArtifactOwner,
  over: boolean,
): Promise<{ path: string; digest: string; sizeBytes: number }[]> => {
  const known = new Map<string, number>()
  if (over) for await (const { path, sizeBytes } of files.files(to)) known.set(path, sizeBytes)
  const sent = []
  const ours = { files: reader.files, open: reader.open }
  for await (const file of reader.files(from)) {
    if (known.get(file.path) === file.sizeBytes) {
      sent.push(await hashFile(ours, from, file))
      continue
    }
    let result = () => ({ digest: '', sizeBytes: 0 })
    const body = async () => {
      const bytes = await reader.open(from, file.path)
      const stream = hashed(bytes ?? new ReadableStream({ start: (of) => of.close() }), (count) => {
        progress.done.bytes += count
        progress.tick()
      })
      result = stream.result
      return stream.stream
    }
    try {
      if (!(await writer.putFile(to, file.path, body)))
        differ({ kind: from.kind, id: from.id, name, faults: ['file_refused'], detail: file.path })
      else progress.done.artifacts += 1
    } catch (error) {
      if (!(error instanceof MlflowRefusal)) throw error
      differ({ kind: from.kind, id: from.id, name, faults: ['file_refused'], detail: `${file.path}: ${error.message}` })
    }
    sent.push({ path: file.path, ...result() })
  }
  return sent
}

export const ownerOf = ({ id, experimentId, artifactUri }: SourceRun): ArtifactOwner => ({
  kind: 'run',
  id,
  experimentId,
  artifactUri,
})

export const isOver = ({ status }: SourceRun): boolean => status !== 'RUNNING' && status !== 'SCHEDULED'

const allPoints = async (reader: MlflowReader, runId: string, key: string): Promise<Point[]> => {
  const points: Point[] = []
  for await (const page of reader.history(runId, key)) points.push(...page)
  return distinctPoints(points)
}

const nameOf = ({ timestampMs, step, value }: Point): string =>
  `${String(timestampMs)} ${String(step)} ${String(value)}`

/** Points that are not among others: what a store in a folder would otherwise keep twice. */
const without = (points: readonly Point[], others: readonly Point[]): Point[] => {
  const known = new Set(others.map(nameOf))
  return points.filter((point) => !known.has(nameOf(point)))
}

/** Points with the logged models that they measure. */
const withModels = (key: string, points: readonly Point[], measured: readonly MeasuredModel[]): LoggedPoint[] => {
  const models = new Map<string, MeasuredModel[]>()
  for (const metric of measured.filter((each) => each.key === key)) {
    const name = nameOf(metric)
    models.set(name, [...(models.get(name) ?? []), metric])
  }
  return points.flatMap((point): LoggedPoint[] => {
    const of = models.get(nameOf(point)) ?? []
    if (of.length === 0) return [{ ...point, key }]
    return of.map(({ modelId, datasetName, datasetDigest }) => ({ ...point, key, modelId, datasetName, datasetDigest }))
  })
}

const missingPairs = (wanted: readonly Pair[], known: readonly Pair[]): Pair[] => {
  const values = new Map(known.map(({ key, value }) => [key, value]))
  return wanted.filter(({ key, value }) => values.get(key) !== value)
}
