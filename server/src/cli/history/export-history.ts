import type { MlflowApi } from './api.js'
import { copyDatasets } from './copy-datasets.js'
import { copyWebhooks } from './copy-webhooks.js'
import { differingParts } from '../../core/tracking/run-digest.js'
import { exportFiles, exportRun, isOver, ourTags, plainTags, type Exporting, type MeasuredModel } from './export-run.js'
import { exportRegistry } from './export-registry.js'
import { exportTraces, type TraceExport } from './export-traces.js'
import { markOf } from './hashing.js'
import { readRegistry } from './import-registry.js'
import { noCounts, plus, type Counts, type ExperimentOutcome, type Outcome } from './outcome.js'
import { inParallel } from './pool.js'
import type { ArtifactOwner, SourceExperiment, SourceLoggedModel, SourceRun } from './reader.js'

export interface ExportOptions extends Omit<Exporting, 'differ'> {
  readonly traces: Pick<TraceExport, 'reader' | 'there'> & { readonly ours: MlflowApi }
  /** The project, by which its experiments and models are known there. */
  readonly projectId: string
  /** What goes behind a name that is taken there. */
  readonly label: string
  readonly only: readonly string[]
  readonly say: { looking(): void; experiment(name: string): void; registry(): void }
  readonly outcome: Outcome
}

/** What was exported so far, by the ids that we have. */
export interface Exported {
  readonly runs: Map<string, SourceRun>
  readonly models: Map<string, { readonly id: string; readonly artifactUri: string }>
}

const page = 200
const width = 4

/**
 * Write our history to MLflow. Its REST API gives ids of its own, so ours go into tags, by which a repeat knows what is
 * there already. Runs come first without contents, then the logged models made by them, then what the runs logged, since
 * a point may measure a model; each run is read back and compared before it is noted as whole.
 */
export const exportHistory = async (options: ExportOptions): Promise<void> => {
  const { reader, progress, say, outcome, only } = options
  const exporting: Exporting = { ...options, differ: (difference) => outcome.differences.push(difference) }
  say.looking()
  const experiments: SourceExperiment[] = []
  for await (const found of reader.experiments())
    experiments.push(...found.filter(({ name }) => only.length === 0 || only.includes(name)))
  experiments.sort((left, right) => Number(left.id) - Number(right.id))
  for (const { id } of experiments) for await (const runs of reader.runs(id, 1000)) progress.totalRuns += runs.length
  const registry = only.length === 0 ? await readRegistry(reader) : null
  const exported: Exported = { runs: new Map(), models: new Map() }
  for (const experiment of experiments) {
    options.signal.throwIfAborted()
    const place = await placeExperiment(options, experiment)
    say.experiment(place.name)
    const models = await exportSkeleton(options, exporting, { experiment, place, exported })
    for (const run of models.runs) registry?.noteRun(run)
    for (const model of models.models) registry?.noteModel(model)
    await exportContents(options, exporting, place, models, exported)
    await exportTraces(
      exporting,
      { ...options.traces, ids: idsOf(exported), outcome },
      place,
      models.runs.map(({ id }) => id),
    )
    if (experiment.lifecycleStage === 'deleted') await exporting.there.writer.setExperimentStage(place.id, 'deleted')
  }
  if (registry === null) return
  say.registry()
  await exportRegistry(exporting, { registry, exported, outcome, projectId: options.projectId, label: options.label })
  const between = { ...exporting, from: options.traces.ours, to: options.traces.there.api, outcome }
  await copyDatasets(between)
  await copyWebhooks(between)
}

/** Ids there of runs and logged models, by those that they have here. */
const idsOf = ({ runs, models }: Exported): ReadonlyMap<string, string> =>
  new Map([...runs, ...models].map(([here, { id }]) => [here, id]))

const placeExperiment = async (options: ExportOptions, experiment: SourceExperiment): Promise<ExperimentOutcome> => {
  const { reader, writer } = options.there
  const mine = { key: ourTags.experiment, value: `${options.projectId}/${experiment.id}` }
  const known: SourceExperiment[] = []
  for await (const found of reader.experiments()) known.push(...found)
  const before = known.find(({ tags }) => tags.some(({ key, value }) => key === mine.key && value === mine.value))
  const default_ = known.find(({ name, id }) => name === experiment.name && id === '0')
  const free = before ?? (default_ !== undefined && (await isEmpty(options, default_.id)) ? default_ : undefined)
  const names = new Set(known.map(({ name }) => name))
  const name = free?.name ?? freeAmong(names, experiment.name, options.label)
  const tags = [...plainTags(experiment.tags), mine]
  const id = free?.id ?? (await writer.createExperiment(name, tags))
  if (free !== undefined) {
    if (free.lifecycleStage === 'deleted') await writer.setExperimentStage(id, 'active')
    for (const tag of tags) await writer.tagExperiment(id, tag)
  }
  const place = { sourceId: experiment.id, id, name, sourceName: experiment.name, source: noCounts, here: noCounts }
  options.outcome.experiments.push(place)
  return place
}

const isEmpty = async ({ there: { reader } }: ExportOptions, experimentId: string): Promise<boolean> => {
  for await (const runs of reader.runs(experimentId, 1)) return runs.length === 0
  return true
}

/** The name, or `name (label)`, `name (label 2)` … where it is taken. */
export const freeAmong = (names: ReadonlySet<string>, name: string, label: string): string => {
  for (let round = 0; ; round += 1) {
    const suffix = round === 0 ? '' : round === 1 ? ` (${label})` : ` (${label} ${String(round)})`
    if (!names.has(name + suffix)) return name + suffix
  }
}

interface Skeleton {
  readonly runs: readonly SourceRun[]
  readonly models: readonly SourceLoggedModel[]
  /** Metrics of models by the run that measured them, which are not there yet. */
  readonly measured: ReadonlyMap<string, readonly MeasuredModel[]>
}

/** Runs without contents, and the logged models. */
const exportSkeleton = async (
  options: ExportOptions,
  exporting: Exporting,
  { experiment, place, exported }: { experiment: SourceExperiment; place: ExperimentOutcome; exported: Exported },
): Promise<Skeleton> => {
  const { reader, writer } = exporting.there
  for await (const copies of reader.runs(place.id, page))
    for (const copy of copies) {
      const id = copy.tags.find(({ key }) => key === ourTags.run)?.value
      if (id !== undefined) exported.runs.set(id, copy)
    }
  const runs: SourceRun[] = []
  for await (const found of exporting.reader.runs(experiment.id, page)) runs.push(...found)
  await inParallel(runs, width, async (run) => {
    exporting.signal.throwIfAborted()
    if (exported.runs.has(run.id)) return
    const tags = [...plainTags(run.tags).slice(0, 90), { key: ourTags.run, value: run.id }]
    exported.runs.set(run.id, await reader.run(await writer.createRun(place.id, run, tags)))
  })
  const models: SourceLoggedModel[] = []
  for await (const found of exporting.reader.loggedModels(experiment.id)) models.push(...found)
  return { runs, models, measured: await exportModels(options, exporting, { place, models, exported }) }
}

const exportModels = async (
  { outcome }: ExportOptions,
  exporting: Exporting,
  { place, models, exported }: { place: ExperimentOutcome; models: readonly SourceLoggedModel[]; exported: Exported },
): Promise<ReadonlyMap<string, readonly MeasuredModel[]>> => {
  const { reader, writer } = exporting.there
  const known = new Map<string, SourceLoggedModel>()
  for await (const copies of reader.loggedModels(place.id))
    for (const copy of copies) {
      const id = copy.tags.find(({ key }) => key === ourTags.model)?.value
      if (id !== undefined) known.set(id, copy)
    }
  const measured = new Map<string, MeasuredModel[]>()
  for (const model of models) {
    exporting.signal.throwIfAborted()
    const tags = [...plainTags(model.tags), { key: ourTags.model, value: model.id }]
    const sourceRun = model.sourceRunId === null ? undefined : exported.runs.get(model.sourceRunId)
    const before = known.get(model.id)
    const id =
      before?.id ??
      (await writer.createLoggedModel({
        experiment_id: place.id,
        name: model.name,
        ...(model.modelType === null ? {} : { model_type: model.modelType }),
        ...(sourceRun === undefined ? {} : { source_run_id: sourceRun.id }),
        params: model.params,
        tags,
      }))
    const artifactUri = before?.artifactUri ?? (await reader.loggedModel(id)).artifactUri
    exported.models.set(model.id, { id, artifactUri })
    outcome.loggedModels.source += 1
    outcome.loggedModels.here += 1
    const from: ArtifactOwner = { kind: 'logged_model', ...model }
    await exportFiles(exporting, model.name, from, { ...from, id, artifactUri }, model.status === 'LOGGED_MODEL_READY')
    if (before?.status !== model.status && model.status !== 'LOGGED_MODEL_PENDING')
      await writer.endLoggedModel(id, model.status)
    const there = new Set((before?.metrics ?? []).map(({ key, step, timestampMs }) => `${key} ${step} ${timestampMs}`))
    for (const metric of model.metrics) {
      if (there.has(`${metric.key} ${metric.step} ${metric.timestampMs}`)) continue
      measured.set(metric.runId, [...(measured.get(metric.runId) ?? []), { ...metric, modelId: id }])
    }
  }
  return measured
}

const exportContents = async (
  { outcome, progress }: ExportOptions,
  exporting: Exporting,
  place: ExperimentOutcome,
  { runs, measured }: Skeleton,
  exported: Exported,
): Promise<void> => {
  const { writer } = exporting.there
  const pairs = [...exported.models].map(([here, { id }]): [string, string] => [here, id])
  const models = { there: new Map(pairs), here: new Map(pairs.map(([here, there]) => [there, here])) }
  await inParallel(runs, width, async (run) => {
    exporting.signal.throwIfAborted()
    const copy = exported.runs.get(run.id)
    if (copy === undefined) return
    const mark = markOfRun(run)
    const before = wholeIn(copy)
    if (before?.mark === mark && isOver(run)) {
      outcome.unchangedRuns += 1
      place.source = plus(place.source, before.counts)
      place.here = plus(place.here, before.counts)
    } else {
      const both = await exportRun(exporting, { run, copy, models, measured: measured.get(run.id) ?? [] })
      const faults = differingParts(both.source, both.there)
      if (faults.length > 0) exporting.differ({ kind: 'run', id: run.id, name: run.name, faults, detail: null })
      else
        await writer.logPairs(copy.id, {
          tags: [{ key: ourTags.whole, value: JSON.stringify({ mark, counts: both.source.counts }) }],
        })
      if (run.lifecycleStage === 'deleted') await writer.setRunStage(copy.id, 'deleted')
      place.source = plus(place.source, both.source.counts)
      place.here = plus(place.here, both.there.counts)
    }
    progress.done.runs += 1
    progress.tick()
  })
}

const markOfRun = ({ artifactUri: _here, ...run }: SourceRun): string => markOf(run)

/** What an earlier export noted of a run there. */
const wholeIn = ({ tags }: SourceRun): { readonly mark: string; readonly counts: Counts } | null => {
  const text = tags.find(({ key }) => key === ourTags.whole)?.value
  if (text === undefined) return null
  try {
    return JSON.parse(text) as { mark: string; counts: Counts }
  } catch {
    return null
  }
}
