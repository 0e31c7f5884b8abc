import type { Job } from '@novabrain/contracts'
import { UsageError, type Command, type Context, type Session } from '../command.js'
import { findJob } from '../find-job.js'
import { followLog } from '../follow.js'

const chunkBytes = 1_048_576

/** `novabrain logs`: the bytes of the log as they were written. */
export const logs: Command = {
  usage: 'logs <job> [-f]        a job is 18, #18, an id, or last',
  options: { follow: { type: 'boolean', short: 'f' } },
  async run(context) {
    const session = await context.session()
    const job = await findJob(context, session)
    if (context.options['follow'] === true) {
      const ended = await followLog(context, session, job, { quiet: context.output.json })
      if (context.output.json) await printWhole(context, session, ended)
      return ended.status === 'succeeded' ? 0 : 1
    }
    await printWhole(context, session, job)
    return 0
  },
}

const printWhole = async (context: Context, session: Session, job: Job): Promise<void> => {
  if (job.attempt === null) throw new UsageError(context.texts.noAttempt)
  const params = { projectId: job.projectId, jobId: job.id, attemptId: job.attempt.id }
  const parts: Uint8Array[] = []
  for (let offset = 0; ;) {
    const bytes = await session.client.readLog({ params, query: { offset, limit: chunkBytes } })
    if (bytes.length === 0) break
    if (context.output.json) parts.push(bytes)
    else context.output.bytes(bytes)
    offset += bytes.length
  }
  context.output.value({ job: job.number, attempt: job.attempt.number, log: Buffer.concat(parts).toString('utf8') })
}
