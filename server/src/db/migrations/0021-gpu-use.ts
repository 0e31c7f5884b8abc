import { defineMigration } from './define.js'

/**
 * What an attempt was measured to use of its GPUs is kept beside it as a sum, so that leads see the use of weeks without a
 * look at single samples; and of an attempt that had to make room: for whom, and why.
 */
export const gpuUse = defineMigration(21, 'GpuUse', {
  up: [
    `ALTER TABLE attempts
       ADD COLUMN gpu_sample_count bigint NOT NULL DEFAULT 0,
       ADD COLUMN gpu_milli_sum bigint NOT NULL DEFAULT 0,
       ADD COLUMN gpu_idle_since timestamptz(3),
       ADD COLUMN preempted_for text,
       ADD COLUMN preempted_why text`,
    `UPDATE attempts SET gpu_sample_count = used.samples, gpu_milli_sum = used.total
       FROM (SELECT attempt_id, count(gpu_milli) AS samples, coalesce(sum(gpu_milli), 0) AS total
             FROM resource_samples WHERE gpu_milli IS NOT NULL GROUP BY attempt_id) used
       WHERE used.attempt_id = attempts.id`,
    `CREATE INDEX attempts_ended_at_idx ON attempts (ended_at)`,
  ],
  down: [
    `DROP INDEX attempts_ended_at_idx`,
    `ALTER TABLE attempts
       DROP COLUMN gpu_sample_count,
       DROP COLUMN gpu_milli_sum,
       DROP COLUMN gpu_idle_since,
       DROP COLUMN preempted_for,
       DROP COLUMN preempted_why`,
  ],
})
