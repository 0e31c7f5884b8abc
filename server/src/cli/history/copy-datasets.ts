import { MlflowRefusal, type Json, type MlflowApi } from './api.js'
import { sha256 } from './hashing.js'
import type { Difference, Outcome } from './outcome.js'
import { pages, records, text } from './pages.js'
import { readPython, textInOrder } from './python-json.js'

/** Evaluation datasets and webhooks go by MLflow's REST API on both sides, so an import and an export copy them alike. */
export interface BetweenServers {
  readonly from: MlflowApi
  readonly to: MlflowApi
  readonly outcome: Outcome
  readonly signal: AbortSignal
  readonly differ: (difference: Difference) => void
}

const path = '/api/3.0/mlflow/datasets'
/** In the tags of a copy: of which dataset it is one, and what that looked like. */
const tagNames = { id: 'novabrain.dataset_id', mark: 'novabrain.dataset_copied' } as const
const recordsInPage = 1000

/**
 * Copy evaluation datasets with tags, experiments and records. A copy says in a tag of what it is one, so a repeat knows
 * it; records with the same inputs are one on both sides, so none is there twice.
 */
export const copyDatasets = async (between: BetweenServers): Promise<void> => {
  const { from, to, outcome, signal, differ } = between
  const theirs = await allOf(to)
  for (const dataset of await allOf(from)) {
    signal.throwIfAborted()
    const [id, name] = [text(dataset, 'dataset_id'), text(dataset, 'name')]
    outcome.evaluationDatasets.source += 1
    try {
      const faults = await copyDataset(between, dataset, theirs)
      outcome.evaluationDatasets.here += 1
      if (faults.length > 0) differ({ kind: 'evaluation_dataset', id, name, faults, detail: null })
    } catch (error) {
      if (!(error instanceof MlflowRefusal)) throw error
      differ({ kind: 'evaluation_dataset', id, name, faults: ['refused'], detail: error.message })
    }
  }
}

const copyDataset = async (
  { from, to, outcome }: BetweenServers,
  dataset: Json,
  theirs: readonly Json[],
): Promise<Difference['faults']> => {
  const id = text(dataset, 'dataset_id')
  const texts: string[] = []
  for await (const page of recordTexts(from, id)) texts.push(page)
  const tags = plain(tagsOf(dataset))
  const mark = sha256(JSON.stringify([text(dataset, 'name'), tags, texts]))
  const before = theirs.find((each) => tagsOf(each)[tagNames.id] === id)
  if (before !== undefined && tagsOf(before)[tagNames.mark] === mark) return []
  const copyId =
    before === undefined
      ? await create(to, dataset, experimentsOf(outcome, await from.get(`${path}/${id}/experiment-ids`)))
      : text(before, 'dataset_id')
  for (const page of texts) await to.post(`${path}/${copyId}/records`, { records: page })
  await to.patch(`${path}/${copyId}/tags`, { tags: JSON.stringify({ ...tags, [tagNames.id]: id }) })
  const back: string[] = []
  for await (const page of recordTexts(to, copyId)) back.push(page)
  const copy = ((await to.get(`${path}/${copyId}`))['dataset'] ?? {}) as Json
  const faults: Difference['faults'] = [
    ...(recordFacts(back) === recordFacts(texts) ? [] : (['records'] as const)),
    ...(textInOrder(plain(tagsOf(copy))) === textInOrder(tags) ? [] : (['tags'] as const)),
  ]
  if (faults.length === 0) await to.patch(`${path}/${copyId}/tags`, { tags: JSON.stringify({ [tagNames.mark]: mark }) })
  return faults
}

const create = async (to: MlflowApi, dataset: Json, experimentIds: readonly string[]): Promise<string> => {
  const tags = { ...plain(tagsOf(dataset)), [tagNames.id]: text(dataset, 'dataset_id') }
  const body = { name: text(dataset, 'name'), experiment_ids: experimentIds, tags: JSON.stringify(tags) }
  const { dataset: made } = await to.create(`${path}/create`, body)
  return text((made ?? {}) as Json, 'dataset_id')
}

/** The experiments to which a dataset belongs, by the ids that they have on the other side. */
const experimentsOf = ({ experiments }: Outcome, answer: Json): string[] => {
  const ids = Array.isArray(answer['experiment_ids']) ? answer['experiment_ids'].map(String) : []
  return experiments.flatMap(({ sourceId, id }) => (ids.includes(sourceId) ? [id] : []))
}

const allOf = async (api: MlflowApi): Promise<Json[]> => {
  const found: Json[] = []
  const ask = (page: object) => api.post(`${path}/search`, { experiment_ids: [], max_results: 1000, ...page })
  try {
    for await (const items of pages(ask, (answer) => records(answer, 'datasets'))) found.push(...items)
  } catch (error) {
    // A store in a folder has no datasets, and fails when it is asked.
    if (!(error instanceof MlflowRefusal)) throw error
  }
  return found
}

/** Records as the server writes them, a page at a time; a text, since 1 and 1.0 are two for it. */
const recordTexts = (api: MlflowApi, id: string): AsyncGenerator<string> =>
  flat(
    pages(
      (page) => api.get(`${path}/${id}/records`, { max_results: recordsInPage, ...page }),
      (answer) => [text(answer, 'records')].filter((found) => found !== '' && found !== '[]'),
    ),
  )

async function* flat(found: AsyncGenerator<readonly string[]>): AsyncGenerator<string> {
  for await (const items of found) yield* items
}

/** What records say, whatever ids and times they have. */
const recordFacts = (found: readonly string[]): string =>
  found
    .flatMap((page) => readPython(page) as readonly Json[])
    .map((of) =>
      textInOrder([
        of['inputs'],
        of['outputs'] ?? null,
        of['expectations'] ?? null,
        of['tags'] ?? null,
        of['source'] ?? null,
      ]),
    )
    .sort()
    .join('\n')

const tagsOf = (dataset: Json): Readonly<Record<string, string>> => {
  try {
    return JSON.parse(text(dataset, 'tags') || '{}') as Record<string, string>
  } catch {
    return {}
  }
}

/** Without what copies note, and what servers set by themselves. */
const plain = (tags: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(tags).filter(([key]) => !key.startsWith('novabrain.')))
