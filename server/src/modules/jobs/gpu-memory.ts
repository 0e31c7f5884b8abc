import type { AttemptRow, JobRow } from '../../db/entities/execution.js'
import { prepared } from '../../db/prepared.js'
import type { ProjectScope, Tx } from '../../deps.js'

const addPeak = prepared(`
  INSERT INTO gpu_memory_peaks (project_id, submitted_by, name, peaks_mib)
  SELECT $1, $2, $3, ARRAY[mib]
  FROM (SELECT ceil(max(gpu_memory_mib)::numeric / $4)::integer AS mib
        FROM resource_samples WHERE attempt_id = $5 AND project_id = $1) sampled
  WHERE mib > 0
  ON CONFLICT (project_id, submitted_by, name) DO UPDATE SET
    peaks_mib = (gpu_memory_peaks.peaks_mib || excluded.peaks_mib)[greatest(1, cardinality(gpu_memory_peaks.peaks_mib) - 18):]`)

/**
 * Remember what an attempt took of each GPU at most: the last twenty by a name stay. Nothing is kept where nothing was
 * measured. Devices of one job are taken to be used alike.
 */
export const recordGpuPeak = async (
  tx: Tx,
  job: Pick<JobRow, 'projectId' | 'submittedBy' | 'name'>,
  { id, devices }: Pick<AttemptRow, 'id' | 'devices'>,
): Promise<void> => {
  if (devices.length === 0) return
  await tx.query(addPeak, [job.projectId, job.submittedBy, job.name, devices.length, id])
}

const ofName = `
  SELECT peaks_mib AS "peaksMib" FROM gpu_memory_peaks WHERE project_id = $1 AND submitted_by = $2 AND name = $3`

/** What the last jobs of the member by this name took of a GPU at most, MiB on each device; empty when nothing is known. */
export const gpuPeaksOf = async (tx: Tx, scope: ProjectScope, name: string): Promise<readonly number[]> => {
  const rows: { peaksMib: number[] }[] = await tx.query(ofName, [scope.projectId, scope.memberName, name])
  return rows[0]?.peaksMib ?? []
}
