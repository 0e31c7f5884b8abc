import { getEventListeners } from 'node:events'
import type { Attempt, Job } from '@novabrain/contracts'
import type { Context, Session } from '../../server/src/cli/command.js'
import { followLog } from '../../server/src/cli/follow.js'

type Told = Pick<Job, 'id' | 'projectId' | 'status'> & { readonly attempt: Pick<Attempt, 'id'> | null }

const job = (status: Job['status'], attemptId: string | null): Told => ({
  id: 'job',
  projectId: 'project',
  status,
  attempt: attemptId === null ? null : { id: attemptId },
})

/** Follow a job that is told to be these one after the other, while the logs of its attempts grow as `grow` says. */
const follow = async (jobs: readonly Told[], logs: Record<string, string>, grow: (seen: number) => void) => {
  let printed = ''
  let seen = 0
  const context = { output: { bytes: (bytes: Uint8Array) => (printed += Buffer.from(bytes).toString()) } }
  const client = {
    readLog: async ({ params, query }: { params: { attemptId: string }; query: { offset: number } }) =>
      Buffer.from(logs[params.attemptId] ?? '').subarray(query.offset),
    getJob: async () => {
      seen = Math.min(seen + 1, jobs.length - 1)
      grow(seen)
      return jobs[seen]
    },
  }
  const ended = await followLog(
    context as unknown as Context,
    { client } as unknown as Session,
    jobs[0] as unknown as Job,
  )
  return { printed, status: ended.status }
}

test('what an attempt said last is printed before the one that took its place', async () => {
  const logs: Record<string, string> = { first: 'GREW 18\n', second: 'GREW 60\n' }
  const told = [job('queued', null), job('running', 'first'), job('running', 'second'), job('succeeded', 'second')]
  const followed = await follow(told, logs, (seen) => {
    if (seen === 2) logs['first'] += '[novabrain] out_of_gpu_memory\n'
    if (seen === 3) logs['second'] += 'DONE\n'
  })
  expect(followed).toEqual({ printed: 'GREW 18\n[novabrain] out_of_gpu_memory\nGREW 60\nDONE\n', status: 'succeeded' })
})

test('a job may be followed for long: nothing of a round stays behind', async () => {
  const leave = new AbortController()
  const client = { readLog: async () => new Uint8Array(), getJob: async () => job('running', 'first') }
  const listeners: number[] = []
  const onJob = () => {
    listeners.push(getEventListeners(leave.signal, 'abort').length)
    if (listeners.length === 3) leave.abort()
  }
  const started = job('running', 'first') as unknown as Job
  const context = { output: {} } as unknown as Context
  await followLog(context, { client } as unknown as Session, started, { signal: leave.signal, onJob })
  expect(listeners).toEqual([0, 0, 0])
})
