import {
  gpusText,
  mostGpusOnNode,
  readGpus,
  sentences,
  type PriorityClass,
  type Source,
  type SubmitChoice,
  type Submission,
} from '@novabrain/contracts'
import { formatBytes, joinArguments, splitArguments, stringsOf } from '@novabrain/ui'
import path from 'node:path'
import type { App } from '../app.js'
import { submitMemory } from '../capture/memory.js'
import { sourceOf, type Part } from '../capture/source.js'
import { submissionOf } from '../capture/submission.js'
import type { Editor, OpenDocument, Pick } from '../editor.js'
import type { Live } from '../session.js'
import {
  canRun,
  deviceItems,
  faultOf,
  gpusFault,
  parameterText,
  readParameters,
  submitItems,
  type SubmitAction,
} from './submit-items.js'
import { tellError } from './tell-error.js'
import { trusted } from './trust.js'

/** How many a submit has; for those who run commands themselves. */
export interface SubmitArguments {
  /** A document; the one in front when left out. */
  readonly path?: string
  /** Run at once what would be shown first. */
  readonly yes?: boolean
}

/** Run what is in front on a GPU: one list whose first entry says what will happen. Gives the number of the job. */
export const submit = async (app: App, args: SubmitArguments = {}): Promise<number | null> => {
  const { editor, session } = app
  const document = args.path === undefined ? editor.documents.active() : await editor.documents.open(args.path)
  if (document === null) {
    await editor.tell('information', editor.t('Open a Python script or a notebook first, then run it on a GPU.'))
    return null
  }
  if (!(await trusted(app))) return null
  const live = await session.live()
  if (live === null) {
    await editor.run('novabrain.runs.focus')
    return null
  }
  try {
    return await submitDocument(app, live, document, args.yes === true)
  } catch (error) {
    await tellError(app, error)
    return null
  }
}

const submitDocument = async (
  app: App,
  live: Live,
  document: OpenDocument,
  atOnce: boolean,
): Promise<number | null> => {
  const part: Part = document.selection === null ? 'whole' : 'selection'
  let flow = await openFlow(app, live, document, part)
  for (;;) {
    const done = atOnce ? await runAtOnce(flow) : await converse(flow)
    if (done !== 'other_part') return done
    flow = await openFlow(app, live, document, flow.part === 'whole' ? 'selection' : 'whole')
  }
}

/** One submission with the list that shows it. */
interface Flow {
  readonly app: App
  readonly live: Live
  readonly document: OpenDocument
  readonly part: Part
  readonly source: Source
  readonly submission: Submission
  choice: SubmitChoice
  list: Pick<SubmitAction> | null
}

const openFlow = async (app: App, live: Live, document: OpenDocument, part: Part): Promise<Flow> => {
  const source = await sourceOf(app, document, part)
  const submission = submissionOf(app, live, { source, asLastTime: true, changed: () => redraw(flow) })
  const flow: Flow = { app, live, document, part, source, submission, choice: choiceOf(submission, source), list: null }
  return flow
}

const choiceOf = ({ draft }: Submission, source: Source): SubmitChoice => ({
  name: draft.name,
  resources: draft.resources,
  priorityClass: draft.priorityClass,
  parameters: Object.fromEntries(source.parameters.map(({ name, value, expression }) => [name, value ?? expression])),
  arguments: [],
  leaveOut: [],
  takeAlong: [],
})

const redraw = (flow: Flow): void => {
  const { submission, list } = flow
  // What was inferred about the device becomes the choice until the user changes it.
  flow.choice = { ...flow.choice, resources: submission.draft.resources }
  list?.update({ items: itemsOf(flow), busy: isInferring(submission) })
}

const isInferring = ({ draft: { environment, files, preview } }: Submission): boolean =>
  [environment, files, preview].some(({ state }) => state === 'inferring')

const itemsOf = ({ app, submission, choice, source, document, part }: Flow) => {
  const selection = document.selection === null ? null : { ...document.selection, only: part === 'selection' }
  return submitItems(app.editor, { draft: submission.draft, choice, parameters: source.parameters, selection })
}

const runAtOnce = async (flow: Flow): Promise<number | null> => {
  await flow.submission.infer()
  return send(flow)
}

/** Show the list, change what is asked to be changed, until it runs or is dismissed. */
const converse = async (flow: Flow): Promise<number | null | 'other_part'> => {
  const inferring = flow.submission.infer()
  for (;;) {
    const action = await chooseAction(flow)
    if (action === null) return null
    if (action === 'part') return 'other_part'
    if (action === 'fault' && flow.app.lacks.python) {
      await flow.app.editor.run('novabrain.runs.focus')
      return null
    }
    if (action !== 'run') await change(flow, action)
    else {
      await flow.app.editor.progress('window', flow.app.editor.t('Reading what goes along…'), () => inferring)
      if (canRun(flow.submission.draft)) return send(flow)
    }
  }
}

const chooseAction = async (flow: Flow): Promise<SubmitAction | null> => {
  const { editor } = flow.app
  flow.list = editor.pick<SubmitAction>({
    title: editor.t('Run {0} on a GPU', flow.source.entrypoint),
    placeholder: editor.t('Enter runs, Esc closes; each further entry changes one thing'),
    items: itemsOf(flow),
    busy: isInferring(flow.submission),
  })
  const [chosen = null] = (await flow.list.chosen()) ?? []
  flow.list.close()
  flow.list = null
  return chosen
}

const change = async (flow: Flow, action: Exclude<SubmitAction, 'run' | 'part'>): Promise<void> => {
  const changed = await changes[action](flow)
  if (changed === null) return
  flow.choice = { ...flow.choice, ...changed }
  const { name, resources, priorityClass } = flow.choice
  void flow.submission.change({ ...flow.choice, name, resources, priorityClass })
}

type Change = (flow: Flow) => Promise<Partial<SubmitChoice> | null>

const changes: Readonly<Record<Exclude<SubmitAction, 'run' | 'part'>, Change>> = {
  device: async ({ app: { editor }, submission, choice }) => {
    const items = deviceItems(editor, submission.draft.deviceChoices)
    const [chosen] = (await once(editor.pick({ title: editor.t('GPU'), items }))) ?? []
    const devices = chosen === 'range' ? await askForRange(editor, submission, choice) : chosen
    return devices === undefined ? null : { resources: { ...choice.resources, ...devices, gpuMilli: 1000 } }
  },
  environment: async ({ app, submission }) => {
    const { environment } = submission.draft
    if (environment.state === 'pinned') await app.editor.run('novabrain.compareEnvironment')
    return null
  },
  files: async (flow) => changeFiles(flow),
  parameters: async ({ app: { editor }, choice }) => {
    const text = await editor.ask({
      title: editor.t('Parameters'),
      prompt: editor.t('name=value, separated by spaces'),
      value: parameterText(choice.parameters),
      check: (typed) => (readParameters(typed) === null ? editor.t('Write name=value, separated by spaces.') : null),
    })
    return text === null ? null : { parameters: { ...choice.parameters, ...readParameters(text) } }
  },
  arguments: async ({ app: { editor }, choice }) => {
    const value = joinArguments(choice.arguments)
    const text = await editor.ask({ title: editor.t('Arguments'), value, placeholder: '--epochs 5' })
    return text === null ? null : { arguments: splitArguments(text) }
  },
  name: async ({ app: { editor }, choice }) => {
    const name = await editor.ask({ title: editor.t('Name'), value: choice.name })
    return name === null || name.trim() === '' ? null : { name: name.trim() }
  },
  priority: async ({ app: { editor } }) => {
    const words = stringsOf(editor.locale).priority
    const all: readonly PriorityClass[] = ['low', 'normal', 'high']
    const items = all.map((value) => ({ label: words[value], value }))
    const [priorityClass] = (await once(editor.pick({ title: editor.t('Priority'), items }))) ?? []
    return priorityClass === undefined ? null : { priorityClass }
  },
  fault: async ({ app, submission }) => {
    const fault = faultOf(submission.draft)
    if (fault !== null) await app.editor.tell('error', sentences([fault.message, fault.remedy], app.editor.locale))
    return null
  },
}

/** A range as it is typed: that of the last time, else as many as one node has. */
const askForRange = async (editor: Editor, { draft }: Submission, { resources }: SubmitChoice) => {
  const most = mostGpusOnNode(draft.deviceChoices, resources.gpuModel ?? null)
  const least = Math.max(1, resources.gpuCount)
  const asked = { gpuCount: least < (most ?? 0) ? least : 1, maxGpuCount: most }
  const text = await editor.ask({
    title: editor.t('From … to … GPUs'),
    prompt: editor.t(
      'It starts with the first number or more and is restarted as GPUs come and go: it has to save itself in NOVABRAIN_CHECKPOINTS and go on from there.',
    ),
    value: gpusText(typeof resources.maxGpuCount === 'number' ? resources : asked),
    check: (typed) => gpusFault(editor, typed),
  })
  return text === null ? undefined : (readGpus(text) ?? undefined)
}

const once = async <T>(list: Pick<T>): Promise<readonly T[] | null> => {
  const chosen = await list.chosen()
  list.close()
  return chosen
}

const changeFiles = async ({
  app: { editor },
  submission,
  choice,
  source,
}: Flow): Promise<Partial<SubmitChoice> | null> => {
  const { files } = submission.draft
  if (files.state !== 'ready') return null
  const t = stringsOf(editor.locale)
  const included = files.included.filter(({ path }) => path !== source.entrypoint)
  const items = [
    ...included.map(({ path, sizeBytes, reason }) => ({
      label: path,
      description: `${formatBytes(sizeBytes)} · ${t.include[reason]}`,
      picked: !choice.leaveOut.includes(path),
      value: path,
    })),
    ...files.excluded.map(({ path, sizeBytes, reason }, at) => ({
      label: path,
      description: `${formatBytes(sizeBytes)} · ${t.exclude[reason]}`,
      picked: choice.takeAlong.includes(path),
      value: path,
      ...(at === 0 ? { divider: t.files.excluded } : {}),
    })),
  ]
  const chosen = await once(editor.pick({ title: editor.t('Files that go along'), items, many: true }))
  if (chosen === null) return null
  return {
    leaveOut: included.map(({ path }) => path).filter((path) => !chosen.includes(path)),
    takeAlong: files.excluded.map(({ path }) => path).filter((path) => chosen.includes(path)),
  }
}

const send = async ({ app, submission, choice, source }: Flow): Promise<number | null> => {
  const { editor } = app
  submitMemory(editor.memory).keepChoice(choice)
  await editor.progress('window', editor.t('Submitting {0}', choice.name), () => submission.submit(choice))
  const { progress } = submission
  if (progress.kind === 'sent') {
    submitMemory(editor.memory).keepFolder(progress.runId, path.dirname(source.path))
    await app.panels.openRun({ runId: progress.runId }, 'log', { quietly: true })
    return progress.jobNumber
  }
  if (progress.kind === 'offline')
    await editor.tell(
      'information',
      editor.t('The server is away. {0} is kept and will be sent once, when it answers.', choice.name),
    )
  if (progress.kind === 'failed')
    await editor.tell('error', sentences([progress.error.message, progress.error.remedy], editor.locale))
  return null
}
