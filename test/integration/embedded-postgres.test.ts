import { chmod, mkdir, mkdtemp, readFile, realpath, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { Client } from 'pg'
import { pino } from 'pino'
import { isConnectionFault } from '../../server/src/db/faults.js'
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../server/src/postgres/embedded.js'

const log = pino({ level: 'silent' })
const homes: string[] = []
const running: EmbeddedPostgres[] = []

const newHome = async (): Promise<string> => {
  const home = await mkdtemp(path.join(tmpdir(), 'novabrain-embedded-'))
  await chmod(home, 0o711)
  homes.push(home)
  return home
}

const start = async (home: string): Promise<EmbeddedPostgres> => {
  const postgres = await startEmbeddedPostgres({ home, log })
  running.push(postgres)
  return postgres
}

afterAll(async () => {
  await Promise.all(running.map((postgres) => postgres.stop()))
  for (const home of homes) {
    const data = await realpath(path.join(home, 'private', 'postgres', 'data')).catch(() => home)
    if (!data.startsWith(home)) await rm(path.dirname(data), { recursive: true, force: true })
    await rm(home, { recursive: true, force: true })
  }
})

const query = async <T extends object>(url: string, sql: string): Promise<T[]> => {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2000 })
  client.on('error', () => undefined)
  await client.connect()
  try {
    return (await client.query<T>(sql)).rows
  } finally {
    await client.end()
  }
}

/** Ask until the database answers: the supervisor is starting it. */
const queryWhenUp = async <T extends object>(url: string, sql: string): Promise<T[]> => {
  for (;;) {
    try {
      return await query<T>(url, sql)
    } catch (error) {
      if (!isConnectionFault(error)) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

test('a fresh folder becomes a database that listens only here, for a role that is no superuser', async () => {
  const home = await newHome()
  const postgres = await start(home)
  const [facts] = await query<Record<string, unknown>>(
    postgres.url,
    `SELECT current_setting('listen_addresses') AS listens, current_setting('max_wal_size') AS wal,
       pg_size_bytes(current_setting('shared_buffers'))::float8 AS buffers,
       (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) AS superuser,
       current_setting('server_encoding') AS encoding, current_setting('fsync') AS fsync`,
  )
  const buffers = expect.any(Number)
  expect(facts).toEqual({ listens: '127.0.0.1', wal: '1GB', buffers, superuser: false, encoding: 'UTF8', fsync: 'on' })
  expect(facts?.['buffers']).toBeGreaterThanOrEqual(128 * 1_048_576)
  await expect(query(postgres.url.replace(/:[0-9a-f]{48}@/, ':wrong@'), 'SELECT 1')).rejects.toThrow(/password/)
  expect((await stat(path.join(home, 'postgres', 'secrets.json'))).mode & 0o777).toBe(0o600)
  expect(await readFile(path.join(home, 'postgres', 'port'), 'utf8')).toBe(new URL(postgres.url).port)
})

test('stopped and started again it has its rows and its port', async () => {
  const home = await newHome()
  const first = await start(home)
  await query(first.url, 'CREATE TABLE kept AS SELECT 42 AS answer')
  await first.stop()
  const second = await start(home)
  expect(second.url).toBe(first.url)
  expect(await query(second.url, 'SELECT answer FROM kept')).toEqual([{ answer: 42 }])
})

test('killed with -9 it is back by itself on the same address with every acknowledged row', async () => {
  const postgres = await start(await newHome())
  await query(postgres.url, 'CREATE TABLE acknowledged (n integer PRIMARY KEY)')
  const before = postgres.pid()
  let acknowledged = 0
  for (; acknowledged < 200; acknowledged += 1) {
    if (acknowledged === 150) process.kill(before, 'SIGKILL')
    await queryWhenUp(postgres.url, `INSERT INTO acknowledged VALUES (${String(acknowledged)}) ON CONFLICT DO NOTHING`)
  }
  expect(postgres.pid()).not.toBe(before)
  expect(await query(postgres.url, 'SELECT count(*)::int AS n FROM acknowledged')).toEqual([{ n: 200 }])
})

test('one that a killed server left behind is taken over, and never started twice', async () => {
  const home = await newHome()
  const orphan = await start(home)
  await query(orphan.url, 'CREATE TABLE seen (n integer)')
  const heir = await start(home)
  expect(heir.pid()).toBe(orphan.pid())
  expect(heir.url).toBe(orphan.url)
  expect(await query(heir.url, 'SELECT * FROM seen')).toEqual([])
})

test('a lock file of a process that is long gone hinders nothing', async () => {
  const home = await newHome()
  const first = await start(home)
  const pid = first.pid()
  const killed = query(first.url, 'SELECT pg_sleep(60)').catch(() => 'ended')
  process.kill(pid, 'SIGKILL')
  await killed
  expect(await queryWhenUp(first.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
})

test('stopped while it is coming back from a crash, it ends', async () => {
  for (const waitMs of [0, 60, 200]) {
    const home = await newHome()
    const postgres = await start(home)
    process.kill(postgres.pid(), 'SIGKILL')
    // Different moments of the restart; every one of them must end well.
    await new Promise((resolve) => setTimeout(resolve, waitMs))
    await postgres.stop()
    await expect(query(postgres.url, 'SELECT 1')).rejects.toThrow()
  }
})

test('a home that only its owner may enter works', async () => {
  const home = path.join(await newHome(), 'private')
  await mkdir(home, { mode: 0o700 })
  const postgres = await start(home)
  expect(await query(postgres.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }])
  expect((await stat(home)).mode & 0o777).toBe(0o700)
})
