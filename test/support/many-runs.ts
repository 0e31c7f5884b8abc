import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'

/** Where many runs are made. */
export interface ManyRuns {
  readonly tenantId: string
  readonly projectId: string
  /** An experiment that exists already. */
  readonly experimentId: string
  readonly runs: number
  /** About how many distinct keys they have together. */
  readonly keys: number
}

/** Write many runs as rows (`many-runs.sql`). */
export const fillManyRuns = async (databaseUrl: string, many: ManyRuns): Promise<void> => {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    await client.query(readFileSync(join(__dirname, 'many-runs.sql'), 'utf8'))
    const { tenantId, projectId, experimentId, runs, keys } = many
    await client.query('SELECT pg_temp.fill_runs($1, $2, $3, $4, $5)', [tenantId, projectId, experimentId, runs, keys])
    await client.query('ANALYZE runs, run_metrics, run_params, run_tags, run_keys')
  } finally {
    await client.end()
  }
}
