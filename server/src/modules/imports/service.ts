import {
  fail,
  type AddImportedPoints,
  type FinishImport,
  type FoundArtifact,
  type FoundImportedRun,
  type Import,
  type ImportedArtifactQuery,
  type ImportedExperiment,
  type ImportedLoggedModel,
  type ImportedRegisteredModel,
  type ImportedRun,
  type ImportedTrace,
  type MarkedTrace,
  type OpenImport,
  type PlacedExperiment,
  type PlacedRegisteredModel,
  type PutOutcome,
  type RunDigest,
  type VerifiedRun,
  type VerifyImportedRuns,
} from '@novabrain/contracts'
import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import type { StoredBlob } from '../../blobs/store.js'
import { groupRows } from '../../core/tracking/group-rows.js'
import type { Curve } from '../../core/tracking/curve.js'
import { readValue, storedValue } from '../../core/tracking/metric-value.js'
import { differingParts, digestOf } from '../../core/tracking/run-digest.js'
import type { Deps, ProjectScope, Tx } from '../../deps.js'
import type { TrackingServices } from '../mlflow/endpoint.js'
import type { AdoptedRun } from '../runs/adopted.js'
import { createTraceImport } from './traces.js'
import { importRepository as imports, type ImportedEntity, type ImportedKind } from './repository.js'

/** How many points one request may carry, over all its series. */
const maxPoints = 50_000

export type ImportService = ReturnType<typeof createImportService>

/**
 * Histories of other tools, taken over into the tables of tracking and of the model registry; there is no second store.
 * Each step may be repeated, alone or with others, and ends with the same rows: entities are known by their source, points
 * by themselves, files by their path. What people changed here since is left alone while the source stays as it was.
 */
export const createImportService = (
  { database, clock, newId, audit }: Pick<Deps, 'database' | 'clock' | 'newId' | 'audit'>,
  services: TrackingServices,
) => {
  const { experiments, runs, metrics, artifacts, loggedModels, modelRegistry } = services
  const traceImport = createTraceImport(services)

  /** Work of one import, in one transaction. */
  const within = <T>(scope: ProjectScope, importId: string, work: (tx: Tx, of: Import) => Promise<T>): Promise<T> =>
    database.transaction(scope, async (tx) =>
      work(tx, (await imports.find(tx, scope, importId)) ?? fail('import_not_found')),
    )

  /** The experiments here that take those of the source. */
  const placesOf = async (tx: Tx, of: Import, items: readonly { readonly experimentId: string }[]) => {
    const ids = [...new Set(items.map(({ experimentId }) => experimentId))]
    const known = await imports.entities(tx, of, 'experiment', ids)
    return (experimentId: string) =>
      known.get(experimentId)?.targetId ?? fail('import_experiment_unknown', { experimentId })
  }

  const requireKnown = async (tx: Tx, of: Import, kind: ImportedKind, ids: readonly string[]): Promise<void> => {
    const known = await imports.entities(tx, of, kind, ids)
    const missing = ids.find((id) => !known.has(id))
    if (missing === undefined) return
    if (kind === 'run') fail('run_not_found', { runId: missing })
    fail('logged_model_not_found', { modelId: missing })
  }

  const contentsOf = async (
    tx: Tx,
    scope: ProjectScope,
    ids: readonly string[],
  ): Promise<ReadonlyMap<string, RunDigest>> => {
    const found = await runs.contents(tx, scope, ids)
    const series = groupRows(await metrics.digests(tx, scope, ids), ({ runId }) => runId)
    const files = groupRows(await artifacts.ofOwners(tx, scope, ids), ({ ownerId }) => ownerId)
    return new Map(
      found.map(({ run, data }) => {
        const contents = { ...data, info: run, series: series.get(run.id) ?? [], artifacts: files.get(run.id) ?? [] }
        return [run.id, digestOf(contents, sha256)]
      }),
    )
  }

  const placeExperiment = async (
    tx: Tx,
    scope: ProjectScope,
    of: Import,
    wanted: ImportedExperiment,
    { known, into }: { readonly known: ImportedEntity | undefined; readonly into: string | null },
  ): Promise<PlacedExperiment> => {
    const place = async () => {
      if (known !== undefined && known.mark === wanted.mark) return experiments.find(tx, scope, known.targetId)
      if (known !== undefined) return experiments.readopt(tx, scope, known.targetId, wanted)
      if (into !== null) return experiments.getOrCreate(tx, scope, into)
      return experiments.adopt(tx, scope, wanted, of.label)
    }
    const { id, name } = await place()
    await imports.save(tx, of, 'experiment', [{ ...placed(wanted.id, id), mark: wanted.mark }])
    return { sourceId: wanted.id, id, name }
  }

  return {
    /** Begin, or go on with, the import of a source. */
    open: (scope: ProjectScope, { source, label }: OpenImport): Promise<Import> =>
      database.transaction(scope, async (tx) => {
        const { projectId } = scope
        const opened = await imports.findOrInsert(tx, { id: newId(), projectId, source, label }, clock.nowMs())
        await audit.append(tx, scope, { action: 'import.open', subject: opened.id, detail: { source } })
        return opened
      }),

    /** Take over experiments, or bring them up to date. `into`: the one experiment here that takes all that are new. */
    putExperiments: (
      scope: ProjectScope,
      importId: string,
      { items, into }: { readonly items: readonly ImportedExperiment[]; readonly into: string | null },
    ): Promise<PlacedExperiment[]> =>
      within(scope, importId, async (tx, of) => {
        const ids = items.map(({ id }) => id)
        const known = await imports.entities(tx, of, 'experiment', ids)
        const result: PlacedExperiment[] = []
        for (const item of items)
          result.push(await placeExperiment(tx, scope, of, item, { known: known.get(item.id), into }))
        return result
      }),

    /** The runs among these that were found whole, with what they were like then. */
    findRuns: (scope: ProjectScope, importId: string, ids: readonly string[]): Promise<FoundImportedRun[]> =>
      within(scope, importId, async (tx, of) => {
        const known = await imports.entities(tx, of, 'run', ids)
        return [...known.values()].flatMap(({ sourceId, mark, digest }) =>
          mark === null || digest === null ? [] : [{ id: sourceId, mark, digest }],
        )
      }),

    /** Take over runs, or bring them up to date; answers those whose id something else has. */
    putRuns: (scope: ProjectScope, importId: string, items: readonly ImportedRun[]): Promise<PutOutcome> =>
      within(scope, importId, async (tx, of) => {
        const placeOf = await placesOf(tx, of, items)
        const ids = items.map(({ id }) => id)
        const known = await imports.entities(tx, of, 'run', ids)
        const wanted: AdoptedRun[] = items.map((run) => ({ ...run, experimentId: placeOf(run.experimentId) }))
        await runs.readopt(
          tx,
          scope,
          wanted.filter(({ id }) => known.has(id)),
        )
        const made = await runs.adopt(
          tx,
          scope,
          wanted.filter(({ id }) => !known.has(id)),
        )
        const here = ids.filter((id) => known.has(id) || made.has(id))
        await imports.save(
          tx,
          of,
          'run',
          here.map((id) => placed(id, id)),
        )
        return { taken: ids.filter((id) => !known.has(id) && !made.has(id)) }
      }),

    /** Take over points of runs that were taken over. */
    async addPoints(scope: ProjectScope, importId: string, { series }: AddImportedPoints): Promise<void> {
      checkSeries(series)
      const long = await within(scope, importId, async (tx, of) => {
        await requireKnown(tx, of, 'run', [...new Set(series.map(({ runId }) => runId))])
        return metrics.adopt(tx, scope, series.map(curveOf))
      })
      metrics.summarise(scope, long)
    },

    /** Take over a file. The bytes are on the disk when this resolves. */
    async putArtifact(
      scope: ProjectScope,
      importId: string,
      { owner, ownerId, path }: ImportedArtifactQuery,
      body: Readable,
    ): Promise<StoredBlob> {
      await within(scope, importId, (tx, of) => requireKnown(tx, of, owner, [ownerId]))
      return artifacts.adopt(scope, { kind: owner, id: ownerId }, path, body)
    },

    /** The files that runs and logged models have here. */
    findArtifacts: (scope: ProjectScope, importId: string, ownerIds: readonly string[]): Promise<FoundArtifact[]> =>
      within(scope, importId, (tx) => artifacts.ofOwners(tx, scope, ownerIds)),

    /** Take over logged models, or bring them up to date; answers those whose id something else has. */
    putLoggedModels: (
      scope: ProjectScope,
      importId: string,
      items: readonly ImportedLoggedModel[],
    ): Promise<PutOutcome> =>
      within(scope, importId, async (tx, of) => {
        const placeOf = await placesOf(tx, of, items)
        const known = await imports.entities(
          tx,
          of,
          'logged_model',
          items.map(({ id }) => id),
        )
        const taken: string[] = []
        for (const { mark, ...model } of items) {
          if (known.get(model.id)?.mark === mark) continue
          const adopted = { ...model, experimentId: placeOf(model.experimentId) }
          if (!(await loggedModels.adopt(tx, scope, adopted, known.has(model.id)))) taken.push(model.id)
          else {
            const points = model.metrics.map((point) => ({
              ...point,
              value: readValue(point.value),
              modelId: model.id,
            }))
            await metrics.adoptModelPoints(tx, scope, points)
            await imports.save(tx, of, 'logged_model', [{ ...placed(model.id, model.id), mark }])
          }
        }
        return { taken }
      }),

    /** Take over a registered model, or bring it up to date. */
    putRegisteredModel: (
      scope: ProjectScope,
      importId: string,
      { mark, ...wanted }: ImportedRegisteredModel,
    ): Promise<PlacedRegisteredModel> =>
      within(scope, importId, async (tx, of) => {
        const { name: sourceName } = wanted
        const known = (await imports.entities(tx, of, 'registered_model', [sourceName])).get(sourceName)
        const name = known === undefined ? null : await modelRegistry.nameOf(tx, scope, known.targetId)
        if (name !== null && known?.mark === mark) return { sourceName, name }
        const at = { knownId: name === null ? null : (known?.targetId ?? null), label: of.label }
        const model = await modelRegistry.adopt(tx, scope, wanted, at)
        await imports.save(tx, of, 'registered_model', [{ ...placed(sourceName, model.id), mark }])
        return { sourceName, name: model.name }
      }),

    /** What is in runs here, beside what the source says; those that are the same are noted as whole. */
    verifyRuns: (scope: ProjectScope, importId: string, items: VerifyImportedRuns['items']): Promise<VerifiedRun[]> =>
      within(scope, importId, async (tx, of) => {
        const ids = items.map(({ id }) => id)
        await requireKnown(tx, of, 'run', ids)
        const here = await contentsOf(tx, scope, ids)
        const verified = items.map((item) => {
          const digest = here.get(item.id) ?? fail('run_not_found', { runId: item.id })
          return { ...item, digest, same: differingParts(item.digest, digest).length === 0 }
        })
        const whole = verified.filter(({ same }) => same)
        await imports.save(
          tx,
          of,
          'run',
          whole.map(({ id, mark, digest }) => ({ ...placed(id, id), mark, digest })),
        )
        return verified.map(({ id, digest, same }) => ({ id, digest, same }))
      }),

    /** The traces among these that were found whole, with what they looked like then. */
    findTraces: (scope: ProjectScope, importId: string, ids: readonly string[]): Promise<MarkedTrace[]> =>
      within(scope, importId, (tx, of) => traceImport.known(tx, of, ids)),

    /** Take over traces, or bring them up to date; answers those whose id something else has. */
    putTraces: (scope: ProjectScope, importId: string, items: readonly ImportedTrace[]): Promise<PutOutcome> =>
      within(scope, importId, async (tx, of) => {
        const placeOf = await placesOf(tx, of, items)
        return { taken: await traceImport.put(tx, scope, of, { items, placeOf }) }
      }),

    /** They were read back and are as at their source. */
    noteTraces: (scope: ProjectScope, importId: string, items: readonly MarkedTrace[]): Promise<void> =>
      within(scope, importId, (tx, of) => traceImport.note(tx, of, items)),

    /** Note what came of it. */
    finish: (scope: ProjectScope, importId: string, outcome: FinishImport): Promise<void> =>
      within(scope, importId, (tx, of) =>
        audit.append(tx, scope, { action: 'import.finish', subject: of.id, detail: { source: of.source, ...outcome } }),
      ),
  }
}

const placed = (sourceId: string, targetId: string): ImportedEntity => ({
  sourceId,
  targetId,
  mark: null,
  digest: null,
})

const checkSeries = (series: AddImportedPoints['series']): void => {
  const count = series.reduce((sum, { values }) => sum + values.length, 0)
  const uneven = series.some(
    ({ steps, timestampsMs, values }) => steps.length !== values.length || timestampsMs.length !== values.length,
  )
  if (count > maxPoints || uneven) fail('import_batch_too_large', { limit: maxPoints, count })
}

const curveOf = ({ values, ...series }: AddImportedPoints['series'][number]): Curve => ({
  ...series,
  values: values.map((value) => storedValue(readValue(value))),
})

const sha256 = (bytes: string | Uint8Array): string => createHash('sha256').update(bytes).digest('hex')
