import { protect } from '../row-level-security.js'
import { defineMigration } from './define.js'

const peaks = `CREATE TABLE gpu_memory_peaks (
  project_id text NOT NULL,
  submitted_by text NOT NULL,
  name text NOT NULL,
  peaks_mib integer[] NOT NULL,
  PRIMARY KEY (project_id, submitted_by, name))`

/** What is still known of the last twenty successful jobs by each name. */
const past = `
  INSERT INTO gpu_memory_peaks (project_id, submitted_by, name, peaks_mib)
  SELECT project_id, submitted_by, name, array_agg(mib ORDER BY number)
  FROM (
    SELECT job.project_id, job.submitted_by, job.name, job.number, sampled.mib,
      row_number() OVER (PARTITION BY job.project_id, job.submitted_by, job.name ORDER BY job.number DESC) AS rank
    FROM jobs job JOIN LATERAL (
      SELECT ceil(max(gpu_memory_mib)::numeric / job.gpu_count)::integer AS mib
      FROM resource_samples sample WHERE sample.attempt_id = job.attempt_id) sampled ON sampled.mib > 0
    WHERE job.status = 'succeeded' AND job.gpu_count > 0) one
  WHERE rank <= 20
  GROUP BY project_id, submitted_by, name`

/** What jobs of a member by one name took of a GPU at most: with it the next one is let in. */
export const gpuMemoryPeaks = defineMigration(23, 'GpuMemoryPeaks', {
  up: [peaks, past, ...protect('gpu_memory_peaks', 'project_id')],
  down: [`DROP TABLE gpu_memory_peaks`],
})
