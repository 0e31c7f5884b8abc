import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { Client, type ClientBase } from 'pg'
import { from as copyFrom, to as copyTo } from 'pg-copy-streams'
import { createFolderBlobStore } from '../blobs/folder-store.js'
import type { BlobStore } from '../blobs/store.js'
import { columnList, quoted, readTables, type BackupTable } from './tables.js'

const formatVersion = 1

/** What a backup holds; `manifest.json` of its folder. */
export interface BackupManifest {
  readonly formatVersion: number
  readonly serverVersion: string
  readonly createdAt: string
  /** The migrations that the schema had; a restore needs a server that knows them all. */
  readonly migrations: readonly string[]
  readonly tables: readonly { readonly name: string; readonly rows: number; readonly sha256: string }[]
  readonly blobCount: number
}

export interface BackupOptions {
  readonly databaseUrl: string
  /** Where the bytes are, or go. */
  readonly blobs: BlobStore
  /** The folder of the backup. */
  readonly folder: string
  /** Told before each table and before the blobs. */
  readonly report?: (what: string) => void
}

/**
 * Copy all data into a folder while the server runs: every table at one moment (one repeatable-read transaction), then the
 * blobs, which are never changed once written, from wherever they are. The folder appears whole or not at all. Throws if it exists.
 */
export const backup = async (
  options: BackupOptions & { readonly serverVersion: string; readonly now: string },
): Promise<BackupManifest> => {
  const draft = `${options.folder}.partial`
  await rm(draft, { recursive: true, force: true })
  await mkdir(path.join(draft, 'tables'), { recursive: true, mode: 0o700 })
  const { tables, migrations } = await withClient(options.databaseUrl, async (client) => {
    await client.query('BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY')
    await client.query("SELECT set_config('novabrain.access', 'system', true)")
    const written = []
    for (const table of await readTables(client)) {
      options.report?.(table.name)
      written.push(await writeTable(client, table, path.join(draft, 'tables', `${table.name}.copy`)))
    }
    return { tables: written, migrations: await readMigrations(client) }
  })
  options.report?.('blobs')
  const blobCount = await copyBlobs(options.blobs, createFolderBlobStore(path.join(draft, 'blobs')))
  const manifest: BackupManifest = {
    formatVersion,
    serverVersion: options.serverVersion,
    createdAt: options.now,
    migrations,
    tables,
    blobCount,
  }
  await writeFile(path.join(draft, 'manifest.json'), JSON.stringify(manifest, null, 2))
  await rename(draft, options.folder)
  return manifest
}

/**
 * Fill an empty database, whose schema is up to date, from a backup, and verify every table against the manifest. All
 * tables are filled in one transaction. Throws, changing nothing, if the database holds data, the backup is damaged, or it
 * comes from a newer server.
 */
export const restore = async (options: BackupOptions): Promise<BackupManifest> => {
  const manifest = JSON.parse(await readFile(path.join(options.folder, 'manifest.json'), 'utf8')) as BackupManifest
  if (manifest.formatVersion !== formatVersion)
    throw new Error(`The backup has format ${manifest.formatVersion}; this server reads ${formatVersion}.`)
  await withClient(options.databaseUrl, async (client) => {
    const known = await readMigrations(client)
    const unknown = manifest.migrations.filter((name) => !known.includes(name))
    if (unknown.length > 0) throw new Error(`The backup comes from a newer server: ${unknown.join(', ')}.`)
    await client.query('BEGIN')
    await client.query("SELECT set_config('novabrain.access', 'system', true)")
    const tables = await readTables(client)
    await refuseFilled(client)
    await client.query(`TRUNCATE ${tables.map(({ name }) => quoted(name)).join(', ')}`)
    if (!manifest.tables.some(({ name }) => name === 'blobs'))
      await recordBlobs(client, path.join(options.folder, 'blobs'))
    for (const table of tables) {
      const kept = manifest.tables.find((candidate) => candidate.name === table.name)
      if (kept === undefined) continue
      options.report?.(table.name)
      await fillTable(client, table, path.join(options.folder, 'tables', `${table.name}.copy`), kept)
    }
    await resetSequences(client)
    await client.query('COMMIT')
  })
  options.report?.('blobs')
  await options.blobs.prepare()
  await copyBlobs(createFolderBlobStore(path.join(options.folder, 'blobs')), options.blobs)
  return manifest
}

const withClient = async <T>(connectionString: string, work: (client: ClientBase) => Promise<T>): Promise<T> => {
  const client = new Client({ connectionString, application_name: 'novabrain-backup' })
  await client.connect()
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}

const readMigrations = async (client: ClientBase): Promise<string[]> => {
  const { rows } = await client.query<{ name: string }>('SELECT name FROM migrations ORDER BY id')
  return rows.map(({ name }) => name)
}

/** The names of the columns come first, so that a restore into a newer schema fills the right ones. */
const writeTable = async (client: ClientBase, table: BackupTable, file: string) => {
  const digest = createHash('sha256')
  const counter = hashing(digest)
  const source = client.query(copyTo(`COPY (SELECT ${columnList(table)} FROM ${quoted(table.name)}) TO STDOUT`))
  await writeFile(`${file}.columns`, JSON.stringify(table.columns))
  await pipeline(source, counter, createWriteStream(file, { mode: 0o600 }))
  return { name: table.name, rows: source.rowCount ?? 0, sha256: digest.digest('hex') }
}

const fillTable = async (
  client: ClientBase,
  table: BackupTable,
  file: string,
  kept: BackupManifest['tables'][number],
): Promise<void> => {
  const name = quoted(table.name)
  const columns = JSON.parse(await readFile(`${file}.columns`, 'utf8')) as string[]
  const digest = createHash('sha256')
  // PostgreSQL refuses COPY FROM under row-level security; the owner may lift it inside this transaction.
  await client.query(`ALTER TABLE ${name} NO FORCE ROW LEVEL SECURITY`)
  const target = client.query(copyFrom(`COPY ${name} (${columnList({ ...table, columns })}) FROM STDIN`))
  await pipeline(createReadStream(file), hashing(digest), target)
  if (await isProtected(client, table.name)) await client.query(`ALTER TABLE ${name} FORCE ROW LEVEL SECURITY`)
  if (digest.digest('hex') !== kept.sha256 || target.rowCount !== kept.rows)
    throw new Error(`The backup is damaged: ${table.name} is not as it was written.`)
}

/** A schema that was only just made may hold rows of its own, such as the default queue, but no tenant. */
const refuseFilled = async (client: ClientBase): Promise<void> => {
  const { rows } = await client.query<{ filled: boolean }>('SELECT EXISTS (SELECT FROM tenants) AS filled')
  if (rows[0]?.filled === true) throw new Error('The database is in use: it has tenants. Restore into an empty one.')
}

/** Backups of before there was a ledger of blobs have the bytes all the same, and other tables refer to it. */
const recordBlobs = async (client: ClientBase, folder: string): Promise<void> => {
  for await (const held of createFolderBlobStore(folder).list()) {
    await client.query(
      `INSERT INTO blobs (digest, size_bytes, touched_at_ms) SELECT * FROM unnest($1::text[], $2::bigint[], $3::bigint[])`,
      [
        held.map(({ digest }) => digest),
        held.map(({ sizeBytes }) => sizeBytes),
        held.map(({ storedAtMs }) => Math.floor(storedAtMs)),
      ],
    )
  }
}

const isProtected = async (client: ClientBase, table: string): Promise<boolean> => {
  const { rows } = await client.query<{ on: boolean }>(
    'SELECT relrowsecurity AS on FROM pg_class WHERE oid = to_regclass($1)',
    [quoted(table)],
  )
  return rows[0]?.on === true
}

const listSequences = `
  SELECT t.relname AS table, a.attname AS column, pg_get_serial_sequence(quote_ident(t.relname), a.attname) AS sequence
  FROM pg_class t JOIN pg_namespace n ON n.oid = t.relnamespace AND n.nspname = current_schema()
  JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
  WHERE t.relkind IN ('r', 'p') AND t.relname <> 'migrations'
    AND pg_get_serial_sequence(quote_ident(t.relname), a.attname) IS NOT NULL`

const resetSequences = async (client: ClientBase): Promise<void> => {
  const { rows } = await client.query<{ table: string; column: string; sequence: string }>(listSequences)
  for (const { table, column, sequence } of rows)
    await client.query(`SELECT setval($1, greatest((SELECT max(${quoted(column)}) FROM ${quoted(table)}), 1))`, [
      sequence,
    ])
}

const hashing = (digest: { update(chunk: Buffer): unknown }): Transform =>
  new Transform({
    transform(chunk: Buffer, _encoding, done) {
      digest.update(chunk)
      done(null, chunk)
    },
  })

/** Everything one store holds and the other does not, digest by digest: bytes that are damaged are refused. */
const copyBlobs = async (from: BlobStore, to: BlobStore): Promise<number> => {
  let count = 0
  await to.prepare()
  for await (const page of from.list()) {
    for (const { digest, sizeBytes } of page) {
      const body = (await to.sizeOf(digest)) === sizeBytes ? null : await from.open(digest)
      if (body !== null) await to.put(body, { digest, limitBytes: sizeBytes })
      count += 1
    }
  }
  return count
}
