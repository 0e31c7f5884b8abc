import { LessThan } from 'typeorm'
import { JobPlanEntity, type JobPlanRow } from '../../db/entities/authorization.js'
import type { ProjectScope, Tx } from '../../deps.js'

/** Keep a plan; those of the project that expired before `purgeBefore` go. */
export const insertPlan = async (tx: Tx, row: JobPlanRow, purgeBefore: string): Promise<void> => {
  await tx.delete(JobPlanEntity, { projectId: row.projectId, expiresAt: LessThan(purgeBefore) })
  await tx.insert(JobPlanEntity, row)
}

/** The plan of the project with this confirmation, or `null`. */
export const findPlan = (
  tx: Tx,
  { tenantId, projectId }: ProjectScope,
  secretHash: Buffer,
): Promise<JobPlanRow | null> => tx.findOneBy(JobPlanEntity, { tenantId, projectId, secretHash })
