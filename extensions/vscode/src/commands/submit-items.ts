import {
  errorText,
  gpuRangeFault,
  mostGpusOnNode,
  readGpus,
  sentences,
  type DeviceChoice,
  type NotebookParameter,
  type SubmitChoice,
  type SubmitDraft,
} from '@novabrain/contracts'
import { formatBytes, formatDuration, formatModel, rangeOf, stringsOf, type Strings } from '@novabrain/ui'
import type { Editor, PickItem } from '../editor.js'

/** What an entry of the list does: run, or change one thing. */
export type SubmitAction =
  'run' | 'fault' | 'device' | 'environment' | 'files' | 'parameters' | 'arguments' | 'name' | 'priority' | 'part'

/** What the list is drawn from. */
export interface SubmitView {
  readonly draft: SubmitDraft
  readonly choice: SubmitChoice
  readonly parameters: readonly NotebookParameter[]
  /** The selected lines of a script, and whether only they run. */
  readonly selection: { readonly from: number; readonly to: number; readonly only: boolean } | null
}

/** The list of a submit: first what will happen, then one thing to change an entry. */
export const submitItems = (editor: Editor, view: SubmitView): PickItem<SubmitAction>[] => {
  const { draft, choice } = view
  return [
    firstItem(editor, draft),
    item('device', '$(circuit-board)', editor.t('GPU'), deviceWords(editor, draft), editor.t('Change')),
    item('environment', '$(lock)', editor.t('Environment'), environmentWords(editor, draft)),
    item('files', '$(files)', editor.t('Files'), filesWords(editor, draft)),
    ...(draft.task.kind === 'notebook'
      ? view.parameters.length > 0
        ? [item('parameters', '$(symbol-parameter)', editor.t('Parameters'), parameterText(choice.parameters))]
        : []
      : [item('arguments', '$(terminal)', editor.t('Arguments'), choice.arguments.join(' ') || editor.t('none'))]),
    ...partItem(editor, view.selection),
    item('name', '$(tag)', editor.t('Name'), choice.name),
    item('priority', '$(list-ordered)', editor.t('Priority'), texts(editor).priority[choice.priorityClass]),
  ]
}

/** Whether what runs is known well enough to be sent. */
export const canRun = (draft: SubmitDraft): boolean =>
  draft.files.state === 'ready' &&
  (draft.environment.state === 'pinned' || draft.environment.state === 'none') &&
  (draft.preview.state !== 'failed' || draft.preview.error.code === null)

const firstItem = (editor: Editor, draft: SubmitDraft): PickItem<SubmitAction> => {
  const fault = faultOf(draft)
  if (fault !== null)
    return {
      value: 'fault',
      label: `$(error) ${fault.message}`,
      ...(fault.remedy === null ? {} : { detail: fault.remedy }),
    }
  const { preview } = draft
  const head =
    preview.state !== 'ready'
      ? editor.t('Run on {0}', deviceName(editor, draft))
      : preview.preview.startsNow
        ? editor.t('Run now on {0}', deviceName(editor, draft))
        : editor.t('Queue for {0}', deviceName(editor, draft))
  const words = [environmentShort(editor, draft), waitWords(editor, draft)].filter((word) => word !== '')
  const tells = preview.state === 'ready' && (!preview.preview.startsNow || rangeOf(draft.resources) !== null)
  return {
    value: 'run',
    label: `$(rocket) ${head}`,
    description: words.join(' · '),
    ...(tells ? { detail: preview.preview.message } : {}),
  }
}

/** The first thing that stands in the way, in the words of the catalogue. */
export const faultOf = ({
  environment,
  files,
  preview,
}: SubmitDraft): { message: string; remedy: string | null } | null => {
  if (environment.state === 'failed') return environment.error
  if (files.state === 'failed') return files.error
  if (environment.state === 'conflict') {
    const [first] = environment.conflicts
    if (first === undefined) return null
    const pair = `${first.left.requiredBy}: ${first.left.requirement} ✕ ${first.right.requiredBy}: ${first.right.requirement}`
    return { message: pair, remedy: first.suggestion }
  }
  return preview.state === 'failed' && preview.error.code !== null ? preview.error : null
}

const item = (
  value: SubmitAction,
  icon: string,
  label: string,
  description: string,
  divider?: string,
): PickItem<SubmitAction> => ({
  value,
  label: `${icon} ${label}`,
  description,
  ...(divider === undefined ? {} : { divider }),
})

const texts = (editor: Editor): Strings => stringsOf(editor.locale)

const deviceName = (editor: Editor, { preview, resources }: SubmitDraft): string => {
  if (resources.gpuCount === 0) return editor.t('the CPU')
  const model = preview.state === 'ready' ? preview.preview.device?.model : undefined
  const name = formatModel(model ?? resources.gpuModel ?? editor.t('GPU'), texts(editor).device)
  const simulated = preview.state === 'ready' && preview.preview.device?.simulated === true
  const range = rangeOf(resources)
  const counted = range === null && resources.gpuCount === 1 ? name : `${range ?? resources.gpuCount} × ${name}`
  return simulated ? `${counted} (${texts(editor).device.simulated})` : counted
}

const deviceWords = (editor: Editor, draft: SubmitDraft): string => {
  const { resources, deviceChoices } = draft
  if (resources.gpuCount === 0) return editor.t('none, runs on the CPU')
  const free = deviceChoices.reduce((sum, { free: each }) => sum + each, 0)
  const total = deviceChoices.reduce((sum, { total: each }) => sum + each, 0)
  const share = resources.gpuMilli < 1000 ? ` ${String(resources.gpuMilli / 10)} %` : ''
  const asked = `${rangeOf(resources) ?? resources.gpuCount} × ${formatModel(resources.gpuModel ?? editor.t('GPU'), texts(editor).device)}${share}`
  return total === 0 ? asked : `${asked} · ${editor.t('{0} of {1} free', free, total)}`
}

const packages = (editor: Editor, count: number): string =>
  count === 1 ? editor.t('{0} package', count) : editor.t('{0} packages', count)

const environmentShort = (editor: Editor, { environment }: SubmitDraft): string => {
  if (environment.state === 'inferring') return editor.t('reading the environment…')
  if (environment.state === 'pinned')
    return editor.t('environment pinned, {0}', packages(editor, environment.packageCount))
  return environment.state === 'none' ? editor.t('the Python of the node, nothing pinned') : ''
}

const environmentWords = (editor: Editor, draft: SubmitDraft): string => {
  const { environment } = draft
  if (environment.state !== 'pinned') return environmentShort(editor, draft) || editor.t('not pinned')
  const words = [`Python ${environment.pythonVersion}`, packages(editor, environment.packageCount)]
  if ((environment.changes ?? 0) > 0) words.push(editor.t('{0} changed since the last run', environment.changes ?? 0))
  if (environment.unavailable.length > 0) words.push(editor.t('{0} on no index', environment.unavailable.length))
  return words.join(' · ')
}

const waitWords = (editor: Editor, { preview }: SubmitDraft): string => {
  if (preview.state !== 'ready') return ''
  const { expectedWaitMs, startsNow } = preview.preview
  if (expectedWaitMs === null) return startsNow ? '' : editor.t('start not known yet')
  return `~${formatDuration(Math.max(expectedWaitMs, 1000), texts(editor).duration)}`
}

const filesWords = (editor: Editor, { files }: SubmitDraft): string => {
  if (files.state === 'inferring') return editor.t('reading…')
  if (files.state === 'failed') return files.error.message
  const size = files.included.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
  const count = files.included.length
  const words = [
    count === 1
      ? editor.t('{0} file, {1}', count, formatBytes(size))
      : editor.t('{0} files, {1}', count, formatBytes(size)),
  ]
  if (files.excluded.length > 0) words.push(editor.t('{0} left out', files.excluded.length))
  if (files.unsaved) words.push(editor.t('unsaved changes go along'))
  return words.join(' · ')
}

const partItem = (editor: Editor, selection: SubmitView['selection']): PickItem<SubmitAction>[] => {
  if (selection === null) return []
  const lines = editor.t('lines {0} to {1}', selection.from, selection.to)
  const [label, description] = selection.only
    ? [editor.t('Run the whole file instead'), editor.t('now: {0}', lines)]
    : [editor.t('Run only the selection'), lines]
  return [item('part', '$(selection)', label, description)]
}

/** Parameters on one line, as they are typed: `epochs=5 name="a b"`. A text that would be read as something else is quoted. */
export const parameterText = (parameters: Readonly<Record<string, unknown>>): string =>
  Object.entries(parameters)
    .map(([name, value]) => `${name}=${isBare(value) ? value : JSON.stringify(value)}`)
    .join(' ')

const isBare = (value: unknown): value is string =>
  typeof value === 'string' && /^[^\s"=[\]{}]+$/.test(value) && valueOf(value) === value

/** Read what {@link parameterText} writes; `null` when it cannot be read. A value that is no JSON is a text. */
export const readParameters = (text: string): Record<string, unknown> | null => {
  const pairs: [string, unknown][] = []
  for (let rest = text.trim(); rest !== '';) {
    const [head, name] = /^([A-Za-z_]\w*)=/.exec(rest) ?? []
    if (head === undefined || name === undefined) return null
    const value = rest.slice(head.length)
    const end = endOf(value)
    pairs.push([name, valueOf(value.slice(0, end))])
    rest = value.slice(end).trimStart()
  }
  return Object.fromEntries(pairs)
}

/** Where a value ends: at the first space that is in no quotes and no brackets. */
const endOf = (text: string): number => {
  let depth = 0
  for (const { 0: sign, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{}\s]/g)) {
    if (sign === '[' || sign === '{') depth += 1
    else if (sign === ']' || sign === '}') depth -= 1
    else if (sign.trim() === '' && depth <= 0) return index
  }
  return text.length
}

const valueOf = (text: string): unknown => {
  const spoken = new Map<string, unknown>([
    ['True', true],
    ['False', false],
    ['None', null],
  ])
  if (spoken.has(text)) return spoken.get(text)
  try {
    return JSON.parse(text) as unknown
  } catch {
    return text
  }
}

/** A choice of devices: so many of a model or of any, or `range`, which is typed. */
export type DevicePick = Pick<SubmitChoice['resources'], 'gpuCount' | 'gpuModel' | 'maxGpuCount'> | 'range'

/** The devices to choose from: none, one of each model, more of them where a node has more, and then a range of them. */
export const deviceItems = (editor: Editor, choices: readonly DeviceChoice[]): PickItem<DevicePick>[] => {
  const counts = [1, 2, 4, 8, 16]
  const models = choices.filter(({ model }) => model !== null)
  const most = models.reduce((sum, { total }) => sum + total, 0)
  const free = models.reduce((sum, each) => sum + each.free, 0)
  const onNode = mostGpusOnNode(models, null) ?? 0
  const pick = (gpuCount: number, gpuModel: string | null) => ({ gpuCount, gpuModel, maxGpuCount: null })
  const any = counts
    .filter((count) => count === 1 || count <= onNode)
    .map((gpuCount) => ({
      label: gpuCount === 1 ? editor.t('Any GPU') : editor.t('{0} GPUs', gpuCount),
      description: editor.t('{0} of {1} free', free, most),
      value: pick(gpuCount, null),
    }))
  const named = models.flatMap(({ model, total, free: here, memoryMib, simulated, mostOnNode }) =>
    models.length < 2
      ? []
      : counts
          .filter((count) => count <= mostOnNode)
          .map((gpuCount) => ({
            label: `${gpuCount} × ${formatModel(model ?? '', texts(editor).device)}`,
            description: [
              `${Math.round(memoryMib / 1024)} GiB`,
              editor.t('{0} of {1} free', here, total),
              ...(simulated ? [texts(editor).device.simulated] : []),
            ].join(' · '),
            value: pick(gpuCount, model),
          })),
  )
  const range = {
    label: editor.t('From … to … GPUs'),
    description: editor.t('any number of them, for a program that goes on where it saved itself'),
    value: 'range' as const,
  }
  const none = {
    label: editor.t('No GPU'),
    description: editor.t('runs on the CPU'),
    value: pick(0, null),
  }
  return [...any, ...named, ...(onNode > 1 ? [range] : []), none]
}

/** Why what was typed is no number and no range of GPUs; `null` where it is one. */
export const gpusFault = (editor: Editor, typed: string): string | null => {
  const asked = readGpus(typed)
  if (asked === null) return editor.t('Write a range such as 1-4, or a number.')
  const fault = gpuRangeFault(asked, null)
  if (fault === null) return null
  const { message, cause } = errorText(fault, { least: asked.gpuCount, most: asked.maxGpuCount }, editor.locale)
  return sentences([message, cause], editor.locale)
}
