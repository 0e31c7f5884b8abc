import { createDigest, endedNotebooks, noticesOf, noticeWindowMs, type Job, type Notice } from '@novabrain/contracts'

const job = (id: string, change: Partial<Job> = {}): Job =>
  ({
    id,
    number: 1,
    name: id,
    status: 'running',
    startedAt: '2026-01-01T00:00:00.000Z',
    submittedAt: '2026-01-01T00:00:00.000Z',
    endedAt: null,
    ...change,
  }) as Job
const ended = (id: string, status: Job['status'], minutes: number) =>
  job(id, { status, endedAt: new Date(Date.UTC(2026, 0, 1, 0, minutes)).toISOString() })
const view = (...jobs: Job[]) => new Map(jobs.map((each) => [each.id, each]))
const nobody = () => false

test('a run that failed is told, however short it was', () => {
  const notices = noticesOf(view(job('a')), view(ended('a', 'failed', 0)), nobody, 'ends')
  expect(notices.map(({ kind }) => kind)).toEqual(['failed'])
})

test('a success is told only after more than a minute', () => {
  expect(noticesOf(view(job('a')), view(ended('a', 'succeeded', 1)), nobody, 'ends')).toEqual([])
  expect(noticesOf(view(job('a')), view(ended('a', 'succeeded', 2)), nobody, 'ends')).toHaveLength(1)
})

test('what the user looks at needs no word', () => {
  expect(noticesOf(view(job('a')), view(ended('a', 'failed', 5)), () => true, 'ends')).toEqual([])
})

test('a list read at the start is old news', () => {
  expect(noticesOf(view(), view(ended('a', 'failed', 5)), nobody, 'ends')).toEqual([])
})

test('the user may hear of failures only, or of nothing', () => {
  const [before, after] = [view(job('a'), job('b')), view(ended('a', 'failed', 5), ended('b', 'succeeded', 5))]
  expect(noticesOf(before, after, nobody, 'failures').map(({ job: { id } }) => id)).toEqual(['a'])
  expect(noticesOf(before, after, nobody, 'never')).toEqual([])
})

test('stopping a run is the user’s own doing', () => {
  expect(noticesOf(view(job('a')), view(ended('a', 'cancelled', 5)), nobody, 'ends')).toEqual([])
})

test('many ends within half a minute are told together', () => {
  const told: (readonly Notice[])[] = []
  const timers: { delayMs: number; callback: () => void }[] = []
  const digest = createDigest(
    (notices) => told.push(notices),
    (delayMs, callback) => timers.push({ delayMs, callback }),
  )
  const notice = (id: string): Notice => ({ job: ended(id, 'failed', 1), kind: 'failed' })
  digest.add([notice('a')])
  digest.add([notice('b')])
  digest.add([notice('c')])
  expect(told.map((each) => each.length)).toEqual([1])
  expect(timers[0]?.delayMs).toBe(noticeWindowMs)
  timers[0]?.callback()
  expect(told.map((each) => each.length)).toEqual([1, 2])
})

test('outputs come back by themselves only for notebooks that ended before our eyes', () => {
  const notebook = (id: string, change: Partial<Job>) =>
    job(id, { task: { kind: 'notebook', path: `${id}.ipynb`, parameters: {} }, ...change })
  const before = view(notebook('a', {}), notebook('b', {}), notebook('c', {}))
  const after = view(
    notebook('a', { status: 'succeeded' }),
    notebook('b', { status: 'cancelled' }),
    notebook('c', {}),
    notebook('new', { status: 'succeeded' }),
  )
  expect(endedNotebooks(before, after).map(({ id }) => id)).toEqual(['a'])
})
