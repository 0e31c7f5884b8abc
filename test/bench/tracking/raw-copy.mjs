// How fast points can reach the disk on this machine at all: PostgreSQL's own COPY into a table of the same columns and the
// same key as ours, fsync on, against points sent to the server in full batches.
import { once } from 'node:events'
import pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'

const columns = '(series_id, step, timestamp_ms, value, project_id)'

/** Points in a second that COPY takes in, `connections` at once, each in transactions of `batch` points. */
export const rawCopy = async (connectionString, { connections, batch, durationMs }) => {
  const clients = Array.from({ length: connections }, () => new pg.Client({ connectionString }))
  for (const client of clients) await client.connect()
  const [admin] = clients
  await admin.query('CREATE TABLE raw_points (LIKE metric_points INCLUDING INDEXES)')
  try {
    const started = performance.now()
    let done = 0
    await Promise.all(
      clients.map(async (client, series) => {
        for (let step = 0; performance.now() - started < durationMs; step += batch) {
          const stream = client.query(copyFrom(`COPY raw_points ${columns} FROM STDIN`))
          stream.end(
            Array.from(
              { length: batch },
              (_, each) =>
                `${series}\t${step + each}\t1700000000000\t${Math.random()}\tp0000000000000000000000000000001\n`,
            ).join(''),
          )
          await once(stream, 'finish')
          done += batch
        }
      }),
    )
    return done / ((performance.now() - started) / 1000)
  } finally {
    await admin.query('DROP TABLE raw_points')
    for (const client of clients) await client.end()
  }
}
