import { jobEnded, type Job, type LiveView, type Model } from '@novabrain/contracts'
import {
  durationBetween,
  formatAge,
  formatDuration,
  formatJobDevice,
  formatSubmitter,
  runRows,
  stringsOf,
  verdictOf,
  verdictSentence,
  type RunRow,
} from '@novabrain/ui'
import type { Editor } from '../editor.js'
import type { KnownRuns } from './loose-runs.js'
import type { TreeRow } from './tree.js'

/** What the tree of runs is drawn from. */
export interface RunsView {
  readonly view: LiveView
  readonly more: boolean
  /** Runs, of which those without a job are shown beside the jobs. */
  readonly runs?: KnownRuns | undefined
  /** Runs the user keeps at hand, by run id. */
  readonly pinned: readonly string[]
  /** Registered models, those that changed last first. */
  readonly models?: readonly Model[]
  /** When the server was last heard, where it is away; `null` while it is there. Milliseconds since 1970. */
  readonly staleSinceMs: number | null
  /** Somebody wanted to run or pin here, and no Python was found. */
  readonly lacksPython: boolean
  readonly nowMs: number
}

/** The tree: Active, Pinned, Recent, Models, and the way to the table; groups that would be empty are left out. */
export const runsRows = (editor: Pick<Editor, 't' | 'locale'>, view: RunsView): TreeRow[] => {
  const all = runRows({ items: [...view.view.jobs.values()], more: view.more }, view.runs ?? { items: [], more: false })
  const [active, ended] = [all.filter((row) => !row.ended), all.filter((row) => row.ended)]
  const shown = (rows: readonly RunRow[], where: string) => rows.map((row) => rowOf(editor, row, view, where))
  const pinned = [...active, ...ended].filter(({ runId }) => view.pinned.includes(runId))
  const recent = shown(ended, 'recent')
  const older: TreeRow = {
    id: 'older',
    label: editor.t('Show older runs'),
    icon: 'ellipsis',
    command: { id: 'novabrain.refresh', arguments: ['older'] },
  }
  const groups = [
    ...group('active', editor.t('Active'), [...shown(active, 'active'), ...queueRow(editor, active)]),
    ...group('pinned', editor.t('Pinned'), shown(pinned, 'pinned')),
    ...group('recent', editor.t('Recent'), view.more || view.runs?.more === true ? [...recent, older] : recent),
    ...modelsRow(editor, view.models ?? []),
    ...tableRow(editor, all.length > 0),
  ]
  // Without a row there is room for a page, which says it better.
  return [...staleRow(editor, view), ...(groups.length > 0 ? pythonRow(editor, view) : []), ...groups]
}

const group = (id: string, label: string, children: readonly TreeRow[]): TreeRow[] =>
  children.length === 0 ? [] : [{ id, label, open: 'expanded', children, kind: 'group' }]

/** Whoever has a job that waits may look at the whole queue. */
const queueRow = (editor: Pick<Editor, 'locale'>, active: readonly RunRow[]): TreeRow[] =>
  active.some(({ status }) => status === 'queued')
    ? [
        {
          id: 'queue',
          label: stringsOf(editor.locale).queuePage.label,
          icon: 'ellipsis',
          command: { id: 'novabrain.openQueue', arguments: [] },
        },
      ]
    : []

/** Everything that ran, on one page. */
const tableRow = (editor: Pick<Editor, 't'>, some: boolean): TreeRow[] =>
  some
    ? [
        {
          id: 'table',
          label: editor.t('Table of runs'),
          icon: 'table',
          command: { id: 'novabrain.openTable', arguments: [] },
        },
      ]
    : []

const modelsRow = (editor: Pick<Editor, 't'>, models: readonly Model[]): TreeRow[] => {
  if (models.length === 0) return []
  const all: TreeRow = {
    id: 'models:all',
    label: editor.t('All models'),
    icon: 'ellipsis',
    command: { id: 'novabrain.openModel', arguments: [{}] },
  }
  return [
    {
      id: 'models',
      label: editor.t('Models'),
      open: 'collapsed',
      kind: 'group',
      children: [...models.map(modelRow), all],
    },
  ]
}

const modelRow = ({ id, name, latestVersion, aliases }: Model): TreeRow => ({
  id: `model:${id}`,
  label: name,
  description: [
    ...(latestVersion === null ? [] : [`v${String(latestVersion.version)}`]),
    ...aliases.map(({ alias, version }) => `${alias} → v${String(version)}`),
  ].join(' · '),
  icon: 'package',
  kind: 'model',
  command: { id: 'novabrain.openModel', arguments: [{ name }] },
})

const staleRow = (editor: Pick<Editor, 't' | 'locale'>, { staleSinceMs, nowMs }: RunsView): TreeRow[] => {
  if (staleSinceMs === null) return []
  const age = formatAge(new Date(staleSinceMs).toISOString(), nowMs, stringsOf(editor.locale).duration, editor.locale)
  return [
    {
      id: 'stale',
      label: editor.t('Server unreachable'),
      description: editor.t('as of {0} · click to try again', age),
      icon: 'debug-disconnect',
      iconColor: 'list.warningForeground',
      command: { id: 'novabrain.refresh', arguments: [] },
    },
  ]
}

const pythonRow = (editor: Pick<Editor, 't'>, { lacksPython }: RunsView): TreeRow[] =>
  lacksPython
    ? [
        {
          id: 'no-python',
          label: editor.t('No Python found'),
          description: editor.t('click to set the interpreter'),
          icon: 'warning',
          iconColor: 'list.warningForeground',
          command: { id: 'workbench.action.openSettings', arguments: ['novabrain.pythonPath'] },
        },
      ]
    : []

const rowOf = (editor: Pick<Editor, 't' | 'locale'>, row: RunRow, view: RunsView, where: string): TreeRow =>
  row.job === null ? looseRow(editor, row, view, where) : jobRow(editor, row.job, view, where)

/** A run that a program logged by itself. */
const looseRow = (editor: Pick<Editor, 'locale'>, row: RunRow, view: RunsView, where: string): TreeRow => {
  const t = stringsOf(editor.locale)
  const took = durationBetween(row.startedAt, row.endedAt, view.nowMs)
  const ago = row.endedAt === null ? null : formatAge(row.endedAt, view.nowMs, t.duration, editor.locale)
  const long = took === null ? null : formatDuration(took, t.duration)
  const words = [t.status[row.status], long, ago].filter((word) => word !== null).join(' · ')
  return {
    id: `${where}:${row.runId}`,
    label: row.name,
    description: words,
    spoken: `${t.status[row.status]}, ${row.name}, ${words}`,
    hover: () => hoverOfRun(editor, row, view),
    ...icons[row.status],
    kind: `run ${keptOrNot(view, row.runId)}`,
    subject: { runId: row.runId },
    command: { id: 'novabrain.openRun', arguments: [{ runId: row.runId }] },
    ...(view.staleSinceMs !== null ? { stale: true } : {}),
  }
}

/** Whether the user keeps a run at hand, for the menus. */
const keptOrNot = (view: RunsView, runId: string): string => (view.pinned.includes(runId) ? 'kept' : 'loose')

const jobRow = (editor: Pick<Editor, 't' | 'locale'>, job: Job, view: RunsView, where: string): TreeRow => {
  const t = stringsOf(editor.locale)
  const stale = view.staleSinceMs !== null
  const words = describe(editor, job, view.nowMs)
  return {
    id: `${where}:${job.id}`,
    label: `#${job.number} ${job.name}`,
    description: words,
    spoken: `${t.status[job.status]}, #${job.number} ${job.name}, ${words}`,
    hover: () => hoverOf(editor, job),
    ...iconOf(job),
    kind: ['job', job.task.kind, jobEnded(job.status) ? 'ended' : 'active', keptOrNot(view, job.runId)].join(' '),
    subject: { jobId: job.id, runId: job.runId },
    command: { id: 'novabrain.openRun', arguments: [{ runId: job.runId }] },
    ...(stale ? { stale } : {}),
  }
}

/** Status first, then what one wants to know in it: the stage, the reason, how long. */
const describe = (editor: Pick<Editor, 't' | 'locale'>, job: Job, nowMs: number): string => {
  const t = stringsOf(editor.locale)
  const took = durationBetween(job.startedAt, job.endedAt, nowMs)
  const stage = job.status === 'running' || job.status === 'starting' ? (job.attempt?.stage ?? null) : null
  const status = stage !== null && stage !== job.status ? t.stage[stage] : t.status[job.status]
  const ago = job.endedAt === null ? null : formatAge(job.endedAt, nowMs, t.duration, editor.locale)
  const long = took === null || job.status === 'queued' ? null : formatDuration(took, t.duration)
  return [status, long, ago].filter((word) => word !== null).join(' · ')
}

const hoverOf = (editor: Pick<Editor, 't' | 'locale'>, job: Job): string => {
  const t = stringsOf(editor.locale)
  const verdict = job.attempt?.verdict ?? null
  const lines = [
    `**#${job.number} ${escapeMarkdown(job.name)}**`,
    `${t.status[job.status]} · ${escapeMarkdown(formatJobDevice(job, t.device))}`,
    `${t.facts.submittedBy}: ${escapeMarkdown(formatSubmitter(job, t))}`,
    ...(job.status === 'failed' && verdict !== null
      ? [escapeMarkdown(verdictSentence(verdictOf(job) ?? verdict, t))]
      : []),
    ...(verdict?.evidence && job.status === 'failed'
      ? [`\`${verdict.evidence.replaceAll('`', "'").slice(0, 200)}\``]
      : []),
  ]
  return lines.join('\n\n')
}

const hoverOfRun = (editor: Pick<Editor, 'locale'>, row: RunRow, view: RunsView): string => {
  const t = stringsOf(editor.locale)
  const run = view.runs?.items.find(({ id }) => id === row.runId)
  const about = run === undefined ? [] : [run.experimentName, run.userName].filter((word) => word !== '')
  const words = [t.status[row.status], ...about.map(escapeMarkdown)].join(' · ')
  return [`**${escapeMarkdown(row.name)}**`, words].join('\n\n')
}

const escapeMarkdown = (text: string): string => text.replace(/[\\`*_{}[\]()#+\-.!|<>~]/g, '\\$&')

const icons: Readonly<Record<RunRow['status'], { readonly icon: string; readonly iconColor?: string }>> = {
  queued: { icon: 'clock' },
  starting: { icon: 'loading~spin' },
  running: { icon: 'loading~spin', iconColor: 'charts.blue' },
  stopping: { icon: 'loading~spin' },
  succeeded: { icon: 'pass', iconColor: 'testing.iconPassed' },
  failed: { icon: 'error', iconColor: 'testing.iconFailed' },
  cancelled: { icon: 'circle-slash' },
  SCHEDULED: { icon: 'clock' },
  RUNNING: { icon: 'loading~spin', iconColor: 'charts.blue' },
  FINISHED: { icon: 'pass', iconColor: 'testing.iconPassed' },
  FAILED: { icon: 'error', iconColor: 'testing.iconFailed' },
  KILLED: { icon: 'circle-slash' },
}
const iconOf = ({ status }: Job) => icons[status]
