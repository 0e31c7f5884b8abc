// History written as rows, the same for us and for the peer: what a benchmark of reading needs is made in seconds, and by
// no road that it measures. Values come from `hashint4`, so both hold the same numbers.
import pg from 'pg'

/** What each run holds. */
export const shape = { metrics: 10, params: 20, tags: 5 }

/** A number in [0, 1) that follows from a run and a metric. */
const value = (run, metric) => `((hashint4(${run} * 100 + ${metric}) & 1048575)::double precision / 1048576)`
const runId = (experiment, run) => `lpad(to_hex(${experiment}::bigint * 1000000 + ${run}), 32, '0')`
/** The id of a run that was filled in, by its experiment and its number from 1 on. */
export const runIdOf = (experiment, run) => (experiment * 1_000_000 + run).toString(16).padStart(32, '0')

const metricName = (index) =>
  `(ARRAY['loss', 'accuracy'] || array(SELECT 'metric ' || i FROM generate_series(3, 10) i))[${index}]`

const filler = (connectionString, schema) => async (statements) => {
  const client = new pg.Client({ connectionString })
  await client.connect()
  try {
    await client.query(`SET search_path = ${schema}`)
    await client.query(`SELECT set_config('novabrain.access', 'system', false)`)
    let rows = []
    for (const [text, values = []] of statements) rows = (await client.query(text, values)).rows
    return rows
  } finally {
    await client.end()
  }
}

/** Fill the peer's tables. */
export const fillMlflow = (databaseUrl) => {
  const write = filler(databaseUrl, 'mlflow_peer')
  return {
    runs: (experiment, count) =>
      write([
        [
          `INSERT INTO runs (run_uuid, name, source_type, source_name, entry_point_name, user_id, status, start_time,
             end_time, source_version, lifecycle_stage, artifact_uri, experiment_id)
           SELECT ${runId('$1', 'n')}, 'run ' || n, 'LOCAL', '', '', 'someone', 'FINISHED', 1700000000000 + n,
             1700000001000 + n, '', 'active', 'mlflow-artifacts:/' || $1 || '/' || ${runId('$1', 'n')} || '/artifacts', $1
           FROM generate_series(1, $2::int) AS n`,
          [experiment, count],
        ],
        [
          `INSERT INTO latest_metrics (run_uuid, key, value, timestamp, step, is_nan)
           SELECT ${runId('$1', 'n')}, ${metricName('m')}, ${value('n', 'm')}, 1700000000500 + n, 100, false
           FROM generate_series(1, $2::int) AS n, generate_series(1, ${shape.metrics}) AS m`,
          [experiment, count],
        ],
        [
          `INSERT INTO params (run_uuid, key, value) SELECT ${runId('$1', 'n')}, 'param ' || p, 'value ' || (n + p) % 7
           FROM generate_series(1, $2::int) AS n, generate_series(1, ${shape.params}) AS p`,
          [experiment, count],
        ],
        [
          `INSERT INTO tags (run_uuid, key, value) SELECT ${runId('$1', 'n')}, 'tag ' || t, 'value ' || (n + t) % 3
           FROM generate_series(1, $2::int) AS n, generate_series(1, ${shape.tags}) AS t`,
          [experiment, count],
        ],
        ['ANALYZE runs, latest_metrics, params, tags'],
      ]),
    points: (run, key, count) =>
      write([
        [
          `INSERT INTO metrics (run_uuid, key, value, timestamp, step, is_nan)
           SELECT $1, $2, ${value('n', '1')}, 1700000000000 + n, n, false FROM generate_series(1, $3::int) AS n`,
          [run, key, count],
        ],
        ['ANALYZE metrics'],
      ]),
  }
}

/** Fill our tables, and look at them. */
export const fillOurs = (databaseUrl, { tenantId, projectId }) => {
  const write = filler(databaseUrl, 'public')
  return {
    runs: (experiment, count) =>
      write([
        [
          `INSERT INTO runs (id, tenant_id, project_id, experiment_id, name, status, lifecycle_stage, user_name,
             started_at_ms, ended_at_ms, last_seen_at_ms)
           SELECT ${runId('$3', 'n')}, $1, $2, $3, 'run ' || n, 'FINISHED', 'active', 'someone',
             1700000000000 + n, 1700000001000 + n, 1700000001000 + n FROM generate_series(1, $4::int) AS n`,
          [tenantId, projectId, experiment, count],
        ],
        [
          `INSERT INTO run_metrics (run_id, key, step, timestamp_ms, value, point_count, project_id, experiment_id)
           SELECT ${runId('$2', 'n')}, ${metricName('m')}, 100, 1700000000500 + n, ${value('n', 'm')}, 1, $1, $2
           FROM generate_series(1, $3::int) AS n, generate_series(1, ${shape.metrics}) AS m`,
          [projectId, experiment, count],
        ],
        [
          `INSERT INTO run_params (run_id, key, value, project_id)
           SELECT ${runId('$2', 'n')}, 'param ' || p, 'value ' || (n + p) % 7, $1
           FROM generate_series(1, $3::int) AS n, generate_series(1, ${shape.params}) AS p`,
          [projectId, experiment, count],
        ],
        [
          `INSERT INTO run_tags (run_id, key, value, project_id)
           SELECT ${runId('$2', 'n')}, 'tag ' || t, 'value ' || (n + t) % 3, $1
           FROM generate_series(1, $3::int) AS n, generate_series(1, ${shape.tags}) AS t`,
          [projectId, experiment, count],
        ],
        ['ANALYZE runs, run_metrics, run_params, run_tags'],
      ]),
    points: (run, key, count) =>
      write([
        [
          `INSERT INTO metric_points (series_id, step, timestamp_ms, value, project_id)
           SELECT series_id, n, 1700000000000 + n, ${value('n', '1')}, project_id
           FROM run_metrics, generate_series(1, $3::int) AS n WHERE run_id = $1 AND key = $2`,
          [run, key, count],
        ],
        [`UPDATE run_metrics SET point_count = $3 WHERE run_id = $1 AND key = $2`, [run, key, count]],
        ['ANALYZE metric_points'],
      ]),
    /** How many points of a series no block tells yet. */
    behind: async (run, key) => {
      const text = 'SELECT point_count - summarised_count AS behind FROM run_metrics WHERE run_id = $1 AND key = $2'
      return Number((await write([[text, [run, key]]]))[0].behind)
    },
  }
}
