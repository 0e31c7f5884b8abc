import { activeJobs, createJobFeed, endedJobs, type Client, type Job, type LiveMessage } from '@novabrain/contracts'
import { aJob } from './a-job.js'

type Query = NonNullable<Parameters<Client['listJobs']>[0]['query']>
type Answer = Awaited<ReturnType<Client['listJobs']>>

const harness = (answer: (query: Query) => Promise<Answer>) => {
  let tell: (message: LiveMessage) => void = () => undefined
  const asked: Query[] = []
  const feed = createJobFeed({
    client: {
      listJobs: ({ query = {} }) => {
        asked.push(query)
        return answer(query)
      },
    },
    projectId: 'f'.repeat(32),
    events: {
      subscribe: (_topics, listener) => {
        tell = listener
        return () => (tell = () => undefined)
      },
    },
    pageSize: 2,
  })
  const settled = () => new Promise<void>((resolve) => setImmediate(resolve))
  const job = (cursor: number, changed: Job) =>
    tell({
      type: 'event',
      record: {
        cursor,
        at: '2026-01-01T00:00:00.000Z',
        projectId: changed.projectId,
        event: { type: 'job_changed', job: changed },
      },
    })
  return { feed, asked, settled, job, reset: (cursor: number) => tell({ type: 'reset', cursor }) }
}
const page = (items: Job[], nextCursor: string | null = null): Answer => ({ items, nextCursor })
const numbers = (jobs: readonly Job[]) => jobs.map((job) => job.number)

describe('the job feed', () => {
  test('reads every active job and one page of ended ones', async () => {
    const h = harness(async ({ status, cursor }) => {
      if (status === 'ended') return page([aJob(2, 'failed'), aJob(1, 'succeeded')], 'older')
      return cursor === undefined ? page([aJob(5), aJob(4)], 'next') : page([aJob(3, 'running')])
    })
    await h.settled()
    expect(numbers(activeJobs(h.feed.state.view))).toEqual([5, 4, 3])
    expect(numbers(endedJobs(h.feed.state.view))).toEqual([2, 1])
    expect(h.feed.state).toMatchObject({ status: 'ready', more: true })
  })

  test('asks for both lists at once, and for neither because of the other', async () => {
    const h = harness(() => new Promise<Answer>(() => undefined))
    await h.settled()
    expect(h.asked.map(({ status }) => status).sort()).toEqual(['active', 'ended'])
    expect(h.feed.state.status).toBe('loading')
  })

  test('an event heard while the list is on its way wins over the list', async () => {
    let release: (answer: Answer) => void = () => undefined
    const slow = new Promise<Answer>((resolve) => (release = resolve))
    const h = harness(({ status }) => (status === 'active' ? slow : Promise.resolve(page([]))))
    h.job(9, aJob(1, 'succeeded'))
    release(page([aJob(1, 'running')]))
    await h.settled()
    expect(numbers(endedJobs(h.feed.state.view))).toEqual([1])
    expect(activeJobs(h.feed.state.view)).toEqual([])
  })

  test('after a reset, a job that ended meanwhile is no longer shown at work', async () => {
    let active = [aJob(1, 'running'), aJob(2, 'running')]
    const h = harness(async ({ status }) => page(status === 'active' ? active : []))
    await h.settled()
    active = [aJob(2, 'running')]
    h.reset(500)
    await h.settled()
    expect(numbers(activeJobs(h.feed.state.view))).toEqual([2])
  })

  test('more is read once, from where the last page ended', async () => {
    const h = harness(async ({ status, cursor }) => {
      if (status === 'active') return page([])
      return cursor === undefined ? page([aJob(9, 'failed')], 'p2') : page([aJob(8, 'failed')])
    })
    await h.settled()
    await Promise.all([h.feed.loadMore(), h.feed.loadMore()])
    expect(h.asked.filter((query) => query.cursor === 'p2')).toHaveLength(1)
    expect(numbers(endedJobs(h.feed.state.view))).toEqual([9, 8])
    expect(h.feed.state.more).toBe(false)
  })

  test('a server that is away is told, and what was known is kept', async () => {
    let away = false
    const h = harness(async ({ status }) => {
      if (away) throw new Error('away')
      return page(status === 'active' ? [aJob(1)] : [])
    })
    await h.settled()
    away = true
    await h.feed.reload()
    expect(h.feed.state).toMatchObject({ status: 'ready', error: new Error('away') })
    expect(numbers(activeJobs(h.feed.state.view))).toEqual([1])
  })

  test('a first reading that fails says so', async () => {
    const h = harness(() => Promise.reject(new Error('away')))
    await h.settled()
    expect(h.feed.state.status).toBe('failed')
  })

  test('a disposed feed tells nothing more', async () => {
    const h = harness(async () => page([]))
    const heard: unknown[] = []
    h.feed.subscribe((state) => heard.push(state))
    h.feed.dispose()
    await h.settled()
    expect(heard).toEqual([])
  })
})
