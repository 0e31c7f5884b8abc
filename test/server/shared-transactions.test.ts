import { NovaBrainError } from '@novabrain/contracts'
import { setImmediate as turn } from 'node:timers/promises'
import { createSharedTransactions } from '../../server/src/db/shared-transactions.js'
import type { Database, ProjectScope, Tx } from '../../server/src/deps.js'

const scopeOf = (projectId: string): ProjectScope => ({
  kind: 'project',
  tenantId: 'tenant',
  projectId,
  role: 'editor',
  memberId: 'member',
  memberName: 'Ada',
  attemptId: null,
})
const here = scopeOf('here')

/** A database that keeps what its transactions did when they commit, and waits with each commit until it is let. */
const openDatabase = () => {
  const kept: string[][] = []
  const commits: (() => void)[] = []
  const written = new WeakMap<Tx, string[]>()
  let held = false
  const database: Database = {
    async transaction(_scope, work) {
      const tx = {} as Tx
      written.set(tx, [])
      const result = await work(tx)
      if (held) await new Promise<void>((resolve) => commits.push(resolve))
      kept.push(written.get(tx) ?? [])
      return result
    },
  }
  return {
    database,
    kept,
    hold: () => (held = true),
    release() {
      held = false
      for (const commit of commits.splice(0)) commit()
    },
    write: (name: string) => (tx: Tx) => {
      written.get(tx)?.push(name)
      return Promise.resolve(name)
    },
  }
}

const refuse = () => Promise.reject(new NovaBrainError('job_not_found', {}))

test('what comes during a transaction goes together with the next', async () => {
  const { database, kept, hold, release, write } = openDatabase()
  const shared = createSharedTransactions({ database, most: 32 })
  hold()
  const first = shared.run(here, null, write('a'))
  await turn()
  const rest = ['b', 'c', 'd'].map((name) => shared.run(here, null, write(name)))
  await turn()
  release()
  await expect(Promise.all([first, ...rest])).resolves.toEqual(['a', 'b', 'c', 'd'])
  expect(kept).toEqual([['a'], ['b', 'c', 'd']])
})

test('projects never share a transaction, and none takes more pieces than it may', async () => {
  const { database, kept, write } = openDatabase()
  const shared = createSharedTransactions({ database, most: 2 })
  const asked = [here, scopeOf('there'), here, here].map((scope, at) => shared.run(scope, null, write(String(at))))
  await Promise.all(asked)
  expect(kept.toSorted()).toEqual([['0', '2'], ['1'], ['3']])
})

test('none waits for another project whose transaction hangs', async () => {
  const { database, kept, hold, release, write } = openDatabase()
  const shared = createSharedTransactions({ database, most: 32 })
  hold()
  const stuck = shared.run(here, null, write('stuck'))
  await turn()
  const other = openDatabase()
  database.transaction = other.database.transaction.bind(other.database)
  await expect(shared.run(scopeOf('there'), null, other.write('a'))).resolves.toBe('a')
  release()
  await stuck
  expect([kept, other.kept]).toEqual([[['stuck']], [['a']]])
})

test('a piece that fails fails no other, and leaves nothing behind', async () => {
  const { database, kept, write } = openDatabase()
  const shared = createSharedTransactions({ database, most: 32 })
  const bad = shared.run(here, null, async (tx) => {
    await write('bad')(tx)
    return refuse()
  })
  const good = ['a', 'b'].map((name) => shared.run(here, null, write(name)))
  await expect(bad).rejects.toThrow(NovaBrainError)
  await expect(Promise.all(good)).resolves.toEqual(['a', 'b'])
  expect(kept).toEqual([['a', 'b']])
})

test('where the commit itself fails each piece is done alone', async () => {
  const { database, kept, write } = openDatabase()
  const commit = database.transaction.bind(database)
  let commits = 0
  const broken: Database = {
    async transaction(scope, work) {
      commits += 1
      if (commits > 1) return commit(scope, work)
      await work({} as Tx)
      throw new Error('a constraint')
    },
  }
  const shared = createSharedTransactions({ database: broken, most: 32 })
  await Promise.all(['a', 'b'].map((name) => shared.run(here, null, write(name))))
  expect(kept).toEqual([['a'], ['b']])
})

test('nothing is done again when nobody knows whether it was committed', async () => {
  const { write } = openDatabase()
  let begun = 0
  const lost: Database = {
    async transaction(_scope, work) {
      begun += 1
      await work({} as Tx)
      throw new NovaBrainError('database_unavailable', {})
    },
  }
  const shared = createSharedTransactions({ database: lost, most: 32 })
  const outcomes = await Promise.allSettled(['a', 'b'].map((name) => shared.run(here, null, write(name))))
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  expect(begun).toBe(1)
})

test('pieces of one lane come one after another, those of others do not wait', async () => {
  const { database, kept, write } = openDatabase()
  const shared = createSharedTransactions({ database, most: 32 })
  const slowly = async (tx: Tx) => {
    await turn()
    return write('first')(tx)
  }
  await Promise.all([
    shared.run(here, 'lane', slowly),
    shared.run(here, 'lane', write('second')),
    shared.run(here, 'other', write('beside')),
  ])
  expect(kept).toEqual([['beside', 'first', 'second']])
})

test('a transaction begins when it may, and takes with it who came until then', async () => {
  const { database, kept, write } = openDatabase()
  let go: () => void = () => undefined
  const whenItMayBegin = () => new Promise<void>((resolve) => (go = resolve))
  const shared = createSharedTransactions({ database, most: 32, whenItMayBegin })
  const first = shared.run(here, null, write('a'))
  await turn()
  const second = shared.run(here, null, write('b'))
  await turn()
  expect(kept).toEqual([])
  go()
  await Promise.all([first, second])
  expect(kept).toEqual([['a', 'b']])
})
