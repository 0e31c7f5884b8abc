import type { Job } from '@novabrain/contracts'
import { UsageError, type Context, type Session } from './command.js'

/** The job a user means: `18`, `#18`, an id, or `last`. */
export const findJob = async (context: Context, session: Session): Promise<Job> => {
  const reference = context.positionals[0]
  if (reference === undefined) throw new UsageError(context.texts.noJob(''))
  const projectId = await session.projectId()
  if (/^[0-9a-f]{32}$/.test(reference)) return session.client.getJob({ params: { projectId, jobId: reference } })
  const number = reference === 'last' ? null : Number(reference.replace(/^#/, ''))
  const found = await searchJob(session, projectId, number)
  if (found === null) throw new UsageError(context.texts.noJob(reference))
  return found
}

const searchJob = async (session: Session, projectId: string, number: number | null): Promise<Job | null> => {
  let cursor: string | undefined
  do {
    const page = await session.client.listJobs({
      params: { projectId },
      query: { limit: number === null ? 1 : 200, ...(cursor === undefined ? {} : { cursor }) },
    })
    const found = number === null ? page.items[0] : page.items.find((job) => job.number === number)
    if (found !== undefined) return found
    if (number !== null && page.items.some((job) => job.number < number)) return null
    cursor = page.nextCursor ?? undefined
  } while (cursor !== undefined)
  return null
}
