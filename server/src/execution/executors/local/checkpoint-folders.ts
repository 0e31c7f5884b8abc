import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * What jobs keep between their attempts, a folder each by the id of the job, under one root. Runners make them; a root
 * that several nodes share holds those of jobs on other nodes too.
 */
export const createCheckpointFolders = (root: string) => ({
  root,

  /** The jobs that have one. */
  async list(): Promise<string[]> {
    const names = await readdir(root).catch(() => [])
    return names.filter((name) => /^[0-9a-f]{32}$/.test(name))
  },

  remove: (jobId: string): Promise<void> => rm(join(root, jobId), { recursive: true, force: true, maxRetries: 3 }),
})
