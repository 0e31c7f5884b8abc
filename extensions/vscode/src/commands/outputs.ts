import { executedCells, planPull, type Job } from '@novabrain/contracts'
import type { App } from '../app.js'
import type { Live } from '../session.js'
import { withLive } from './jobs.js'
import { jobFor } from './targets.js'

/** Bring the outputs of a run into the open notebook it came from, cell by cell, and say what was left alone. */
export const pullOutputs = (app: App, given: unknown): Promise<unknown> =>
  withLive(app, async (live) => {
    const { editor, notebooks } = app
    const quietly = typeof given === 'object' && given !== null && 'quietly' in given && given.quietly === true
    const ended = (job: Job) => job.task.kind === 'notebook' && job.endedAt !== null
    const job = await jobFor(app, live, given, ended, editor.t('The outputs of which run?'))
    if (job === null || job.task.kind !== 'notebook') return
    const open = notebooks.named(job.task.path)
    if (open === null) {
      if (!quietly)
        await editor.tell('warning', editor.t('Open the notebook of this run first, then bring its outputs back.'))
      return
    }
    const plan = planPull(open.cells(), await executed(live, job))
    await open.write(
      plan.writes.map(({ index, from }) => ({ index, outputs: from.outputs, executionCount: from.executionCount })),
    )
    const changed = plan.skipped.filter(({ reason }) => reason === 'changed').length
    if (changed + plan.gone > 0 && !quietly)
      await editor.tell(
        'information',
        editor.t(
          '{0} cells have the outputs of #{1}; {2} were left alone, since they changed.',
          plan.writes.length,
          job.number,
          changed,
        ),
      )
  })

/** The runner keeps the notebook as it ran among the outputs, under its own name. */
export const executed = async ({ client, projectId }: Live, job: Job) => {
  const path = `outputs/${job.task.kind === 'notebook' ? (job.task.path.split('/').at(-1) ?? '') : ''}`
  const bytes = await client.readRunArtifact({ params: { projectId, runId: job.runId }, query: { path } })
  return executedCells(new TextDecoder().decode(bytes))
}
