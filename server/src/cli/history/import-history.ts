import type { VerifyImportedRuns } from '@novabrain/contracts'
import { wireValue as wire } from '../../core/tracking/metric-value.js'
import { differingParts } from '../../core/tracking/run-digest.js'
import type { MlflowApi } from './api.js'
import { copyDatasets } from './copy-datasets.js'
import { copyWebhooks } from './copy-webhooks.js'
import { copyFiles, copyRun, createPointSender, type Copying } from './copy-run.js'
import { markOf } from './hashing.js'
import { readHistories } from './histories.js'
import { importRegistry, readRegistry, type Registry } from './import-registry.js'
import { importTraces, type TraceImport } from './import-traces.js'
import { noCounts, plus, type ExperimentOutcome, type Outcome } from './outcome.js'
import { chunks, inParallel } from './pool.js'
import type { SourceExperiment, SourceLoggedModel, SourceRun } from './reader.js'

export interface ImportOptions extends Omit<Copying, 'differ'> {
  readonly traces: Pick<TraceImport, 'reader' | 'ours'> & { readonly theirs: MlflowApi }
  /** Put the runs of all experiments into this one. */
  readonly into: string | null
  /** Only experiments of these names. */
  readonly only: readonly string[]
  /** Read everything anew, also what did not change. */
  readonly again: boolean
  readonly say: { looking(): void; experiment(name: string): void; registry(): void }
  readonly outcome: Outcome
}

const runsInPage = 200
const runsAtOnce = 25
const width = 6

/**
 * Copy a history: experiments, their runs with points and files, logged models, registered models. Each group of runs is
 * verified against the source and noted before the next, so whoever begins again goes on there.
 */
export const importHistory = async (options: ImportOptions): Promise<void> => {
  const { reader, outcome, progress, say } = options
  const copying: Copying = { ...options, differ: (difference) => outcome.differences.push(difference) }
  say.looking()
  const experiments = await wantedExperiments(options)
  for (const { id } of experiments) for await (const page of reader.runs(id, 1000)) progress.totalRuns += page.length
  const registry = options.only.length === 0 ? await readRegistry(reader) : null
  for (const experiment of experiments) {
    options.signal.throwIfAborted()
    const placed = await placeExperiment(options, experiment)
    say.experiment(placed.name)
    const runIds = await importRuns(options, copying, placed, registry)
    await importLoggedModels(options, copying, experiment.id, registry)
    await importTraces(copying, { ...options, ...options.traces }, experiment.id, runIds)
  }
  if (registry === null) return
  say.registry()
  await importRegistry(copying, registry, outcome)
  const between = { ...copying, from: options.traces.theirs, to: options.traces.ours, outcome }
  await copyDatasets(between)
  await copyWebhooks(between)
}

const wantedExperiments = async ({ reader, only }: ImportOptions): Promise<SourceExperiment[]> => {
  const found: SourceExperiment[] = []
  for await (const page of reader.experiments())
    found.push(...page.filter(({ name }) => only.length === 0 || only.includes(name)))
  return found.sort((left, right) => left.createdAtMs - right.createdAtMs || left.id.localeCompare(right.id))
}

const placeExperiment = async (options: ImportOptions, experiment: SourceExperiment): Promise<ExperimentOutcome> => {
  const { artifactLocation: _elsewhere, ...wanted } = experiment
  const items = [{ ...wanted, tags: [...wanted.tags], mark: markOf(wanted) }]
  const [placed] = await options.target.experiments({ items, into: options.into })
  const place: ExperimentOutcome = {
    sourceId: experiment.id,
    id: placed?.id ?? '',
    name: placed?.name ?? experiment.name,
    sourceName: experiment.name,
    source: noCounts,
    here: noCounts,
  }
  options.outcome.experiments.push(place)
  return place
}

const importRuns = async (
  options: ImportOptions,
  copying: Copying,
  place: ExperimentOutcome,
  registry: Registry | null,
): Promise<string[]> => {
  const ids: string[] = []
  for await (const page of options.reader.runs(place.sourceId, runsInPage)) {
    ids.push(...page.map(({ id }) => id))
    for (const run of page) registry?.noteRun(run)
    for (const group of chunks(page, runsAtOnce)) {
      options.signal.throwIfAborted()
      const items = await importGroup(options, copying, group)
      await verifyGroup(options, place, group, items)
      options.progress.done.runs += group.length
      options.progress.tick()
    }
  }
  return ids
}

type Items = VerifyImportedRuns['items']

/** Copy what of a group is new or has changed; answers what the source has of each run that is here. */
const importGroup = async (options: ImportOptions, copying: Copying, group: readonly SourceRun[]): Promise<Items> => {
  const { target, outcome, again } = options
  const ids = group.map(({ id }) => id)
  const known = new Map((await target.knownRuns(ids)).map((run) => [run.id, run]))
  const marks = new Map(group.map((run) => [run.id, markOfRun(run)]))
  const unchanged = group.flatMap(({ id, status }) => {
    const whole = known.get(id)
    return whole?.mark === marks.get(id) && isOver(status) && !again && whole !== undefined ? [whole] : []
  })
  outcome.unchangedRuns += unchanged.length
  const left = new Set(unchanged.map(({ id }) => id))
  const wanted = group.filter(({ id }) => !left.has(id))
  if (wanted.length === 0) return unchanged
  const taken = new Set(await target.runs({ items: wanted.map(importedRun) }))
  for (const { id, name } of wanted.filter((run) => taken.has(run.id)))
    copying.differ({ kind: 'run', id, name, faults: ['id_taken'], detail: null })
  const mine = wanted.filter(({ id }) => !taken.has(id))
  const here = again ? [] : await target.knownFiles(mine.map(({ id }) => id).filter((id) => !known.has(id)))
  const points = createPointSender(copying)
  const historyOf = await readHistories(options.reader, mine)
  const items: Items = []
  await inParallel(mine, width, async (run) => {
    const digest = await copyRun(copying, run, {
      points,
      historyOf,
      here: here.filter(({ ownerId }) => ownerId === run.id),
    })
    items.push({ id: run.id, mark: marks.get(run.id) ?? '', digest })
  })
  await points.flush()
  return [...unchanged, ...items]
}

/** Compare with what is here, as the server reads it from its tables. */
const verifyGroup = async (
  { target, outcome }: ImportOptions,
  place: ExperimentOutcome,
  group: readonly SourceRun[],
  items: Items,
): Promise<void> => {
  place.source = { ...place.source, runs: place.source.runs + group.length - items.length }
  if (items.length === 0) return
  const names = new Map(group.map(({ id, name }) => [id, name]))
  const said = new Map(items.map(({ id, digest }) => [id, digest]))
  for (const { id, digest } of await target.verify(items.map(({ id, mark, digest }) => ({ id, mark, digest })))) {
    const source = said.get(id) ?? digest
    place.source = plus(place.source, source.counts)
    place.here = plus(place.here, digest.counts)
    const faults = differingParts(source, digest)
    if (faults.length > 0)
      outcome.differences.push({ kind: 'run', id, name: names.get(id) ?? '', faults, detail: null })
  }
}

const isOver = (status: SourceRun['status']): boolean => status !== 'RUNNING' && status !== 'SCHEDULED'

/** Latest values stand for the points: what is logged later moves them, or their run is still going. */
const markOfRun = ({ artifactUri: _elsewhere, ...run }: SourceRun): string => markOf(run)

const importedRun = ({ artifactUri: _elsewhere, latest: _points, ...run }: SourceRun) => ({
  ...run,
  params: [...run.params],
  tags: [...run.tags],
  datasets: run.datasets.map((dataset) => ({ ...dataset, tags: [...dataset.tags] })),
  models: [...run.models],
})

const importLoggedModels = async (
  options: ImportOptions,
  copying: Copying,
  experimentId: string,
  registry: Registry | null,
): Promise<void> => {
  for await (const page of options.reader.loggedModels(experimentId)) {
    options.signal.throwIfAborted()
    for (const model of page) registry?.noteModel(model)
    options.outcome.loggedModels.source += page.length
    const taken = new Set(await options.target.loggedModels({ items: page.map(importedModel) }))
    for (const { id, name } of page.filter((model) => taken.has(model.id)))
      copying.differ({ kind: 'logged_model', id, name, faults: ['id_taken'], detail: null })
    const mine = page.filter(({ id }) => !taken.has(id))
    options.outcome.loggedModels.here += mine.length
    await copyModelFiles(options, copying, mine)
  }
}

const importedModel = ({ artifactUri: _elsewhere, ...model }: SourceLoggedModel) => ({
  ...model,
  params: [...model.params],
  tags: [...model.tags],
  metrics: model.metrics.map((metric) => ({ ...metric, value: wire(metric.value) })),
  mark: markOf(model),
})

/** Files of a model that is ready do not change, so those that are here are not fetched again. */
const copyModelFiles = async (
  { target, again }: ImportOptions,
  copying: Copying,
  models: readonly SourceLoggedModel[],
): Promise<void> => {
  const before = again ? [] : await target.knownFiles(models.map(({ id }) => id))
  const wanted = new Map<string, string>()
  await inParallel(models, width, async (model) => {
    const here = before.filter(({ ownerId }) => ownerId === model.id && model.status === 'LOGGED_MODEL_READY')
    const files = await copyFiles(copying, { kind: 'logged_model', ...model }, { name: model.name, here })
    wanted.set(model.id, filesText(files))
  })
  const after = await target.knownFiles(models.map(({ id }) => id))
  for (const { id, name } of models) {
    const here = filesText(after.filter(({ ownerId }) => ownerId === id))
    if (here !== wanted.get(id)) copying.differ({ kind: 'logged_model', id, name, faults: ['files'], detail: null })
  }
}

const filesText = (files: readonly { readonly path: string; readonly digest: string }[]): string =>
  files
    .map(({ path, digest }) => JSON.stringify([path, digest]))
    .sort()
    .join('\n')
