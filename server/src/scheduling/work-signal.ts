import { Client } from 'pg'
import type { Deps } from '../deps.js'
import { workChannel } from '../modules/jobs/lifecycle.js'

/** One scheduler at a time, over all servers on one database. */
const schedulerLock = 7_077_004
const retryMs = 1000

/** Hears that something was committed, and holds the one place of the scheduler. */
export interface WorkSignal {
  start(): Promise<void>
  stop(): Promise<void>
  /** Whether this server is the one that schedules. */
  leads(): boolean
  /** For the how manyth time this server leads; `null` while it does not. */
  term(): number | null
  /** Whether the connection stands. */
  connected(): boolean
}

/**
 * A connection of its own that listens for commits and tries for the scheduler's lock. The lock lives and dies with the
 * connection: when it breaks, this server leads no more, and PostgreSQL gives the place to whoever asks next.
 */
export const createWorkSignal = ({
  databaseUrl,
  log,
  onWork,
}: {
  readonly databaseUrl: string
  readonly log: Deps['log']
  readonly onWork: () => void
}): WorkSignal => {
  let client: Client | null = null
  let leads = false
  let terms = 0
  let stopped = false
  let timer: NodeJS.Timeout | undefined

  const drop = (gone: Client): void => {
    if (client !== gone) return
    client = null
    leads = false
    gone.removeAllListeners()
    gone.on('error', () => undefined)
    gone.end().catch(() => undefined)
  }

  const tryToLead = async (connected: Client): Promise<void> => {
    if (leads) return void (await connected.query('SELECT 1'))
    const { rows } = await connected.query<{ got: boolean }>('SELECT pg_try_advisory_lock($1) AS got', [schedulerLock])
    leads = rows[0]?.got === true && client === connected
    if (!leads) return
    terms += 1
    onWork()
  }

  const connect = async (): Promise<Client> => {
    const fresh = new Client({
      connectionString: databaseUrl,
      application_name: 'novabrain scheduler',
      keepAlive: true,
      connectionTimeoutMillis: 5000,
      query_timeout: 10_000,
    })
    fresh.on('error', (error) => {
      log.warn({ err: error }, 'the connection of the scheduler was lost')
      drop(fresh)
    })
    fresh.on('notification', onWork)
    await fresh.connect()
    await fresh.query(`LISTEN ${workChannel}`)
    client = fresh
    return fresh
  }

  const keep = async (): Promise<void> => {
    try {
      await tryToLead(client ?? (await connect()))
    } catch (error) {
      log.warn({ err: error }, 'the scheduler cannot reach PostgreSQL and will try again')
      if (client !== null) drop(client)
    }
    if (!stopped) timer = setTimeout(() => void keep(), retryMs)
  }

  return {
    start: () => {
      stopped = false
      return keep()
    },
    async stop() {
      stopped = true
      clearTimeout(timer)
      if (client !== null) drop(client)
      leads = false
      return Promise.resolve()
    },
    leads: () => leads,
    term: () => (leads ? terms : null),
    connected: () => client !== null,
  }
}
