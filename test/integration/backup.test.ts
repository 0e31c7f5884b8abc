import { createHash } from 'node:crypto'
import { appendFile, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { pino } from 'pino'
import { backup, restore } from '../../server/src/backup/backup.js'
import { createFolderBlobStore } from '../../server/src/blobs/folder-store.js'
import { createDataSource, migrate } from '../../server/src/db/data-source.js'
import { startApp, type TestApp } from '../support/app.js'
import { asAdmin, createEmptyDatabase, type TestDatabase } from '../support/postgres.js'

let app: TestApp
let scratch: string
let empty: TestDatabase

beforeAll(async () => {
  app = await startApp({ background: false })
  scratch = await mkdtemp(path.join(tmpdir(), 'novabrain-backup-'))
})

beforeEach(async () => {
  empty = await createEmptyDatabase()
  const dataSource = await createDataSource({ url: empty.url, log: pino({ level: 'silent' }) }).initialize()
  await migrate(dataSource)
  await dataSource.destroy()
})

afterEach(() => empty.drop())

afterAll(async () => {
  await app.close()
  await rm(scratch, { recursive: true, force: true })
})

const uploadOne = async (bytes: Uint8Array): Promise<string> => {
  const digest = createHash('sha256').update(bytes).digest('hex')
  await app.owner.client.putBlob({ params: { projectId: app.owner.project.id, digest }, body: bytes })
  return digest
}

const write = (folder: string) =>
  backup({
    databaseUrl: app.database.url,
    blobs: app.services.blobStore,
    folder,
    serverVersion: '3.0.0',
    now: app.foundation.clock.now(),
  })

const tablesOf = (url: string) =>
  asAdmin(async (client) => {
    const { rows } = await client.query<{ table: string; content: string }>(
      `SELECT relname AS table, query_to_xml(format('SELECT * FROM %I ORDER BY 1, 2', relname), true, false, '')::text AS content
       FROM pg_stat_user_tables WHERE relname <> 'migrations' ORDER BY relname`,
    )
    return Object.fromEntries(rows.map(({ table, content }) => [table, content]))
  }, url)

test('a restored server has every row, keys included, and every blob', async () => {
  const digest = await uploadOne(new TextEncoder().encode('print("保留")'))
  const folder = path.join(scratch, 'whole')
  const manifest = await write(folder)
  expect(manifest.blobCount).toBeGreaterThanOrEqual(1)

  const blobs = path.join(scratch, 'blobs-restored')
  await restore({ databaseUrl: empty.url, blobs: createFolderBlobStore(blobs), folder })

  expect(await tablesOf(empty.adminUrl)).toEqual(await tablesOf(app.database.adminUrl))
  const files = await readdir(blobs, { recursive: true })
  expect(files).toContain(path.join(digest.slice(0, 2), digest.slice(2)))
})

test('row-level security still holds after a restore', async () => {
  const folder = path.join(scratch, 'secured')
  await write(folder)
  await restore({ databaseUrl: empty.url, blobs: createFolderBlobStore(path.join(scratch, 'b')), folder })
  const forced = (url: string) =>
    asAdmin(async (client) => {
      const { rows } = await client.query<{ name: string }>(
        'SELECT relname AS name FROM pg_class WHERE relrowsecurity AND relforcerowsecurity ORDER BY 1',
      )
      return rows.map(({ name }) => name)
    }, url)
  const before = await forced(app.database.adminUrl)
  expect(before).toContain('projects')
  expect(await forced(empty.adminUrl)).toEqual(before)
})

test('a damaged backup is refused and leaves the database empty', async () => {
  const folder = path.join(scratch, 'damaged')
  await write(folder)
  await appendFile(
    path.join(folder, 'tables', 'tenants.copy'),
    (await readFile(path.join(folder, 'tables', 'tenants.copy'), 'utf8'))
      .replace(/^[0-9a-f]{32}/, 'f'.repeat(32))
      .replace('acme', 'forged'),
  )
  await expect(
    restore({ databaseUrl: empty.url, blobs: createFolderBlobStore(path.join(scratch, 'c')), folder }),
  ).rejects.toThrow('damaged')
  const tenants = await asAdmin(async (client) => (await client.query('SELECT FROM tenants')).rowCount, empty.adminUrl)
  expect(tenants).toBe(0)
})

test('a restore refuses a database that is in use', async () => {
  const folder = path.join(scratch, 'second')
  await write(folder)
  await expect(
    restore({ databaseUrl: app.database.url, blobs: createFolderBlobStore(path.join(scratch, 'd')), folder }),
  ).rejects.toThrow('in use')
})
