import type { Job } from '@novabrain/contracts'
import { rerunJob, stopJob } from '@novabrain/ui'
import type { Live } from '../live/live.js'
import type { Arguments } from '../plugins/commands.js'
import type { CommandContext } from './context.js'

/** Stop a job; what it saved is kept. */
export const stop = (context: CommandContext, args: Arguments): Promise<unknown> =>
  withJob(context, args, (live, job) => stopJob(live.host, job))

/** Run a job again: the same code in the same environment. */
export const rerun = (context: CommandContext, args: Arguments): Promise<unknown> =>
  withJob(context, args, (live, job) => rerunJob(live.host, job))

const withJob = async (
  { session }: CommandContext,
  { jobId }: Arguments,
  act: (live: Live, job: Job) => Promise<unknown>,
): Promise<unknown> => {
  const live = await session.live()
  if (live === null || typeof jobId !== 'string') return null
  const params = { projectId: live.projectId, jobId }
  return act(live, live.jobs.state.view.jobs.get(jobId) ?? (await live.client.getJob({ params })))
}
