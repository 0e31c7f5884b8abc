import { fail, type Job } from '@novabrain/contracts'
import { Type } from '@sinclair/typebox'
import type { ProjectScope } from '../../deps.js'
import type { JobService } from '../jobs/service.js'

/** A job as people and models name it: `18`, `#18`, or its id. */
export const JobReference = Type.String({
  pattern: '^(#?[1-9][0-9]{0,8}|[0-9a-f]{32})$',
  description: 'The number of the job in its project, such as "18" or "#18", or its id',
})

/** The job that is meant. Errors: `job_not_found`. */
export const findReferredJob = async (jobs: JobService, scope: ProjectScope, reference: string): Promise<Job> => {
  if (reference.length === 32) return jobs.get(scope, reference)
  const number = Number(reference.replace('#', ''))
  const { items } = await jobs.list(scope, { status: undefined, cursor: String(number + 1), limit: 1 })
  const [job] = items
  return job?.number === number ? job : fail('job_not_found')
}
