import { createHash, randomBytes } from 'node:crypto'
import { Client } from 'pg'
import { pino } from 'pino'
import { createDataSource, migrate } from '../../server/src/db/data-source.js'
import { migrations } from '../../server/src/db/migrations/index.js'

/** A role that is no superuser, so that row-level security holds it as it holds the server's. */
const appRole = 'novabrain_test'

const adminUrl = (): string => process.env['NOVABRAIN_TEST_DATABASE'] ?? 'postgresql://postgres@127.0.0.1:5432/postgres'

const urlOf = (database: string, user: string | null): string => {
  const url = new URL(adminUrl())
  url.pathname = `/${database}`
  if (user !== null) [url.username, url.password] = [user, appPassword]
  return url.toString()
}

/** Fixed and worthless: the role exists only on test servers, where the admin is trusted anyway. */
const appPassword = 'novabrain_test'

/** A database of a test file's own: migrated, empty, gone afterwards. */
export interface TestDatabase {
  /** As the application's role. */
  readonly url: string
  /** As a superuser, to look behind the policies. */
  readonly adminUrl: string
  readonly name: string
  drop(): Promise<void>
}

/** Clone the migrated template into a database of its own; about 70 ms. */
export const createTestDatabase = async (): Promise<TestDatabase> => {
  const template = await ensureTemplate()
  const name = `nb_test_${randomBytes(8).toString('hex')}`
  await asAdmin(async (admin) => {
    await admin.query('SELECT pg_advisory_lock($1)', [templateLock])
    await admin.query(`CREATE DATABASE ${name} TEMPLATE ${template} OWNER ${appRole}`)
  })
  return {
    name,
    url: urlOf(name, appRole),
    adminUrl: urlOf(name, null),
    drop: () => asAdmin(async (admin) => void (await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))),
  }
}

/** An empty database with no schema at all, for tests of migrations. */
export const createEmptyDatabase = async (): Promise<TestDatabase> => {
  const name = `nb_test_${randomBytes(8).toString('hex')}`
  await asAdmin(async (admin) => {
    await ensureRole(admin)
    await admin.query(`CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'UTF8' OWNER ${appRole}`)
  })
  return {
    name,
    url: urlOf(name, appRole),
    adminUrl: urlOf(name, null),
    drop: () => asAdmin(async (admin) => void (await admin.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`))),
  }
}

const templateLock = 7_077_999

/** The template's name carries its migrations, so that others, or the same under other names, make another template. */
const templateName = (): string => {
  const schema = JSON.stringify(migrations.map((migration) => [new migration().name, migration.statements]))
  return `nb_template_${createHash('sha256').update(schema).digest('hex').slice(0, 16)}`
}

let template: Promise<string> | null = null

/** Made once per set of migrations on a server, by whichever test process comes first. */
const ensureTemplate = (): Promise<string> => (template ??= makeTemplate())

const makeTemplate = (): Promise<string> =>
  asAdmin(async (admin) => {
    const name = templateName()
    await admin.query('SELECT pg_advisory_lock($1)', [templateLock])
    await ensureRole(admin)
    const { rows } = await admin.query('SELECT 1 FROM pg_database WHERE datname = $1', [name])
    if (rows.length > 0) return name
    const draft = `${name}_draft`
    await admin.query(`DROP DATABASE IF EXISTS ${draft} WITH (FORCE)`)
    await admin.query(`CREATE DATABASE ${draft} TEMPLATE template0 ENCODING 'UTF8' OWNER ${appRole}`)
    await migrateDatabase(urlOf(draft, appRole))
    await admin.query(`ALTER DATABASE ${draft} RENAME TO ${name}`)
    return name
  })

const migrateDatabase = async (url: string): Promise<void> => {
  const dataSource = await createDataSource({ url, log: pino({ level: 'silent' }), poolSize: 2 }).initialize()
  try {
    await migrate(dataSource)
  } finally {
    await dataSource.destroy()
  }
}

const ensureRole = async (admin: Client): Promise<void> => {
  const { rows } = await admin.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [appRole])
  if (rows.length > 0) return
  await admin.query(`CREATE ROLE ${appRole} LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD '${appPassword}'`)
}

/** One connection as the admin; its advisory lock, if it took one, ends with it. */
export const asAdmin = async <T>(work: (admin: Client) => Promise<T>, url: string = adminUrl()): Promise<T> => {
  const client = new Client({ connectionString: url })
  await client.connect().catch((error: unknown) => {
    throw new Error(`No PostgreSQL for the tests at ${new URL(url).host}: \`npm test\` brings its own.`, {
      cause: error,
    })
  })
  try {
    return await work(client)
  } finally {
    await client.end()
  }
}
