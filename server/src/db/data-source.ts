import type { Logger } from 'pino'
import { DataSource } from 'typeorm'
import { entities } from './entities/index.js'
import { migrations } from './migrations/index.js'
import { PostgresNaming } from './naming.js'
import { StatementClient } from './prepared.js'

export interface DataSourceOptions {
  /** `postgresql://user:password@host:port/database` */
  readonly url: string
  readonly log: Logger
  /** How many connections at most; the default is 20. */
  readonly poolSize?: number
  /** How long to wait for a connection before `database_unavailable`. */
  readonly connectTimeoutMs?: number
}

/** A connection at rest is kept so long: another has to sign in and to plan every statement anew, while somebody waits. */
const restMs = 300_000

/**
 * A data source over all entities and migrations, not yet connected. `bigint` comes back as a number. A connection that
 * dies is logged and replaced; it never takes the process with it.
 */
export const createDataSource = ({ url, log, poolSize = 20, connectTimeoutMs = 5000 }: DataSourceOptions): DataSource =>
  new DataSource({
    type: 'postgres',
    url,
    applicationName: 'novabrain',
    entities: [...entities],
    migrations: [...migrations],
    migrationsTableName: 'migrations',
    migrationsTransactionMode: 'each',
    namingStrategy: new PostgresNaming(),
    installExtensions: false,
    synchronize: false,
    parseInt8: true,
    poolSize,
    extra: { Client: StatementClient, pipeline: true, idleTimeoutMillis: restMs },
    connectTimeoutMS: connectTimeoutMs,
    poolErrorHandler: (error: Error) => log.warn({ err: error }, 'a database connection was lost'),
  })

const migrationLock = 7_077_001

/** Bring the schema up to date. Of several servers starting at once one does it and the others wait. */
export const migrate = async (dataSource: DataSource): Promise<void> => {
  const runner = dataSource.createQueryRunner()
  try {
    await runner.query('SELECT pg_advisory_lock($1)', [migrationLock])
    await dataSource.runMigrations()
  } finally {
    await runner.query('SELECT pg_advisory_unlock($1)', [migrationLock]).catch(() => undefined)
    await runner.release()
  }
}
