import { createOutbox, type Delivery, type KeptStore, type KeptSubmission } from '@novabrain/contracts'

const memory = (): KeptStore & { readonly kept: Map<string, KeptSubmission> } => {
  const kept = new Map<string, KeptSubmission>()
  return {
    kept,
    put: (each) => Promise.resolve(void kept.set(each.key, each)),
    all: () => Promise.resolve([...kept.values()]),
    remove: (key) => Promise.resolve(void kept.delete(key)),
  }
}
const submission = (key: string, keptAtMs = 0) => ({ key, keptAtMs }) as KeptSubmission

test('what was kept is sent oldest first, and each once', async () => {
  const store = memory()
  const outbox = createOutbox(store)
  await outbox.keep(submission('second', 2))
  await outbox.keep(submission('first', 1))
  const sent: string[] = []
  const deliver = ({ key }: KeptSubmission): Promise<Delivery> => {
    sent.push(key)
    return Promise.resolve('sent')
  }
  await Promise.all([outbox.flush(deliver), outbox.flush(deliver)])
  await outbox.flush(deliver)
  expect(sent).toEqual(['first', 'second'])
  expect(store.kept.size).toBe(0)
})

test('while the server stays away everything is kept, with its key', async () => {
  const store = memory()
  const outbox = createOutbox(store)
  await outbox.keep(submission('a', 1))
  await outbox.keep(submission('b', 2))
  await outbox.flush(() => Promise.resolve('away'))
  expect([...store.kept.keys()]).toEqual(['a', 'b'])
})

test('what the server refuses is not tried again', async () => {
  const store = memory()
  const outbox = createOutbox(store)
  await outbox.keep(submission('a'))
  await outbox.flush(() => Promise.resolve('refused'))
  expect(store.kept.size).toBe(0)
})

test('a delivery that breaks off leaves the submission to be tried again', async () => {
  const store = memory()
  const outbox = createOutbox(store)
  await outbox.keep(submission('a'))
  await expect(outbox.flush(() => Promise.reject(new Error('the page was closed')))).rejects.toThrow('closed')
  expect([...store.kept.keys()]).toEqual(['a'])
})

test('what belongs to another session is kept, and keeps nothing else waiting', async () => {
  const store = memory()
  const outbox = createOutbox(store)
  await outbox.keep(submission('of-another-project', 1))
  await outbox.keep(submission('ours', 2))
  await outbox.flush(({ key }) => Promise.resolve(key === 'ours' ? 'sent' : 'elsewhere'))
  expect([...store.kept.keys()]).toEqual(['of-another-project'])
})
