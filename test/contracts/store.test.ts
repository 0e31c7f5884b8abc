import {
  activeJobs,
  applyEvent,
  countJobs,
  dropMissed,
  emptyView,
  endedJobs,
  mergeJobs,
  trimEnded,
  type EventRecord,
  type Job,
  type JobStatus,
  type LiveView,
} from '@novabrain/contracts'
import { aJob } from './a-job.js'

const jobChanged = (cursor: number, job: Job): EventRecord => ({
  cursor,
  at: '2026-01-01T00:00:00.000Z',
  projectId: job.projectId,
  event: { type: 'job_changed', job },
})
const told = (view: LiveView, ...events: EventRecord[]): LiveView => events.reduce(applyEvent, view)
const statusOf = (view: LiveView, number: number): JobStatus | undefined => view.jobs.get(aJob(number).id)?.status

describe('the live view', () => {
  test('an event is applied once, however often it arrives', () => {
    const first = told(emptyView(), jobChanged(5, aJob(1, 'running')))
    const again = applyEvent(first, jobChanged(5, aJob(1, 'queued')))
    expect(again).toBe(first)
    expect(statusOf(again, 1)).toBe('running')
  })

  test('an event older than the last one heard changes nothing', () => {
    const view = told(emptyView(), jobChanged(7, aJob(1, 'running')))
    expect(applyEvent(view, jobChanged(6, aJob(2)))).toBe(view)
  })

  test('preemption brings a running job back to the queue', () => {
    const view = told(emptyView(), jobChanged(1, aJob(1, 'running')), jobChanged(2, aJob(1, 'queued')))
    expect(statusOf(view, 1)).toBe('queued')
  })

  test('a list that was asked for before an event does not undo the event', () => {
    const asked = emptyView(10)
    const heard = told(asked, jobChanged(11, aJob(1, 'running')))
    const merged = mergeJobs(heard, [aJob(1, 'queued'), aJob(2, 'queued')], asked.cursor)
    expect(statusOf(merged, 1)).toBe('running')
    expect(statusOf(merged, 2)).toBe('queued')
  })

  test('a list asked for after an event is newer than it', () => {
    const heard = told(emptyView(), jobChanged(11, aJob(1, 'starting')))
    expect(statusOf(mergeJobs(heard, [aJob(1, 'running')], heard.cursor), 1)).toBe('running')
  })

  test('a job known to have ended does not come back to life', () => {
    const ended = mergeJobs(emptyView(), [aJob(1, 'succeeded')], 0)
    expect(statusOf(applyEvent(ended, jobChanged(3, aJob(1, 'running'))), 1)).toBe('succeeded')
  })

  test('a job that ended while nobody listened leaves the active list', () => {
    const before = mergeJobs(emptyView(), [aJob(1, 'running'), aJob(2, 'running')], 0)
    const after = dropMissed(before, new Set([aJob(2).id]), before.cursor)
    expect(activeJobs(after).map((job) => job.number)).toEqual([2])
  })

  test('a job submitted while the active list was read is not taken for a missed one', () => {
    const before = emptyView(4)
    const submitted = told(before, jobChanged(5, aJob(3, 'queued')))
    expect(dropMissed(submitted, new Set(), before.cursor)).toBe(submitted)
  })

  test('active and ended jobs are listed newest first, and counted', () => {
    const jobs = [aJob(1, 'succeeded'), aJob(2, 'queued'), aJob(3, 'running'), aJob(4, 'failed'), aJob(5, 'stopping')]
    const view = mergeJobs(emptyView(), jobs, 0)
    expect(activeJobs(view).map((job) => job.number)).toEqual([5, 3, 2])
    expect(endedJobs(view).map((job) => job.number)).toEqual([4, 1])
    expect(countJobs(view)).toEqual({ queued: 1, running: 2 })
  })

  test('only the oldest ended jobs are forgotten, never active ones', () => {
    const view = mergeJobs(
      emptyView(),
      [aJob(1, 'running'), aJob(2, 'failed'), aJob(3, 'failed'), aJob(4, 'failed')],
      0,
    )
    expect([...trimEnded(view, 2).jobs.values()].map((job) => job.number).sort()).toEqual([1, 3, 4])
    expect(trimEnded(view, 3)).toBe(view)
  })

  test('runs, nodes and queues are noted', () => {
    const at = '2026-01-01T00:00:00.000Z'
    const run = { type: 'run_changed', runId: 'a'.repeat(32), experimentId: '1', name: 'r', status: 'RUNNING' } as const
    const view = told(
      emptyView(),
      { cursor: 1, at, projectId: null, event: run },
      { cursor: 2, at, projectId: null, event: { type: 'nodes_changed' } },
      { cursor: 3, at, projectId: null, event: { type: 'queues_changed' } },
    )
    expect(view.runs.get(run.runId)?.status).toBe('RUNNING')
    expect([view.nodesRevision, view.queuesRevision]).toEqual([1, 1])
  })
})
