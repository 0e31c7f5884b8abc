import path from 'node:path'
import { listOption, textOption, type Command, type Context } from '../command.js'
import { createFileSource } from '../history/files.js'
import { importHistory } from '../history/import-history.js'
import { ourApi } from '../history/our-api.js'
import { openStore, placeOf, storeOptions, type OpenStore } from '../history/open.js'
import { newOutcome, type Outcome } from '../history/outcome.js'
import { artifactFolder, identityOf, labelOf, shownPlace, sqliteFile, type Place } from '../history/place.js'
import { progressOf } from '../history/progress-of.js'
import type { Progress } from '../history/progress.js'
import { createReader } from '../history/reader.js'
import { report } from '../history/report.js'
import { createTraceReader } from '../history/trace-reader.js'
import { createTarget } from '../history/target.js'
import { untilInterrupted } from '../history/interrupt.js'

/** `novabrain import mlflow`: bring a history along; again and again, it takes what is new. */
export const importCommand: Command = {
  usage:
    'import mlflow [ADDRESS | FOLDER | DATABASE-URL] [--experiment NAME]… [--into EXPERIMENT] [--source NAME] [--again] ' +
    '[--artifacts FOLDER] [--mlflow-version 2.22.0] [--python PATH]',
  options: {
    ...storeOptions,
    experiment: { type: 'string', multiple: true },
    into: { type: 'string' },
    source: { type: 'string' },
    again: { type: 'boolean' },
  },
  run: (context) =>
    untilInterrupted(context, async (signal) => {
      const place = placeOf(context, importCommand.usage)
      const progress = progressOf(context)
      const store = await openStore(context, place, { signal, mayCreate: false, say: progress.phase })
      try {
        const outcome = await bring(context, { store, progress, signal })
        progress.end()
        return report(outcome, { output: context.output, texts: context.texts.history })
      } finally {
        progress.end()
        await store.close()
      }
    }),
}

const bring = async (
  context: Context,
  { store, progress, signal }: { store: OpenStore; progress: Progress; signal: AbortSignal },
): Promise<Outcome> => {
  const { options, texts } = context
  const startedMs = Date.now()
  const session = await context.session()
  const projectId = await session.projectId()
  const source = textOption(options, 'source') ?? identityOf(store.place)
  const label = (textOption(options, 'source') ?? labelOf(store.place)).replace(/[/:]/g, ' ').slice(0, 100)
  const opened = await session.client.openImport({ params: { projectId }, body: { source, label } })
  const target = createTarget(session, opened, signal)
  const reader = createReader(store.api)
  const outcome = newOutcome(shownPlace(store.place), session.url, progress.done)
  await importHistory({
    reader,
    files: createFileSource(reader, { place: store.place, root: rootOf(context, store.place) }),
    target,
    traces: { theirs: store.api, reader: createTraceReader(store.api), ours: await ourApi(session, projectId, signal) },
    progress,
    signal,
    into: textOption(options, 'into') ?? null,
    only: listOption(options, 'experiment'),
    again: options['again'] === true,
    say: {
      looking: () => progress.phase(texts.history.looking),
      experiment: (name) => progress.phase(texts.history.experiment(name)),
      registry: () => progress.phase(texts.history.registry),
    },
    outcome,
  })
  outcome.leftBehind = await reader.leftBehind(outcome.experiments.map(({ sourceId }) => sourceId))
  outcome.tookMs = Date.now() - startedMs
  const { runs, points, artifacts, bytes } = progress.done
  await target.finish({ runs, points, artifacts, bytes, differences: outcome.differences.length })
  return outcome
}

/** Where the files of runs are looked for when they are not where the store says. */
const rootOf = ({ options }: Context, place: Place): string | null => {
  const named = textOption(options, 'artifacts')
  if (named !== undefined) return path.resolve(named)
  if (place.kind === 'folder') return place.folder
  const file = sqliteFile(place)
  return file === null ? null : path.join(path.dirname(file), artifactFolder)
}
