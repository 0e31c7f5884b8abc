import { jobEnded } from '@novabrain/contracts'
import type { Command } from '../command.js'
import { findJob } from '../find-job.js'

/** `novabrain stop`: ask a job to end; one that has ended stays as it is. */
export const stop: Command = {
  usage: 'stop <job>',
  options: {},
  async run(context) {
    const session = await context.session()
    const before = await findJob(context, session)
    const job = await session.client.stopJob({ params: { projectId: before.projectId, jobId: before.id } })
    const { output, texts } = context
    output.value(job)
    output.line(
      jobEnded(before.status)
        ? texts.alreadyEnded(job.number, texts.status[job.status])
        : texts.stopRequested(job.number),
    )
    return 0
  },
}
