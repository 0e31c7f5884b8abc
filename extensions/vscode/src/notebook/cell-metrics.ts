import { endedJobs, activeJobs, type Job, type LatestMetric } from '@novabrain/contracts'
import { formatMetric } from '@novabrain/ui'
import type { App } from '../app.js'
import type { Live } from '../session.js'

/** What the status bar of a cell says. */
export interface CellWords {
  readonly text: string
  readonly hover: string
  readonly runId: string
}

/** Names that log a metric when called, as one writes them. */
const logs = /\blog_metrics?\s*\(\s*(?:["']([^"']+)["'])?|\.fit\s*\(|autolog\s*\(/g
const mostShown = 3

/**
 * The metrics that a cell logs: those it names; a cell that fits a model under autolog, or logs by a variable, shows those
 * that no cell names.
 */
export const metricsOfCell = (
  source: string,
  cells: readonly string[],
  metrics: readonly LatestMetric[],
): readonly LatestMetric[] => {
  const here = namesIn(source)
  if (here === null) return []
  const elsewhere = new Set(cells.flatMap((each) => namesIn(each)?.names ?? []))
  return metrics.filter(({ key }) => here.names.includes(key) || (here.open && !elsewhere.has(key)))
}

const namesIn = (source: string): { readonly names: readonly string[]; readonly open: boolean } | null => {
  const found = [...source.matchAll(logs)]
  if (found.length === 0) return null
  const names = [
    ...found.flatMap(([, name]) => (name === undefined ? [] : [name])),
    ...[...source.matchAll(/log_metrics\s*\(\s*\{([^}]*)\}/g)].flatMap(([, body = '']) =>
      [...body.matchAll(/["']([^"']+)["']\s*:/g)].map(([, name = '']) => name),
    ),
  ]
  return {
    names,
    open: found.some(([call, name]) => name === undefined && !/log_metrics\s*\(\s*$/.test(call)) || names.length === 0,
  }
}

/** The words for each cell of a notebook, from its latest run; no run, no words. */
export const createCellMetrics = ({ editor, session }: App) => {
  const runs = new Map<string, { readonly at: string; readonly metrics: readonly LatestMetric[] }>()

  const latestJob = (live: Live, name: string): Job | null => {
    const { view } = live.jobs.state
    const mine = [...activeJobs(view), ...endedJobs(view)].filter(
      ({ task }) => task.kind === 'notebook' && task.path.split('/').at(-1) === name,
    )
    return mine[0] ?? null
  }
  const metricsOf = async (live: Live, job: Job): Promise<readonly LatestMetric[]> => {
    const at = `${job.status}:${job.endedAt ?? ''}`
    const known = runs.get(job.runId)
    if (known?.at === at && job.endedAt !== null) return known.metrics
    const { metrics } = await live.client.getRun({ params: { projectId: live.projectId, runId: job.runId } })
    runs.set(job.runId, { at, metrics })
    return metrics
  }

  return async (notebookPath: string, source: string, cells: readonly string[]): Promise<CellWords | null> => {
    if (namesIn(source) === null) return null
    if (session.state.kind === 'connecting') await session.live()
    const { state } = session
    if (state.kind !== 'signed_in') return null
    const { live } = state
    const job = latestJob(live, notebookPath.split(/[/\\]/).at(-1) ?? '')
    if (job === null) return null
    const mine = metricsOfCell(source, cells, await metricsOf(live, job).catch(() => []))
    if (mine.length === 0) return null
    const values = mine.slice(0, mostShown).map(({ key, value }) => `${key} ${formatMetric(value)}`)
    const more = mine.length > mostShown ? [`+${mine.length - mostShown}`] : []
    return {
      text: `$(graph-line) ${[...values, ...more].join(' · ')} · ${editor.t('run {0}', job.number)}`,
      hover: editor.t('Logged by this cell in run #{0}. Open its metrics.', job.number),
      runId: job.runId,
    }
  }
}
