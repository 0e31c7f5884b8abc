import { AttemptEntity, JobEntity } from './entities/execution.js'
import { rowsOf } from './rows.js'

/** The two tables through which every job goes, several times each. */
export const jobRows = rowsOf(JobEntity)
export const attemptRows = rowsOf(AttemptEntity)
