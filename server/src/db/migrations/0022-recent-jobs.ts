import { defineMigration } from './define.js'

/** The scheduler looks at what the jobs of the last days asked for, whatever became of them. */
export const recentJobs = defineMigration(22, 'RecentJobs', {
  up: [`CREATE INDEX jobs_submitted_at_idx ON jobs (submitted_at)`],
  down: [`DROP INDEX jobs_submitted_at_idx`],
})
