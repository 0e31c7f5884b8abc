import { Notification } from '@jupyterlab/apputils'
import type { ICodeCellModel } from '@jupyterlab/cells'
import type { IOutput } from '@jupyterlab/nbformat'
import type { NotebookPanel } from '@jupyterlab/notebook'
import { cardError, executedCells, planPull, sentences, type Job, type PullPlan } from '@novabrain/contracts'
import { localeOf } from '../locale.js'
import type { Live } from '../live/live.js'
import type { Arguments } from '../plugins/commands.js'
import type { CommandContext } from './context.js'
import { notebookOf } from './targets.js'

/** Bring the outputs of a run into the open notebook it came from, cell by cell, and say what was left alone. */
export const pullOutputs = async (context: CommandContext, args: Arguments): Promise<unknown> => {
  const { trans, session, translator } = context
  const live = await session.live()
  if (live === null) return null
  try {
    const job = await jobOf(context, live, args['jobId'])
    const panel = job === null ? null : notebookFor(context, job)
    if (args['quiet'] === true && panel === null) return null
    if (job === null || panel === null) {
      Notification.warning(trans.__('Open the notebook of this run first, then bring its outputs back.'), {
        autoClose: 8000,
      })
      return null
    }
    const plan = planPull(openCells(panel), await executed(live, job))
    write(panel, plan)
    Notification.emit(summary(context, job, plan), plan.skipped.length === 0 ? 'success' : 'info', { autoClose: 8000 })
    return { written: plan.writes.length, skipped: plan.skipped.length }
  } catch (error) {
    Notification.error(cardError(error, localeOf(translator)).message, { autoClose: 15_000 })
    return null
  }
}

const jobOf = async (context: CommandContext, live: Live, jobId: unknown): Promise<Job | null> => {
  const { jobs } = live.jobs.state.view
  if (typeof jobId === 'string')
    return jobs.get(jobId) ?? (await live.client.getJob({ params: { projectId: live.projectId, jobId } }))
  const panel = notebookOf(context)
  const name = panel === null ? null : nameOf(panel)
  const mine = [...jobs.values()].filter((job) => job.task.kind === 'notebook' && job.task.path === name)
  return mine.sort((a, b) => b.number - a.number)[0] ?? null
}

const nameOf = (panel: NotebookPanel): string => panel.context.path.split('/').at(-1) ?? ''

/** The notebook in front if it has the name of the job's, else another open one that has it. */
const notebookFor = (context: CommandContext, job: Job): NotebookPanel | null => {
  const fits = (panel: NotebookPanel) => nameOf(panel) === job.task.path
  const front = notebookOf(context)
  return front !== null && fits(front) ? front : (context.notebooks?.find(fits) ?? null)
}

/** The runner keeps the notebook as it ran among the outputs, under its own name. */
const executed = async ({ client, projectId }: Live, job: Job) => {
  const path = `outputs/${job.task.path.split('/').at(-1) ?? ''}`
  const bytes = await client.readRunArtifact({ params: { projectId, runId: job.runId }, query: { path } })
  return executedCells(new TextDecoder().decode(bytes))
}

const openCells = (panel: NotebookPanel) =>
  [...(panel.content.model?.cells ?? [])].map((cell) => ({
    id: cell.id,
    type: cell.type,
    source: cell.sharedModel.getSource(),
  }))

const write = (panel: NotebookPanel, plan: PullPlan): void => {
  const { model } = panel.content
  if (model === null) return
  for (const { index, from } of plan.writes) {
    const cell = model.cells.get(index) as ICodeCellModel
    cell.outputs.fromJSON(from.outputs as IOutput[])
    cell.executionCount = from.executionCount
  }
}

const summary = ({ trans, translator }: CommandContext, job: Job, plan: PullPlan): string => {
  const changed = plan.skipped.filter(({ reason }) => reason === 'changed').length
  const fresh = plan.skipped.length - changed
  const told = [
    trans._n('Outputs of #%2: %1 cell.', 'Outputs of #%2: %1 cells.', plan.writes.length, job.number),
    ...(changed > 0 ? [trans.__('%1 left alone: changed since.', changed)] : []),
    ...(fresh > 0 ? [trans.__('%1 left alone: not part of that run.', fresh)] : []),
    ...(plan.gone > 0 ? [trans.__('%1 no longer here.', plan.gone)] : []),
  ]
  return sentences(told, localeOf(translator))
}
