import { Notification } from '@jupyterlab/apputils'
import type { IStateDB } from '@jupyterlab/statedb'
import type { Widget } from '@lumino/widgets'
import {
  cardError,
  createSubmission,
  sentences,
  type KnownHashes,
  type LastChoice,
  type Source,
  type Submission,
} from '@novabrain/contracts'
import { notebookSource, scriptSource } from '../capture/open-source.js'
import { localeOf } from '../locale.js'
import type { Live } from '../live/live.js'
import { outboxOf } from '../submit/delivery.js'
import { openCard } from '../widgets/card.js'
import type { Arguments } from '../plugins/commands.js'
import type { CommandContext } from './context.js'
import { notebookToSubmit, scriptOf } from './targets.js'

/** Show the card for the notebook or script in front; with `yes`, run at once and give the job. */
export const submit = async (context: CommandContext, args: Arguments): Promise<unknown> => {
  const panel = notebookToSubmit(context, args['path'])
  const widget = panel ?? scriptOf(context, args['path'])
  if (widget === null) return null
  const live = await context.session.live()
  if (live === null) return void context.app.shell.activateById('novabrain-runs')
  try {
    const source =
      panel === null ? openScript(context, args['path']) : notebookSource(panel, context.app.serviceManager)
    if (source === null) return null
    return await run(context, { live, source, widget, atOnce: args['yes'] === true })
  } catch (error) {
    const locale = localeOf(context.translator)
    const { message, remedy } = cardError(error, locale)
    Notification.error(sentences([message, remedy], locale), { autoClose: 15_000 })
    return null
  }
}

const openScript = (context: CommandContext, path: unknown): Source | null => {
  const script = scriptOf(context, path)
  return script === null ? null : scriptSource(script, context.app.serviceManager)
}

interface Order {
  readonly live: Live
  readonly source: Source
  readonly widget: Widget
  readonly atOnce: boolean
}

const run = async (context: CommandContext, { live, source, widget, atOnce }: Order): Promise<unknown> => {
  const lastChoice = ((await context.state.fetch(choiceKey)) ?? null) as LastChoice | null
  let redraw = (): void => undefined
  const submission = createSubmission({
    client: live.client,
    projectId: live.projectId,
    source,
    locale: localeOf(context.translator),
    lastChoice,
    lastPin: context.environments.lastPin(source.path),
    known: knownHashes.get(source.path) ?? {},
    nowMs: () => Date.now(),
    newKey: randomKey,
    keep: (kept) => outboxOf(context).keep(kept),
    remember({ pin, known }) {
      knownHashes.set(source.path, known)
      if (pin !== null) context.environments.pinned(source.path, pin)
    },
    changed: () => redraw(),
  })
  if (atOnce) return runAtOnce(submission, source)
  const card = openCard({
    live,
    submission,
    anchor: widget,
    shell: context.app.shell,
    trans: context.trans,
    chosen: (choice) => saveChoice(context.state, choice),
    closed: () => source.dispose(),
  })
  redraw = card.redraw
  void submission.infer()
  return null
}

const runAtOnce = async (submission: Submission, source: Source): Promise<unknown> => {
  await submission.infer()
  const { name, resources, priorityClass } = submission.draft
  await submission.submit({
    name,
    resources,
    priorityClass,
    parameters: {},
    arguments: [],
    leaveOut: [],
    takeAlong: [],
  })
  source.dispose()
  return { ...submission.progress }
}

const choiceKey = 'novabrain:choice'
const saveChoice = (state: IStateDB, { resources }: LastChoice): Promise<unknown> =>
  state.save(choiceKey, { resources: { ...resources, gpuModel: resources.gpuModel ?? null } })

/** Hashes of files by notebook, as long as the page lives: what has not changed is not read again. */
const knownHashes = new Map<string, KnownHashes>()

const randomKey = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
