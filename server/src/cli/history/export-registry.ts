import { MlflowRefusal } from './api.js'
import type { Exported } from './export-history.js'
import { freeAmong } from './export-history.js'
import { ourTags, plainTags, type Exporting } from './export-run.js'
import { inOrder, type Registry } from './import-registry.js'
import type { Outcome } from './outcome.js'
import type { SourceRegisteredModel, SourceVersion } from './reader.js'

interface Registering {
  readonly registry: Registry
  readonly exported: Exported
  readonly outcome: Outcome
  readonly projectId: string
  readonly label: string
}

/** Write registered models with their versions in order, so that each has the number it has here; then aliases. */
export const exportRegistry = async (exporting: Exporting, registering: Registering): Promise<void> => {
  const { registry, outcome } = registering
  const placed = new Map<string, string>()
  const there = await readThere(exporting)
  for (const model of inOrder(registry)) {
    exporting.signal.throwIfAborted()
    const versions = registry.versionsOf.get(model.name) ?? []
    try {
      const name = await placeModel(exporting, registering, model, there.models)
      placed.set(model.name, name)
      await exportVersions(exporting, registering, { name, versions, placed, known: there.versionsOf.get(name) ?? [] })
      await tellOwnFiles(exporting, model.name, versions)
      for (const { alias, version } of model.aliases) await exporting.there.writer.setAlias(name, alias, version)
      outcome.registeredModels.push({ sourceName: model.name, name, versions: versions.length })
    } catch (error) {
      if (!(error instanceof MlflowRefusal)) throw error
      const { name } = model
      exporting.differ({ kind: 'registered_model', id: name, name, faults: ['refused'], detail: error.message })
    }
  }
  await compare(exporting, registering, placed)
}

const readThere = async ({ there: { reader } }: Exporting) => {
  const models: SourceRegisteredModel[] = []
  for await (const found of reader.registeredModels()) models.push(...found)
  const versionsOf = new Map<string, SourceVersion[]>()
  for await (const found of reader.versions())
    for (const version of found) versionsOf.set(version.name, [...(versionsOf.get(version.name) ?? []), version])
  return { models, versionsOf }
}

const placeModel = async (
  { there: { writer } }: Exporting,
  { projectId, label }: Registering,
  model: SourceRegisteredModel,
  known: readonly SourceRegisteredModel[],
): Promise<string> => {
  const mine = { key: ourTags.registeredModel, value: `${projectId}/${model.name}` }
  const before = known.find(({ tags }) => tags.some(({ key, value }) => key === mine.key && value === mine.value))
  if (before !== undefined) return before.name
  const name = freeAmong(new Set(known.map((each) => each.name)), model.name, label)
  const description = model.description === null ? {} : { description: model.description }
  await writer.createRegisteredModel({ name, ...description, tags: [...plainTags(model.tags), mine] })
  return name
}

/** A version that keeps files as they were registered has those of its run there: MLflow has no such thing. */
const tellOwnFiles = async (
  { reader, differ }: Exporting,
  name: string,
  versions: readonly SourceVersion[],
): Promise<void> => {
  for (const { version } of versions)
    if (await reader.hasOwnFiles(name, version))
      differ({ kind: 'registered_model', id: name, name, faults: ['files'], detail: `version ${String(version)}` })
}

interface OfModel {
  readonly name: string
  readonly versions: readonly SourceVersion[]
  readonly placed: ReadonlyMap<string, string>
  readonly known: readonly SourceVersion[]
}

const exportVersions = async (
  exporting: Exporting,
  registering: Registering,
  { name, versions, placed, known }: OfModel,
): Promise<void> => {
  const { writer } = exporting.there
  const numbers = known.map(({ version }) => version)
  let last = Math.max(0, ...numbers)
  for (const version of versions) {
    if (numbers.includes(version.version)) continue
    // Numbers that were deleted here are given, and deleted, there.
    while (last < version.version - 1) {
      last = await writer.createVersion({ name, source: 's3://deleted/version' })
      await writer.deleteVersion(name, last)
    }
    last = await writer.createVersion({ name, ...bodyOf(version, registering, placed) })
    if (version.stage !== 'None') await writer.setStage(name, last, version.stage)
  }
}

const bodyOf = (version: SourceVersion, { registry, exported }: Registering, placed: ReadonlyMap<string, string>) => {
  const run = version.runId === null ? undefined : exported.runs.get(version.runId)
  const origin = registry.originOf(version)
  const modelId = origin.kind === 'logged_model' ? origin.modelId : version.loggedModelId
  const model = modelId === null ? undefined : exported.models.get(modelId)
  return {
    source: sourceOf(version, { registry, exported, placed }),
    ...(run === undefined ? {} : { run_id: run.id }),
    ...(model === undefined ? {} : { model_id: model.id }),
    ...(version.runLink === null ? {} : { run_link: version.runLink }),
    ...(version.description === null ? {} : { description: version.description }),
    tags: [...plainTags(version.tags), { key: ourTags.version, value: String(version.version) }],
  }
}

const sourceOf = (
  version: SourceVersion,
  { registry, exported, placed }: Pick<Registering, 'registry' | 'exported'> & { placed: ReadonlyMap<string, string> },
): string => {
  const origin = registry.originOf(version)
  switch (origin.kind) {
    case 'run': {
      const { artifactUri = '' } = exported.runs.get(origin.runId) ?? {}
      return origin.path === '' ? artifactUri : `${artifactUri}/${origin.path}`
    }
    case 'logged_model':
      return `models:/${exported.models.get(origin.modelId)?.id ?? origin.modelId}`
    case 'version':
      return `models:/${placed.get(origin.name) ?? origin.name}/${String(origin.version)}`
    case 'address':
      return origin.address
  }
}

/** Read the registry there back, and tell what is not as here. */
const compare = async (
  exporting: Exporting,
  { registry, exported }: Registering,
  placed: ReadonlyMap<string, string>,
): Promise<void> => {
  const runsHere = new Map([...exported.runs].map(([id, copy]) => [copy.id, id]))
  const { versionsOf } = await readThere(exporting)
  for (const [sourceName, name] of placed) {
    const here = registry.models.find((model) => model.name === sourceName)
    if (here === undefined) continue
    const there = await exporting.there.reader.registeredModel(name)
    const left = facts(here, registry.versionsOf.get(sourceName) ?? [], (id) => (exported.runs.has(id) ? id : null))
    const right = facts(there, versionsOf.get(name) ?? [], (id) => runsHere.get(id) ?? null)
    const faults = (['description', 'tags', 'aliases', 'versions'] as const).filter(
      (part) => left[part] !== right[part],
    )
    if (faults.length > 0) exporting.differ({ kind: 'registered_model', id: sourceName, name, faults, detail: null })
  }
}

const facts = (
  model: SourceRegisteredModel,
  versions: readonly SourceVersion[],
  runOf: (id: string) => string | null,
) => ({
  description: model.description ?? '',
  tags: sorted(plainTags(model.tags).map(({ key, value }) => [key, value])),
  aliases: sorted(model.aliases.map(({ alias, version }) => [alias, version])),
  versions: sorted(
    versions.map((version) => [
      version.version,
      version.stage,
      version.description ?? '',
      version.runId === null ? null : runOf(version.runId),
      sorted(plainTags(version.tags).map(({ key, value }) => [key, value])),
    ]),
  ),
})

const sorted = (rows: readonly unknown[]): string =>
  rows
    .map((row) => JSON.stringify(row))
    .sort()
    .join('\n')
