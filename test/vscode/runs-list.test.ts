import type { RunSummary } from '@novabrain/contracts'
import { keepRun } from '../../extensions/vscode/src/commands/jobs.js'
import type { Pick, PickRequest } from '../../extensions/vscode/src/editor.js'
import { createSession } from '../../extensions/vscode/src/session.js'
import { createRunsList } from '../../extensions/vscode/src/views/runs.js'
import type { TreeRow } from '../../extensions/vscode/src/views/tree.js'
import { aJob } from '../contracts/a-job.js'
import {
  aMe,
  anApp,
  anEditor,
  aPlatform,
  aServer,
  projectId,
  until,
  type Answers,
  type FakeEditor,
} from './an-editor.js'

const aRun = (id: string): RunSummary => ({
  id,
  experimentId: '1',
  experimentName: 'support',
  name: `evaluate ${id}`,
  status: 'FINISHED',
  startedAt: '2026-01-01T00:50:00.000Z',
  endedAt: '2026-01-01T00:55:00.000Z',
  metrics: [{ key: 'loss', value: 1, step: 0, timestampMs: 0, pointCount: 1 }],
  projectId,
  lifecycleStage: 'active',
  userName: 'ada',
  job: null,
})
const job = aJob(1, 'succeeded')
const base = `/v1/projects/${projectId}`
const server = (more: Answers = {}) =>
  aServer({
    [`GET ${base}/jobs`]: { items: [job], nextCursor: null },
    [`GET ${base}/runs`]: { items: [aRun('r1'), aRun('r2')], nextCursor: null },
    ...more,
  })
const away = {
  'GET /v1/me': () => {
    throw new Error('no answer')
  },
}

const disposals: (() => void)[] = []
beforeEach(
  () => void jest.useFakeTimers({ doNotFake: ['Date', 'nextTick', 'performance', 'queueMicrotask', 'setImmediate'] }),
)
afterEach(() => {
  jest.useRealTimers()
  for (const dispose of disposals.splice(0)) dispose()
})

/** A window of an editor: it knows what earlier ones kept. */
const aWindow = (fake: FakeEditor, answers: Answers) => {
  fake.secrets.set('token:http://nova.test', 'nb_kept')
  const network = aPlatform(answers)
  const session = createSession(fake.editor, network.platform)
  const list = createRunsList(anApp({ editor: fake.editor, platform: network.platform, session }))
  disposals.push(() => (list.dispose(), session.dispose()))
  return { session, list }
}
/** The list is kept a while after it changed. */
const untilKept = (holds: () => boolean) =>
  until(() => {
    jest.advanceTimersByTime(100)
    return holds()
  })
const under = (rows: readonly TreeRow[], id: string) => rows.find((row) => row.id === id)?.children ?? []
const labels = (rows: readonly TreeRow[], id = 'recent') => under(rows, id).map(({ label }) => label)
const kept = ({ memory }: FakeEditor) => memory.get('user:runs') as { runs?: readonly RunSummary[] } | undefined
const everything = ['evaluate r2', 'evaluate r1', '#1 job 1']

test('while the server is away, jobs and runs without a job stand in the list as they were, faint, those at hand too', async () => {
  const fake = anEditor()
  const before = aWindow(fake, server())
  before.list.visible(true)
  before.list.pin('r1')
  await untilKept(() => kept(fake)?.runs?.length === 2)
  expect(labels(before.list.rows())).toEqual(everything)
  expect(kept(fake)?.runs?.[0]?.metrics).toEqual([])

  const { session, list } = aWindow(fake, away)
  await session.live()
  const rows = list.rows()
  expect(rows.map(({ id }) => id)).toEqual(['stale', 'pinned', 'recent', 'table'])
  expect(labels(rows)).toEqual(everything)
  expect(labels(rows, 'pinned')).toEqual(['evaluate r1'])
  expect(under(rows, 'recent').every(({ stale }) => stale === true)).toBe(true)
})

test('a window in which nobody looks keeps what an earlier one had read of this project, and of no other', async () => {
  const fake = anEditor()
  aWindow(fake, server()).list.visible(true)
  await untilKept(() => kept(fake)?.runs?.length === 2)
  const unseen = async (answers: Answers) => {
    const earlier = kept(fake)
    const { session } = aWindow(fake, answers)
    await session.live()
    await untilKept(() => kept(fake) !== earlier)
    return kept(fake)?.runs?.map(({ id }) => id)
  }
  expect(await unseen(server())).toEqual(['r1', 'r2'])
  const [, speech] = aMe().projects
  const other = aMe({ projects: speech === undefined ? [] : [speech] })
  const jobs = { [`GET /v1/projects/${speech?.project.id ?? ''}/jobs`]: { items: [], nextCursor: null } }
  expect(await unseen(server({ 'GET /v1/me': other, ...jobs }))).toEqual([])
})

test('what an earlier version kept has jobs alone', async () => {
  const fake = anEditor()
  fake.memory.set('user:runs', { serverUrl: 'http://nova.test', atMs: 0, jobs: [job] })
  const { session, list } = aWindow(fake, away)
  await session.live()
  expect(labels(list.rows())).toEqual(['#1 job 1'])
})

test('kept at hand from the palette: a run is asked for, of those that are not yet', async () => {
  const fake = anEditor({ pick: (request) => (asked.push(request.items.map(({ label }) => label)), choosing(request)) })
  const asked: string[][] = []
  const choosing = <T>({ items }: PickRequest<T>): Pick<T> => ({
    update: () => undefined,
    chosen: async () => items.slice(0, 1).map(({ value }) => value),
    close: () => undefined,
  })
  const { session, list } = aWindow(
    fake,
    server({ [`GET ${base}/jobs`]: { items: [job, aJob(2, 'failed')], nextCursor: null } }),
  )
  list.visible(true)
  await until(() => list.rows().length > 0)
  const app = anApp({ editor: fake.editor, session })
  await keepRun(app, undefined, list, true)
  await keepRun(app, undefined, list, true)
  expect(asked).toEqual([['#2 job 2', '#1 job 1'], ['#1 job 1']])
  expect(list.pinned()).toEqual([aJob(2).runId, job.runId])
  await keepRun(app, { subject: { runId: job.runId } }, list, false)
  expect(list.pinned()).toEqual([aJob(2).runId])
})
