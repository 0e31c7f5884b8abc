import { createGroupCommit } from '../../server/src/modules/metrics/group-commit.js'

interface Request {
  readonly id: string
  readonly run: string
  readonly project: string
}

interface Transaction {
  readonly ids: readonly string[]
  finish(outcomes?: readonly (Error | null)[]): void
  fail(error: Error): void
}

/** A database whose transactions the test ends by hand. */
const handDriven = (options: { writers?: number; maxWeight?: number } = {}) => {
  const open: Transaction[] = []
  const waiters: (() => void)[] = []
  const writer = createGroupCommit<Request>({
    commit: (requests) =>
      new Promise((resolve, reject) => {
        const ids = requests.map((request) => request.id)
        open.push({ ids, finish: (outcomes = []) => resolve(outcomes), fail: reject })
        waiters.splice(0).forEach((wake) => wake())
      }),
    groupOf: (request) => request.project,
    laneOf: (request) => request.run,
    weightOf: () => 1,
    writers: options.writers ?? 2,
    maxWeight: options.maxWeight ?? 100,
  })
  const next = async (): Promise<Transaction> => {
    while (open.length === 0) await new Promise<void>((resolve) => waiters.push(resolve))
    return open.shift() as Transaction
  }
  const turn = () => new Promise<void>((resolve) => setImmediate(() => setImmediate(resolve)))
  const submit = (id: string, run = id, project = 'p') => writer.submit({ id, run, project })
  return { submit, next, open, turn }
}

test('what arrives during a transaction goes together into the next', async () => {
  const { submit, next } = handDriven({ writers: 1 })
  const first = submit('a')
  const running = await next()
  const rest = [submit('b'), submit('c'), submit('d')]
  running.finish()
  await first
  const second = await next()
  expect(second.ids).toEqual(['b', 'c', 'd'])
  second.finish()
  await Promise.all(rest)
})

test('no more transactions are open than there are writers', async () => {
  const { submit, next, open, turn } = handDriven({ writers: 2, maxWeight: 1 })
  const all = ['a', 'b', 'c'].map((id) => submit(id))
  const running = [await next(), await next()]
  await turn()
  expect(open).toHaveLength(0)
  running.forEach((transaction) => transaction.finish())
  ;(await next()).finish()
  await Promise.all(all)
})

test('a run is never in two transactions at once, and keeps its order', async () => {
  const { submit, next, open, turn } = handDriven({ maxWeight: 1 })
  const all = [submit('a1', 'a'), submit('a2', 'a'), submit('b1', 'b')]
  const [one, two] = [await next(), await next()]
  expect([one.ids, two.ids]).toEqual([['a1'], ['b1']])
  await turn()
  expect(open).toHaveLength(0)
  one.finish()
  const third = await next()
  expect(third.ids).toEqual(['a2'])
  two.finish()
  third.finish()
  await Promise.all(all)
})

test('projects do not share a transaction', async () => {
  const { submit, next } = handDriven({ writers: 1 })
  const all = [submit('a', 'a', 'p'), submit('b', 'b', 'q'), submit('c', 'c', 'p')]
  const first = await next()
  expect(first.ids).toEqual(['a', 'c'])
  first.finish()
  const second = await next()
  expect(second.ids).toEqual(['b'])
  second.finish()
  await Promise.all(all)
})

test('a refused request fails alone', async () => {
  const { submit, next } = handDriven()
  const good = submit('good')
  const bad = submit('bad')
  ;(await next()).finish([null, new Error('not allowed')])
  await good
  await expect(bad).rejects.toThrow('not allowed')
})

test('after a transaction that failed each request is tried by itself', async () => {
  const { submit, next } = handDriven()
  const [good, poison] = [submit('good'), submit('poison')]
  const outcome = expect(poison).rejects.toThrow('bad bytes')
  ;(await next()).fail(new Error('bad bytes'))
  const alone = await next()
  expect(alone.ids).toEqual(['good'])
  alone.finish()
  await good
  ;(await next()).fail(new Error('bad bytes'))
  await outcome
})
