import {
  emptyView,
  mergeJobs,
  type Job,
  type JobFeedState,
  type LiveView,
  type Node,
  type QueueEntry,
  type RunSummary,
} from '@novabrain/contracts'
import { contextOf } from '../../extensions/vscode/src/views/runs.js'
import { runsRows, type RunsView } from '../../extensions/vscode/src/views/runs-rows.js'
import { teamRows } from '../../extensions/vscode/src/views/team-rows.js'
import { redrawn, type TreeRow } from '../../extensions/vscode/src/views/tree.js'
import type { SessionState } from '../../extensions/vscode/src/session.js'
import { stringsOf } from '../support/ui-words.js'
import { aJob } from '../contracts/a-job.js'
import { anEditor } from './an-editor.js'

const { editor } = anEditor()
const nowMs = Date.parse('2026-01-01T01:00:00.000Z')
const viewOf = (jobs: readonly Job[]): LiveView => mergeJobs(emptyView(), jobs, 0)
const aView = (jobs: readonly Job[], change: Partial<RunsView> = {}): RunsView => ({
  view: viewOf(jobs),
  more: false,
  pinned: [],
  staleSinceMs: null,
  lacksPython: false,
  nowMs,
  ...change,
})
const rowsOf = (jobs: readonly Job[], change: Partial<RunsView> = {}) => runsRows(editor, aView(jobs, change))
const under = (rows: readonly TreeRow[], id: string) => rows.find((row) => row.id === id)?.children ?? []
const jobRows = (rows: readonly TreeRow[]): TreeRow[] =>
  rows.flatMap((row) => [row, ...jobRows(row.children ?? [])]).filter(({ subject }) => subject !== undefined)

const noRuns = { items: [], more: false }
const aRun = (change: Partial<RunSummary> = {}): RunSummary => ({
  id: 'r1',
  experimentId: '1',
  experimentName: 'support',
  name: 'evaluate',
  status: 'FINISHED',
  startedAt: '2026-01-01T00:50:00.000Z',
  endedAt: '2026-01-01T00:55:00.000Z',
  metrics: [],
  projectId: 'p',
  lifecycleStage: 'active',
  userName: 'ada',
  job: null,
  ...change,
})

describe('the tree of runs', () => {
  const jobs = [aJob(1, 'succeeded'), aJob(2, 'failed'), aJob(3, 'running'), aJob(4), aJob(5, 'cancelled')]

  test('groups: what is at work, what is kept at hand, what has ended; newest first, none of them empty', () => {
    const rows = rowsOf(jobs, { pinned: [aJob(2).runId, aJob(3).runId] })
    expect(under(rows, 'active').map(({ label }) => label)).toEqual(['#4 job 4', '#3 job 3', 'Queue and GPUs'])
    expect(rows.map(({ id }) => id)).toEqual(['active', 'pinned', 'recent', 'table'])
    expect(rows.at(-1)).toMatchObject({ label: 'Table of runs', command: { id: 'novabrain.openTable' } })
    expect(under(rows, 'pinned').map(({ label }) => label)).toEqual(['#3 job 3', '#2 job 2'])
    expect(under(rows, 'recent').map(({ label }) => label)).toEqual(['#5 job 5', '#2 job 2', '#1 job 1'])
    expect(rowsOf([aJob(1)]).map(({ id }) => id)).toEqual(['active', 'table'])
    expect(rowsOf([])).toEqual([])
  })

  test('no two rows have the same id, also where a run is shown twice', () => {
    const ids = jobRows(rowsOf(jobs, { pinned: jobs.map(({ runId }) => runId) })).map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).toHaveLength(10)
  })

  test.each(['en', 'zh-CN'] as const)('in %s a screen reader hears the status first', (locale) => {
    const rows = jobRows(runsRows({ ...editor, locale }, aView(jobs)))
    const words = stringsOf(locale).status
    for (const { spoken, label } of rows) {
      const job = jobs.find((each) => `#${each.number} ${each.name}` === label)
      expect(job).toBeDefined()
      expect(spoken).toMatch(new RegExp(`^${words[job?.status ?? 'queued']}, #`))
    }
    expect(rows).toHaveLength(5)
  })

  test('status is a shape as well as a colour', () => {
    const icons = (['queued', 'running', 'succeeded', 'failed', 'cancelled'] as const).map(
      (status) => jobRows(rowsOf([aJob(1, status)]))[0]?.icon,
    )
    expect(new Set(icons).size).toBe(5)
  })

  test('its kind tells menus what can be done', () => {
    const kinds = jobRows(rowsOf([aJob(1, 'failed'), aJob(2, 'running')], { pinned: [aJob(1).runId] }))
    expect(kinds.map(({ id, kind }) => [id.split(':')[0], kind])).toEqual([
      ['active', 'job script active loose'],
      ['pinned', 'job script ended kept'],
      ['recent', 'job script ended kept'],
    ])
  })

  test('what is only last known is faint, and says of when it is', () => {
    const rows = rowsOf(jobs, { staleSinceMs: nowMs - 300_000 })
    expect(rows[0]).toMatchObject({ id: 'stale', label: 'Server unreachable' })
    expect(rows[0]?.description).toMatch(/^as of 5 min/)
    expect(jobRows(rows).every(({ stale }) => stale === true)).toBe(true)
    expect(jobRows(rowsOf(jobs)).some(({ stale }) => stale === true)).toBe(false)
  })

  test('what a program logged by itself stands among the jobs, and opens its page', () => {
    const loose = [aRun(), aRun({ id: 'r2', name: '对账', status: 'RUNNING', endedAt: null })]
    const rows = rowsOf([aJob(1, 'succeeded')], { runs: { items: loose, more: false } })
    expect(under(rows, 'active')).toMatchObject([
      { label: '对账', description: 'Running · 10 min', kind: 'run loose', icon: 'loading~spin' },
    ])
    expect(under(rows, 'recent').map(({ label }) => label)).toEqual(['evaluate', '#1 job 1'])
    expect(under(rows, 'recent')[0]).toMatchObject({
      spoken: 'Finished, evaluate, Finished · 5 min · 5 min ago',
      command: { id: 'novabrain.openRun', arguments: [{ runId: 'r1' }] },
    })
    expect(rowsOf([], { runs: { items: loose, more: false } }).map(({ id }) => id)).toEqual([
      'active',
      'recent',
      'table',
    ])
  })

  test('a run without a job is kept at hand as those of jobs are, and has no menu of a job', () => {
    const loose = { items: [aRun(), aRun({ id: 'r2' })], more: false }
    const rows = rowsOf([aJob(1, 'succeeded')], { runs: loose, pinned: ['r1', aJob(1).runId] })
    expect(under(rows, 'pinned').map(({ id, kind, subject }) => [id, kind, subject?.runId])).toEqual([
      ['pinned:r1', 'run kept', 'r1'],
      [`pinned:${aJob(1).id}`, 'job script ended kept', aJob(1).runId],
    ])
    expect(under(rows, 'recent').map(({ kind }) => kind)).toEqual(['run loose', 'run kept', 'job script ended kept'])
    for (const { kind } of jobRows(rows).filter(({ subject }) => subject?.jobId === undefined))
      expect(kind).not.toMatch(/job|active|ended/)
  })

  test('hovering over it tells of which experiment it is and whose', () => {
    const runs = { items: [aRun({ name: 'a*b', experimentName: 'churn_2' })], more: false }
    const [row] = under(rowsOf([], { runs }), 'recent')
    expect(row?.hover?.()).toBe('**a\\*b**\n\nFinished · churn\\_2 · ada')
  })

  test('the run of a job stands there once, with its job', () => {
    const { id, number, runId } = aJob(1, 'succeeded')
    const ofJob = aRun({ id: runId, job: { id, number, status: 'succeeded' } })
    expect(under(rowsOf([aJob(1, 'succeeded')], { runs: { items: [ofJob], more: false } }), 'recent')).toHaveLength(1)
  })

  test('older runs are one click away where there are any', () => {
    expect(under(rowsOf(jobs, { more: true }), 'recent').at(-1)).toMatchObject({ id: 'older' })
    expect(under(rowsOf(jobs), 'recent').at(-1)?.id).not.toBe('older')
    const further = { items: [aRun()], more: true }
    expect(under(rowsOf([], { runs: further }), 'recent').at(-1)).toMatchObject({ id: 'older' })
  })

  test('a name is no markup', () => {
    const name = '[click](command:evil) `x` <b>'
    const [row] = jobRows(rowsOf([aJob(1, 'queued', { name, submittedBy: '**ada**' })]))
    const hover = row?.hover?.() ?? ''
    expect(hover).toContain('click')
    expect(hover).not.toMatch(/(^|[^\\])\[click\]/)
    expect(hover).not.toContain('<b>')
    expect(hover).not.toContain(' **ada**')
  })

  test('10,000 runs cost less than 200 ms of the processor, one row each', () => {
    const view = aView(Array.from({ length: 10_000 }, (_, at) => aJob(at + 1, 'succeeded')))
    const times: number[] = []
    let rows: readonly TreeRow[] = []
    for (let round = 0; round < 5; round += 1) {
      const before = process.cpuUsage()
      rows = runsRows(editor, view)
      const { user, system } = process.cpuUsage(before)
      times.push((user + system) / 1000)
    }
    expect(rows.map(({ id }) => id)).toEqual(['recent', 'table'])
    expect(under(rows, 'recent')).toHaveLength(10_000)
    expect(times.sort((a, b) => a - b)[2]).toBeLessThan(200)
  })
})

describe('the tree of those who lead', () => {
  const device = (index: number, held: boolean): Node['devices'][number] => ({
    id: String(index),
    index,
    kind: 'gpu',
    model: 'NVIDIA H100',
    memoryMib: 81_920,
    freeMilli: held ? 0 : 1000,
    freeMemoryMib: 81_920,
    simulated: false,
    heldBy: held ? [{ jobId: 'j', jobNumber: 7, jobName: 'train', milli: 1000 }] : [],
  })
  const node = (state: Node['state'], devices: Node['devices']): Node => ({
    id: 'n',
    name: 'lab-1',
    executor: 'local',
    state,
    cpuMilli: 1000,
    memoryMib: 1024,
    freeCpuMilli: 1000,
    freeMemoryMib: 1024,
    devices,
    lastSeenAt: '2026-01-01T00:00:00.000Z',
  })
  const entry = (jobNumber: number, submittedBy: string, position: number | null): QueueEntry => ({
    jobId: String(jobNumber),
    jobNumber,
    jobName: 'train',
    submittedBy,
    queueName: 'default',
    status: position === null ? 'running' : 'queued',
    position,
    gpuCount: 2,
    reason: 'ready',
    message: 'All GPUs are held',
    estimatedStart: null,
    suggestion: null,
    submittedAt: '2026-01-01T00:00:00.000Z',
  })

  const inAll = (items: readonly QueueEntry[], more = 0) => ({
    items: [...items],
    waitingCount: items.filter(({ status }) => status === 'queued').length + more,
  })

  test('says how many wait behind those that are listed', () => {
    const rows = teamRows(editor, [], inAll([entry(8, 'ada', 1)], 1500))
    expect(rows.find(({ id }) => id === 'waiting')?.description).toBe('1,501')
    expect(under(rows, 'waiting').map(({ label }) => label)).toEqual([
      '1. #8 train',
      '1,500 more jobs wait behind these.',
    ])
  })

  test('says who holds which device, who waits and why, and how much each person has', () => {
    const queue = [entry(7, 'ada', null), entry(8, 'ada', 1), entry(9, 'bo', 2)]
    const rows = teamRows(editor, [node('ready', [device(0, true), device(1, false)])], inAll(queue))
    expect(rows.map(({ id }) => id)).toEqual(['queue', 'devices', 'waiting', 'people'])
    const devices = under(under(rows, 'devices'), 'node:n')
    expect(devices.map(({ description }) => description?.split(' · ')[0])).toEqual(['#7 train', 'Free'])
    expect(under(rows, 'waiting').map(({ label, description }) => [label, description])).toEqual([
      ['1. #8 train', 'ada · All GPUs are held'],
      ['2. #9 train', 'bo · All GPUs are held'],
    ])
    expect(under(rows, 'people').map(({ label, description }) => [label, description])).toEqual([
      ['ada', '2 GPUs · 1 waiting'],
      ['bo', '0 GPUs · 1 waiting'],
    ])
  })

  test('where nobody waits and nobody runs, it says so', () => {
    const rows = teamRows(editor, [node('lost', [])], inAll([]))
    expect(under(rows, 'waiting').map(({ label }) => label)).toEqual(['Nobody waits'])
    expect(under(rows, 'people').map(({ label }) => label)).toEqual(['Nobody runs anything now'])
    expect(under(rows, 'devices')[0]).toMatchObject({ icon: 'warning' })
  })

  test('every row has an id of its own', () => {
    const ids = (rows: readonly TreeRow[]): string[] => rows.flatMap(({ id, children = [] }) => [id, ...ids(children)])
    const all = ids(
      teamRows(editor, [node('ready', [device(0, true)])], inAll([entry(7, 'ada', null), entry(8, 'bo', 1)])),
    )
    expect(new Set(all).size).toBe(all.length)
  })
})

describe('what of a tree is drawn anew', () => {
  const row = (id: string, description: string, children?: readonly TreeRow[]): TreeRow => ({
    id,
    label: id,
    description,
    command: { id: 'open', arguments: [{ runId: id }] },
    ...(children && { children }),
  })
  const tree = (...under: readonly TreeRow[]) => [row('active', ''), row('recent', '', under)]

  test('nothing, where nothing changed', () => {
    expect(redrawn(tree(row('a', '1 s')), tree(row('a', '1 s')))).toEqual([])
  })

  test('the rows whose words, icon or command changed', () => {
    const before = tree(row('a', '1 s'), row('b', '1 s'), row('c', '1 s'), row('d', ''))
    const moved = { ...row('d', ''), command: { id: 'open', arguments: [{ runId: 'e' }] } }
    const after = tree(row('a', '2 s'), row('b', '1 s'), { ...row('c', '1 s'), icon: 'error' }, moved)
    expect(redrawn(before, after)).toEqual(['a', 'c', 'd'])
  })

  test('the group that a row came to, left, or moved in', () => {
    const [a, b] = [row('a', ''), row('b', '')]
    for (const after of [[a], [b, a], [a, b, row('c', '')]])
      expect(redrawn(tree(a, b), tree(...after))).toEqual(['recent'])
  })

  test('the whole, where a group came or left', () => {
    expect(redrawn(tree(), [row('recent', '')])).toBe('all')
    expect(redrawn([], tree())).toBe('all')
  })

  test('the group, where very many of its rows changed', () => {
    const rows = (words: string) => Array.from({ length: 101 }, (_, at) => row(String(at), words))
    expect(redrawn(tree(...rows('1 s')), tree(...rows('2 s')))).toEqual(['recent'])
  })
})

describe('which page of the view is shown', () => {
  const feed = (change: Partial<JobFeedState>): JobFeedState => ({
    view: emptyView(),
    status: 'ready',
    error: null,
    more: false,
    ...change,
  })
  const signedIn = { kind: 'signed_in' } as SessionState

  const all = { python: false, gpu: false }

  test.each<[string, SessionState, JobFeedState | null, boolean, string]>([
    ['signed out', { kind: 'signed_out' }, null, true, 'signed_out'],
    ['away, with something known', { kind: 'unreachable' }, null, true, 'ready'],
    ['away, with nothing known', { kind: 'unreachable' }, null, false, 'unreachable'],
    ['an old server', { kind: 'version_mismatch', older: 'server', serverVersion: '2.0.0' }, null, true, 'server_old'],
    [
      'an old extension',
      { kind: 'version_mismatch', older: 'extension', serverVersion: '4.0.0' },
      null,
      true,
      'extension_old',
    ],
    ['no project', { kind: 'no_project' }, null, true, 'no_project'],
    ['a fault', { kind: 'failed', error: null }, null, true, 'failed'],
    ['lists on their way', signedIn, feed({ status: 'loading' }), false, 'connecting'],
    ['lists that cannot be read', signedIn, feed({ status: 'failed' }), false, 'failed'],
    ['an empty project', signedIn, feed({}), false, 'empty'],
    ['runs', signedIn, feed({ view: viewOf([aJob(1)]) }), false, 'ready'],
  ])('%s', (_what, state, jobs, known, page) => {
    expect(contextOf(state, jobs === null ? null : { jobs, runs: noRuns }, known, all)).toBe(page)
  })

  test('runs without a job are runs too, and until they are read nobody says that there is nothing', () => {
    expect(contextOf(signedIn, { jobs: feed({}), runs: { items: [aRun()], more: false } }, false, all)).toBe('ready')
    expect(contextOf(signedIn, { jobs: feed({}), runs: null }, false, all)).toBe('connecting')
    expect(contextOf(signedIn, { jobs: feed({ view: viewOf([aJob(1)]) }), runs: null }, false, all)).toBe('ready')
  })

  test.each<[string, JobFeedState, { python: boolean; gpu: boolean }, string]>([
    ['no Python, in an empty project', feed({}), { python: true, gpu: false }, 'no_python'],
    ['no GPU, in an empty project', feed({}), { python: false, gpu: true }, 'empty_no_gpu'],
    ['neither, in an empty project', feed({}), { python: true, gpu: true }, 'no_python'],
    ['neither, beside runs', feed({ view: viewOf([aJob(1)]) }), { python: true, gpu: true }, 'ready'],
  ])('%s', (_what, jobs, lacks, page) => expect(contextOf(signedIn, { jobs, runs: noRuns }, true, lacks)).toBe(page))

  test('beside runs, that there is no Python is a row above them, which leads to the setting', () => {
    const [row, ...others] = rowsOf([aJob(1)], { lacksPython: true })
    expect(row).toMatchObject({
      label: 'No Python found',
      command: { id: 'workbench.action.openSettings', arguments: ['novabrain.pythonPath'] },
    })
    expect(others.map(({ id }) => id)).toEqual(['active', 'table'])
    expect(rowsOf([], { lacksPython: true })).toEqual([])
  })
})
