import { systemScope, type ProjectScope, type Scope } from '../../server/src/deps.js'
import { startApp, type Account, type TestApp } from '../support/app.js'

let server: TestApp
let rival: Account
beforeAll(async () => {
  server = await startApp({ background: false })
  rival = await server.addTenant('rival')
  await server.owner.client.createProject({ body: { name: 'secret' } })
  await server.foundation.database.transaction(server.owner.scope, (tx) =>
    server.foundation.outbox.append(tx, server.owner.scope, { type: 'queues_changed' }),
  )
})
afterAll(() => server.close())

const query = <T>(scope: Scope, sql: string): Promise<T[]> =>
  server.foundation.database.transaction(scope, (tx) => tx.query(sql) as Promise<T[]>)

/** Tables that hold nobody's data: counters of the server itself. Each has its reason. */
const shared: Readonly<Record<string, string>> = {
  migrations: 'which migrations have run',
  outbox_cursor: 'the counter of the event relay',
  cluster_version: 'the counter of changes of nodes and queues',
  nodes: 'the machines of the installation, which every tenant may see',
  devices: 'the devices of those machines',
}

interface Table {
  readonly name: string
  readonly enabled: boolean
  readonly forced: boolean
  readonly policies: number
}

const everyTable = `
  SELECT c.relname AS name, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
    (SELECT count(*)::int FROM pg_policy p WHERE p.polrelid = c.oid) AS policies
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1`

test("every table with somebody's data stands behind forced row-level security", async () => {
  const tables = (await query<Table>(systemScope, everyTable)).filter(({ name }) => !(name in shared))
  expect(tables.length).toBeGreaterThan(8)
  expect(tables.filter(({ enabled, forced, policies }) => !enabled || !forced || policies === 0)).toEqual([])
})

test('the role of the server is held by the policies: it is no superuser and cannot bypass them', async () => {
  const [role] = await query<object>(
    systemScope,
    'SELECT rolsuper AS super, rolbypassrls AS bypass FROM pg_roles WHERE rolname = current_user',
  )
  expect(role).toEqual({ super: false, bypass: false })
})

test.each(['tenants', 'projects', 'members', 'api_keys', 'audit_events', 'outbox_events'])(
  'a query on %s that forgot its WHERE sees nothing of another tenant',
  async (table) => {
    const column = table === 'tenants' ? 'id' : 'tenant_id'
    const all = await query<{ tenant: string }>(systemScope, `SELECT ${column} AS tenant FROM ${table}`)
    expect(all.map(({ tenant }) => tenant)).toContain(server.owner.tenantId)
    const seen = await query<{ tenant: string }>(rival.scope, `SELECT ${column} AS tenant FROM ${table}`)
    expect(seen.map(({ tenant }) => tenant)).not.toContain(server.owner.tenantId)
  },
)

test('an UPDATE or DELETE that forgot its WHERE changes nothing of another tenant', async () => {
  await query(rival.scope, `UPDATE projects SET name = 'taken-over-' || left(id, 4) || right(id, 12)`)
  await query(rival.scope, `DELETE FROM audit_events`)
  const names = await query<{ name: string }>(server.owner.scope, 'SELECT name FROM projects ORDER BY name')
  expect(names.map(({ name }) => name)).toEqual(['default', 'secret'])
  const [audit] = await query<{ count: number }>(server.owner.scope, 'SELECT count(*)::int AS count FROM audit_events')
  expect(audit?.count).toBeGreaterThan(0)
})

test('nothing can be slipped into another tenant', async () => {
  await expect(
    query(
      rival.scope,
      `INSERT INTO projects VALUES ('${'f'.repeat(32)}', '${server.owner.tenantId}', 'trojan', now())`,
    ),
  ).rejects.toThrow(/row-level security/)
})

test('without a scope at all nothing is seen', async () => {
  const rows: unknown[] = await server.foundation.dataSource.query('SELECT * FROM projects')
  expect(rows).toEqual([])
})

test('the scope of one transaction is gone in the next on the same connection', async () => {
  await Promise.all(Array.from({ length: 30 }, () => query(systemScope, 'SELECT 1')))
  const rows = await Promise.all(
    Array.from(
      { length: 30 },
      () => server.foundation.dataSource.query('SELECT id FROM projects') as Promise<unknown[]>,
    ),
  )
  expect(rows.flat()).toEqual([])
})

test('tables of a project hide it from another project of the same tenant', async () => {
  const neighbour = await server.owner.client.createProject({ body: { name: 'neighbour' } })
  const scope: ProjectScope = { ...server.owner.scope, projectId: neighbour.id }
  const { database, idempotency } = server.foundation
  const request = { key: 'key', fingerprint: 'f' }
  await database.transaction(server.owner.scope, (tx) =>
    idempotency.run(tx, server.owner.scope, request, async () => 1),
  )
  expect(await query(server.owner.scope, 'SELECT key FROM idempotency_keys')).toEqual([{ key: 'key' }])
  expect(await query(scope, 'SELECT key FROM idempotency_keys')).toEqual([])
})
