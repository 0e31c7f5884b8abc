import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import { prepareBinaries } from './binaries.js'
import { openDataFolder, reachableFolder, type DataFolder } from './data-folder.js'
import { chooseOperatingUser } from './operating-user.js'
import { asSuperuser, startPostmaster, stopPostmaster, type Postmaster } from './postmaster.js'

/** A PostgreSQL of the server's own. */
export interface EmbeddedPostgres {
  /** The address for the application's role, which is no superuser. */
  readonly url: string
  /** The address for PostgreSQL's superuser: for tests and for repairs by hand. */
  readonly adminUrl: string
  /** Whether it ran already and was taken over. */
  readonly adopted: boolean
  /** The process of the moment; a crash brings another. */
  pid(): number
  stop(): Promise<void>
}

export interface EmbeddedOptions {
  /** The data folder of the server. */
  readonly home: string
  readonly log: Logger
}

/**
 * Start the PostgreSQL of a data folder and keep it running.
 *
 * It goes `starting → running → starting …` until it is stopped. A server that was killed leaves its PostgreSQL behind;
 * the next one finds it by its lock file and takes it over. If it dies it is started again on the same port, at once the
 * first time and then after longer and longer waits, at most 10 s; the application's pool connects again by itself.
 */
export const startEmbeddedPostgres = async ({ home, log }: EmbeddedOptions): Promise<EmbeddedPostgres> => {
  const user = await chooseOperatingUser()
  const native = await prepareBinaries(user, await reachableFolder(user, home))
  const at = await openDataFolder(home, native, user, () => log.info('making the database'))
  let postmaster = await startPostmaster(at, native)
  await ensureDatabase(at, postmaster.port)
  log.info({ pid: postmaster.pid, port: postmaster.port, adopted: postmaster.adopted }, 'the database is running')
  let stopping = false

  const keepRunning = async (): Promise<void> => {
    for (;;) {
      await postmaster.ended
      if (stopping) return
      log.warn({ pid: postmaster.pid }, 'the database died; it is started again')
      const next = await restart(at, native, { port: postmaster.port, log, stopping: () => stopping })
      if (next === null) return
      postmaster = next
      // It was asked to stop while it was being started again.
      if (stopping) return stopPostmaster(postmaster)
      log.info({ pid: postmaster.pid }, 'the database is running again')
    }
  }
  const kept = keepRunning()

  return {
    url: urlOf('novabrain', at.secrets.app, postmaster.port),
    adminUrl: urlOf('postgres', at.secrets.superuser, postmaster.port),
    adopted: postmaster.adopted,
    pid: () => postmaster.pid,
    async stop() {
      stopping = true
      await stopPostmaster(postmaster)
      await kept
    },
  }
}

const restart = async (
  at: DataFolder,
  native: string,
  { port, log, stopping }: { port: number; log: Logger; stopping: () => boolean },
): Promise<Postmaster | null> => {
  for (let waitMs = 50; !stopping(); waitMs = Math.min(waitMs * 2, 10_000)) {
    try {
      return await startPostmaster(at, native, port)
    } catch (error) {
      log.warn({ err: error, waitMs }, 'the database did not start')
      await delay(waitMs)
    }
  }
  return null
}

/** Each role has the database of its own name. */
const urlOf = (role: string, password: string, port: number): string =>
  `postgresql://${role}:${password}@127.0.0.1:${String(port)}/${role}`

/** The role and the database of the application. The role is no superuser, so row-level security holds it. */
const ensureDatabase = (at: DataFolder, port: number): Promise<void> =>
  asSuperuser(at, port, async (client) => {
    const role = await client.query(`SELECT 1 FROM pg_roles WHERE rolname = 'novabrain'`)
    const verb = role.rows.length === 0 ? 'CREATE' : 'ALTER'
    // The secret is our own hexadecimal text; a utility statement takes no parameters.
    await client.query(`${verb} ROLE novabrain LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '${at.secrets.app}'`)
    const database = await client.query(`SELECT 1 FROM pg_database WHERE datname = 'novabrain'`)
    if (database.rows.length === 0) await client.query(`CREATE DATABASE novabrain OWNER novabrain`)
  })

/** Where the log of the embedded PostgreSQL of a data folder is. */
export const postgresLogFile = (home: string): string => path.join(home, 'postgres', 'postgres.log')
