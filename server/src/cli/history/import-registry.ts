import { NovaBrainError, type ImportedRegisteredModel, type ImportedVersion } from '@novabrain/contracts'
import { liesWithin, readSource } from '../../core/model-registry/source.js'
import type { Copying } from './copy-run.js'
import { markOf } from './hashing.js'
import type { Outcome } from './outcome.js'
import type { MlflowReader, SourceLoggedModel, SourceRegisteredModel, SourceRun, SourceVersion } from './reader.js'

/** The registered models of a source, and where the files of their versions are there. */
export interface Registry {
  readonly models: readonly SourceRegisteredModel[]
  readonly versionsOf: ReadonlyMap<string, readonly SourceVersion[]>
  /** Called for each run and logged model that was read: versions may be made of it. */
  noteRun(run: SourceRun): void
  noteModel(model: SourceLoggedModel): void
  originOf(version: SourceVersion): ImportedVersion['origin']
}

/** Read the registry; before the runs, so that only the addresses of those are kept that a version is made of. */
export const readRegistry = async (reader: MlflowReader): Promise<Registry> => {
  const models: SourceRegisteredModel[] = []
  for await (const page of reader.registeredModels())
    for (const { name } of page) models.push(await reader.registeredModel(name))
  const versionsOf = new Map<string, SourceVersion[]>(models.map(({ name }) => [name, []]))
  for await (const page of reader.versions()) for (const version of page) versionsOf.get(version.name)?.push(version)
  for (const versions of versionsOf.values()) versions.sort((left, right) => left.version - right.version)
  const runsWanted = new Set([...versionsOf.values()].flat().flatMap(({ runId }) => (runId === null ? [] : [runId])))
  const runUris = new Map<string, string>()
  const modelUris = new Map<string, string>()
  return {
    models,
    versionsOf,
    noteRun: ({ id, artifactUri }) => void (runsWanted.has(id) && runUris.set(id, artifactUri)),
    noteModel: ({ id, artifactUri }) => void modelUris.set(id, artifactUri),
    originOf: (version) => originOf(version, { runUris, modelUris, versionsOf }),
  }
}

interface Known {
  readonly runUris: ReadonlyMap<string, string>
  readonly modelUris: ReadonlyMap<string, string>
  readonly versionsOf: ReadonlyMap<string, readonly SourceVersion[]>
}

/** Where the files of a version are, said so that it holds here too. */
export const originOf = (
  version: SourceVersion,
  { runUris, modelUris, versionsOf }: Known,
): ImportedVersion['origin'] => {
  const source = readSource(version.source)
  if (source.kind === 'logged_model' && modelUris.has(source.modelId))
    return { kind: 'logged_model', modelId: source.modelId }
  if (source.kind === 'version' && 'version' in source.which) {
    const { name, which } = source
    if (versionsOf.get(name)?.some((other) => other.version === which.version) === true)
      return { kind: 'version', name, version: which.version }
  }
  const modelUri = version.loggedModelId === null ? undefined : modelUris.get(version.loggedModelId)
  if (modelUri !== undefined && version.loggedModelId !== null && liesWithin(version.source, modelUri))
    return { kind: 'logged_model', modelId: version.loggedModelId }
  const runUri = version.runId === null ? undefined : runUris.get(version.runId)
  if (version.runId !== null && runUri !== undefined) {
    if (source.kind === 'run')
      return { kind: 'run', runId: version.runId, path: version.source.replace(/^runs:\/*[^/]+\/?/, '') }
    if (liesWithin(version.source, runUri))
      return { kind: 'run', runId: version.runId, path: inside(version.source, runUri) }
  }
  return { kind: 'address', address: version.source }
}

/** What an address has beyond another in which it lies. */
const inside = (address: string, root: string): string => {
  const depth = (uri: string) =>
    uri
      .replace(/^[a-z][a-z0-9+.-]*:/i, '')
      .split('/')
      .filter((part) => part !== '').length
  const parts = address.split('/').filter((part) => part !== '')
  const beyond = depth(address) - depth(root)
  return beyond <= 0 ? '' : parts.slice(-beyond).join('/')
}

/** Copy registered models with versions, tags and aliases; a version that is made of another comes after it. */
export const importRegistry = async (copying: Copying, registry: Registry, outcome: Outcome): Promise<void> => {
  const placed = new Map<string, string>()
  for (const model of inOrder(registry)) {
    copying.signal.throwIfAborted()
    const versions = registry.versionsOf.get(model.name) ?? []
    try {
      const { name } = await copying.target.registeredModel(importedModel(model, versions, registry, placed))
      placed.set(model.name, name)
      outcome.registeredModels.push({ sourceName: model.name, name, versions: versions.length })
    } catch (error) {
      if (!(error instanceof NovaBrainError)) throw error
      copying.differ({
        kind: 'registered_model',
        id: model.name,
        name: model.name,
        faults: ['refused'],
        detail: error.message,
      })
    }
    for (const version of versions) {
      const origin = registry.originOf(version)
      if (origin.kind !== 'address' || isPrompt(model)) continue
      outcome.filesElsewhere.push({ name: model.name, version: version.version, address: origin.address })
    }
  }
}

const isPrompt = ({ tags }: SourceRegisteredModel): boolean =>
  tags.some(({ key, value }) => key === 'mlflow.prompt.is_prompt' && value === 'true')

const importedModel = (
  model: SourceRegisteredModel,
  versions: readonly SourceVersion[],
  registry: Registry,
  placed: ReadonlyMap<string, string>,
): ImportedRegisteredModel => ({
  ...model,
  tags: [...model.tags],
  aliases: [...model.aliases],
  versions: versions.map(({ name: _model, source: _source, ...version }) => {
    const origin = registry.originOf({ ...version, name: _model, source: _source })
    const here = origin.kind === 'version' ? { ...origin, name: placed.get(origin.name) ?? origin.name } : origin
    return { ...version, tags: [...version.tags], origin: here }
  }),
  mark: markOf([model, versions]),
})

/** Models whose versions are made of others come after these; in a circle, the order of names. */
export const inOrder = (registry: Registry): SourceRegisteredModel[] => {
  const byName = new Map(registry.models.map((model) => [model.name, model]))
  const done = new Set<string>()
  const sorted: SourceRegisteredModel[] = []
  const place = (model: SourceRegisteredModel, above: readonly string[]): void => {
    if (done.has(model.name) || above.includes(model.name)) return
    for (const version of registry.versionsOf.get(model.name) ?? []) {
      const origin = registry.originOf(version)
      const other = origin.kind === 'version' ? byName.get(origin.name) : undefined
      if (other !== undefined && other !== model) place(other, [...above, model.name])
    }
    done.add(model.name)
    sorted.push(model)
  }
  for (const model of registry.models) place(model, [])
  return sorted
}
