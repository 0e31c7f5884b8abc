import path from 'node:path'
import { listOption, textOption, type Command, type Context, type Session } from '../command.js'
import { exportHistory } from '../history/export-history.js'
import { createFileSource } from '../history/files.js'
import { untilInterrupted } from '../history/interrupt.js'
import { openStore, placeOf, storeOptions, type OpenStore } from '../history/open.js'
import { ourApi } from '../history/our-api.js'
import { newOutcome, type Outcome } from '../history/outcome.js'
import { shownPlace } from '../history/place.js'
import { progressOf } from '../history/progress-of.js'
import type { Progress } from '../history/progress.js'
import { createReader } from '../history/reader.js'
import { report } from '../history/report.js'
import { createTraceReader } from '../history/trace-reader.js'
import { createWriter } from '../history/writer.js'

/** `novabrain export mlflow`: write the history of a project to MLflow; nobody is locked in. */
export const exportCommand: Command = {
  usage:
    'export mlflow [ADDRESS | FOLDER | DATABASE-URL] [--experiment NAME]… ' +
    '[--artifacts FOLDER] [--mlflow-version 2.22.0] [--python PATH]',
  options: { ...storeOptions, experiment: { type: 'string', multiple: true } },
  run: (context) =>
    untilInterrupted(context, async (signal) => {
      const place = placeOf(context, exportCommand.usage)
      const progress = progressOf(context)
      const session = await context.session()
      const store = await openStore(context, place, { signal, mayCreate: true, say: progress.phase })
      try {
        const outcome = await write(context, session, { store, progress, signal })
        progress.end()
        return report(outcome, { output: context.output, texts: context.texts.history })
      } finally {
        progress.end()
        await store.close()
      }
    }),
}

const write = async (
  context: Context,
  session: Session,
  { store, progress, signal }: { store: OpenStore; progress: Progress; signal: AbortSignal },
): Promise<Outcome> => {
  const { options, texts } = context
  const startedMs = Date.now()
  const projectId = await session.projectId()
  const outcome = newOutcome(session.url, shownPlace(store.place), progress.done)
  const ours = await ourApi(session, projectId, signal)
  const reader = createReader(ours)
  const there = createReader(store.api)
  const named = textOption(options, 'artifacts')
  await exportHistory({
    reader,
    there: {
      reader: there,
      writer: createWriter(store.api, { local: store.place.kind !== 'server' }),
      files: createFileSource(there, { place: store.place, root: named === undefined ? null : path.resolve(named) }),
    },
    traces: { ours, reader: createTraceReader(ours), there: { api: store.api, reader: createTraceReader(store.api) } },
    progress,
    signal,
    projectId,
    label: 'novabrain',
    only: listOption(options, 'experiment'),
    say: {
      looking: () => progress.phase(texts.history.looking),
      experiment: (name) => progress.phase(texts.history.experiment(name)),
      registry: () => progress.phase(texts.history.registry),
    },
    outcome,
  })
  outcome.leftBehind = await reader.leftBehind(outcome.experiments.map(({ sourceId }) => sourceId))
  outcome.tookMs = Date.now() - startedMs
  return outcome
}
