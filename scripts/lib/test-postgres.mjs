import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { t } from './texts.mjs'

/**
 * A PostgreSQL whose superuser the tests may be: the one that NOVABRAIN_TEST_DATABASE names, one on this machine that
 * trusts `postgres`, or the one NovaBrain brings, in a folder that is gone afterwards.
 */
export const startTestPostgres = async () => {
  const named = process.env['NOVABRAIN_TEST_DATABASE']
  const url = named ?? 'postgresql://postgres@127.0.0.1:5432/postgres'
  const answers = await reach(url)
  if (answers)
    return { url, stop: async () => undefined, remark: named === undefined ? '127.0.0.1:5432' : t('steps.asNamed') }
  if (named !== undefined) throw new Error(t('postgres.noAnswer'))
  return startOurOwn()
}

const reach = async (connectionString) => {
  // Only now: in a fresh clone this file is read before the packages are installed.
  const { default: pg } = await import('pg')
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: 3000 })
  try {
    await client.connect()
    const { rows } = await client.query('SELECT rolsuper FROM pg_roles WHERE rolname = current_user')
    return rows[0]?.rolsuper === true
  } catch {
    return false
  } finally {
    await client.end().catch(() => undefined)
  }
}

const startOurOwn = async () => {
  const { createLog, startEmbeddedPostgres } = await import('../../server/dist/index.js')
  const home = await mkdtemp(path.join(tmpdir(), 'novabrain-test-postgres-'))
  await chmod(home, 0o711)
  const postgres = await startEmbeddedPostgres({ home, log: createLog({ logLevel: 'silent' }) })
  const stop = async () => {
    await postgres.stop()
    await rm(home, { recursive: true, force: true })
  }
  return { url: postgres.adminUrl, stop, remark: t('steps.ourOwn') }
}
