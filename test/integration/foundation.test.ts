import { NovaBrainError, type DomainEvent } from '@novabrain/contracts'
import { Client } from 'pg'
import { pino } from 'pino'
import { createDataSource, migrate } from '../../server/src/db/data-source.js'
import { AuditEventEntity, type AuditEventRow } from '../../server/src/db/entities/journal.js'
import { rowsOf } from '../../server/src/db/rows.js'
import { alongside, lastly, ringAfter } from '../../server/src/db/transaction-end.js'
import { pruneEvents } from '../../server/src/db/sql/prune-events.js'
import { numberEvents } from '../../server/src/db/sql/number-events.js'
import { systemScope } from '../../server/src/deps.js'
import { startApp, type TestApp } from '../support/app.js'
import { createEmptyDatabase, createTestDatabase } from '../support/postgres.js'

const log = pino({ level: 'silent' })

/** Objects that only SQL can describe, so that the entities need not agree with them. Each has its reason. */
const handMade: readonly { readonly pattern: RegExp; readonly reason: string }[] = [
  { pattern: /outbox_cursor/, reason: 'a counter of one row, written by SQL alone' },
]

test('entities and migrations agree: TypeORM would change nothing', async () => {
  const database = await createTestDatabase()
  const dataSource = await createDataSource({ url: database.url, log, poolSize: 2 }).initialize()
  try {
    const { upQueries } = await dataSource.driver.createSchemaBuilder().log()
    const wanted = upQueries.map(({ query }) => query)
    expect(wanted.filter((query) => !handMade.some(({ pattern }) => pattern.test(query)))).toEqual([])
  } finally {
    await dataSource.destroy()
    await database.drop()
  }
})

const shape = `
  SELECT table_name AS "table", column_name AS "column", data_type AS type, is_nullable AS nullable
  FROM information_schema.columns WHERE table_schema = 'public' AND table_name <> 'migrations' ORDER BY 1, 2`

test('migrations go forward, all the way back, and forward again to the same schema', async () => {
  const database = await createEmptyDatabase()
  const dataSource = await createDataSource({ url: database.url, log, poolSize: 2 }).initialize()
  try {
    await migrate(dataSource)
    const first: unknown[] = await dataSource.query(shape)
    for (const _each of dataSource.migrations) await dataSource.undoLastMigration({ transaction: 'each' })
    expect(await dataSource.query(shape)).toEqual([])
    await migrate(dataSource)
    expect(first.length).toBeGreaterThan(30)
    expect(await dataSource.query(shape)).toEqual(first)
  } finally {
    await dataSource.destroy()
    await database.drop()
  }
})

test('of several servers that start at once on an empty database one brings up the schema and the others wait', async () => {
  const database = await createEmptyDatabase()
  const sources = await Promise.all(
    [1, 2, 3].map(() => createDataSource({ url: database.url, log, poolSize: 2 }).initialize()),
  )
  try {
    await Promise.all(sources.map((each) => migrate(each)))
    expect(await sources[0]?.query('SELECT count(DISTINCT name) = count(*) AS once FROM migrations')).toEqual([
      { once: true },
    ])
  } finally {
    await Promise.all(sources.map((each) => each.destroy()))
    await database.drop()
  }
})

describe('on a running foundation', () => {
  let server: TestApp
  beforeAll(async () => {
    server = await startApp({ background: false })
  })
  afterAll(() => server.close())

  const happening: DomainEvent = { type: 'queues_changed' }

  test('an event of a transaction that fails never happened', async () => {
    const { database, outbox } = server.foundation
    const work = database.transaction(server.owner.scope, async (tx) => {
      await outbox.append(tx, server.owner.scope, happening)
      throw new Error('changed my mind')
    })
    await expect(work).rejects.toThrow('changed my mind')
    expect(await server.services.events.unnumbered()).toBe(0)
  })

  test('who listens is woken when transactions have committed, several at once, and by none that failed', async () => {
    const { database } = server.foundation
    const listener = new Client({ connectionString: server.database.url })
    await listener.connect()
    await listener.query('LISTEN a_bell')
    let heard = 0
    listener.on('notification', () => (heard += 1))
    const ring = (work: () => void) =>
      database.transaction(systemScope, (tx) => {
        ringAfter(tx, 'a_bell')
        work()
        return Promise.resolve()
      })
    const failing = ring(() => {
      throw new Error('changed my mind')
    })
    await expect(failing).rejects.toThrow('changed my mind')
    await listener.query('SELECT pg_sleep(0.1)')
    expect(heard).toBe(0)
    const first = new Promise<void>((resolve) => listener.once('notification', () => resolve()))
    await Promise.all(Array.from({ length: 10 }, () => ring(() => undefined)))
    await first
    await listener.query('SELECT pg_sleep(0.1)')
    expect(heard).toBeLessThan(10)
    await listener.end()
  })

  test('a statement that nobody waited for fails its transaction, and is the fault that is told', async () => {
    const { database, outbox } = server.foundation
    const raise = (code: string) => `DO $$ BEGIN RAISE EXCEPTION 'refused' USING ERRCODE = '${code}'; END $$`
    const before = await server.services.events.unnumbered()
    const atTheEnd = database.transaction(server.owner.scope, async (tx) => {
      await outbox.append(tx, server.owner.scope, happening)
      alongside(tx, tx.query(raise('23514')))
    })
    await expect(atTheEnd).rejects.toMatchObject({ code: '23514' })
    const inBetween = database.transaction(server.owner.scope, async (tx) => {
      alongside(tx, tx.query(raise('23505')))
      await tx.query('SELECT 1')
    })
    await expect(inBetween).rejects.toMatchObject({ code: '23505' })
    const withTheCommit = database.transaction(server.owner.scope, (tx) => {
      lastly(tx, 'rows', () => tx.query(raise('22012')))
      return outbox.append(tx, server.owner.scope, happening)
    })
    await expect(withTheCommit).rejects.toMatchObject({ code: '22012' })
    expect(await server.services.events.unnumbered()).toBe(before)
  })

  test('a row goes through kept statements as it goes through TypeORM', async () => {
    const { database, newId, clock } = server.foundation
    const rows = rowsOf(AuditEventEntity)
    const row: AuditEventRow = {
      id: newId(),
      tenantId: server.owner.tenantId,
      projectId: null,
      memberId: null,
      at: clock.now(),
      action: 'job_submitted',
      subject: '任务',
      subjectId: null,
      detail: { list: [1, "it's"], empty: null },
    }
    const changed = { ...row, subject: 'another', detail: { list: [] } }
    const seen = await database.transaction(systemScope, async (tx) => {
      const both = async () => [
        await tx.findOneBy(AuditEventEntity, { id: row.id }),
        ...rows.read(await tx.query(`SELECT ${rows.columns()} FROM audit_events WHERE id = $1`, [row.id])),
      ]
      await rows.insert(tx, row)
      const inserted = await both()
      await rows.update(tx, row.id, { subject: changed.subject, detail: changed.detail })
      return [...inserted, ...(await both())]
    })
    expect(seen).toEqual([row, row, changed, changed])
  })

  test('a deadlock or a lost race is tried again, a third failure is told', async () => {
    const { database } = server.foundation
    let tries = 0
    const answer = await database.transaction(systemScope, async (tx) => {
      tries += 1
      if (tries < 3) await tx.query(`DO $$ BEGIN RAISE EXCEPTION 'race' USING ERRCODE = '40001'; END $$`)
      return tries
    })
    expect(answer).toBe(3)
    const hopeless = database.transaction(systemScope, (tx) =>
      tx.query(`DO $$ BEGIN RAISE EXCEPTION 'race' USING ERRCODE = '40P01'; END $$`),
    )
    await expect(hopeless).rejects.toThrow('race')
  })

  test('of many requests with one idempotency key one does the work and all get its answer', async () => {
    const { database, idempotency } = server.foundation
    let done = 0
    const answers = await Promise.all(
      Array.from({ length: 8 }, () =>
        database.transaction(server.owner.scope, (tx) =>
          idempotency.run(tx, server.owner.scope, { key: 'once', fingerprint: 'body' }, () => {
            done += 1
            return Promise.resolve({ made: done })
          }),
        ),
      ),
    )
    expect(done).toBe(1)
    expect(answers).toEqual(Array.from({ length: 8 }, () => ({ made: 1 })))
  })

  test('when the first with a key fails, the second does the work; another body with the key is refused', async () => {
    const { database, idempotency } = server.foundation
    const run = (fingerprint: string, work: () => Promise<string>) =>
      database.transaction(server.owner.scope, (tx) =>
        idempotency.run(tx, server.owner.scope, { key: 'retry', fingerprint }, work),
      )
    await expect(
      run('a', () => Promise.reject(new Error('disk'))).catch((error: Error) => error.message),
    ).resolves.toBe('disk')
    expect(await run('a', () => Promise.resolve('made'))).toBe('made')
    expect(await run('a', () => Promise.resolve('made twice'))).toBe('made')
    await expect(run('b', () => Promise.resolve('other'))).rejects.toEqual(new NovaBrainError('idempotency_key_reused'))
  })

  test('old events are forgotten, and up to which number is remembered', async () => {
    const { database, outbox } = server.foundation
    const query = <T>(sql: string, parameters: unknown[] = []) =>
      database.transaction(systemScope, (tx) => tx.query(sql, parameters) as Promise<T[]>)
    await database.transaction(server.owner.scope, async (tx) => {
      for (let n = 0; n < 5; n += 1) await outbox.append(tx, server.owner.scope, happening)
    })
    await query(numberEvents)
    const { last } = await server.services.events.cursors()
    await query(`UPDATE outbox_events SET at = '2020-01-01' WHERE cursor <= $1`, [last - 2])
    await query(pruneEvents, ['2021-01-01'])
    expect(await server.services.events.cursors()).toEqual({ last, pruned: last - 2 })
    expect(await query('SELECT cursor FROM outbox_events ORDER BY cursor')).toEqual([
      { cursor: last - 1 },
      { cursor: last },
    ])
    await query(pruneEvents, ['2021-01-01'])
    expect((await server.services.events.cursors()).pruned).toBe(last - 2)
  })
})
