import { createHash } from 'node:crypto'
import type { Job, SubmitJob } from '@novabrain/contracts'
import { Client as Listener } from 'pg'
import { createExecution } from '../../server/src/execution/execution.js'
import type { Executor } from '../../server/src/execution/executor.js'
import { workChannel } from '../../server/src/modules/jobs/lifecycle.js'
import { startApp, type Account, type TestApp, type TestAppOptions } from './app.js'
import { createFakeExecutor, type FakeExecutor, type FakeNode } from './executor.js'

export type Execution = ReturnType<typeof createExecution>

/** A server whose jobs are run by an executor of the test's choice. */
export interface JobStage {
  readonly app: TestApp
  readonly execution: Execution
  /** Submit a script; only what matters to the test is said. */
  submit(request?: Partial<SubmitJob>, account?: Pick<Account, 'client' | 'project'>): Promise<Job>
  job(jobId: string): Promise<Job>
  stop(jobId: string): Promise<Job>
  /** Resolves with the job as soon as it fits; fails with what it is after a while. */
  until(jobId: string, fits: (job: Job) => boolean): Promise<Job>
  close(): Promise<void>
}

export interface FakeStage extends JobStage {
  readonly executor: FakeExecutor
}

export type StageOptions = Pick<TestAppOptions, 'config' | 'clock' | 'heard'> & {
  readonly policy?: Parameters<typeof createExecution>[0]['policy']
}

/** Upload the text of files and keep them as a snapshot of the project. */
export const uploadSnapshot = async (
  { client, project }: Pick<Account, 'client' | 'project'>,
  files: Readonly<Record<string, string>>,
): Promise<string> => {
  const params = { projectId: project.id }
  const manifest = Object.entries(files).map(([path, text]) => ({
    path,
    sizeBytes: Buffer.byteLength(text),
    digest: createHash('sha256').update(text).digest('hex'),
    reason: 'entrypoint' as const,
  }))
  for (const [path, text] of Object.entries(files)) {
    const digest = manifest.find((file) => file.path === path)?.digest ?? ''
    await client.putBlob({ params: { ...params, digest }, body: Buffer.from(text) })
  }
  const created = await client.createCodeSnapshot({ params, body: { files: manifest, excluded: [], git: null } })
  if (created.snapshot === null) throw new Error(`Contents are missing: ${created.missing.join(', ')}`)
  return created.snapshot.id
}

/** Start a server with an executor made for it. */
export const startJobStage = async (
  makeExecutor: (app: TestApp) => Executor,
  { policy, ...options }: StageOptions = {},
): Promise<JobStage> => {
  const app = await startApp({ ...options, background: false })
  const execution = executionOf(app, makeExecutor(app), policy)
  await execution.start()
  const watcher = await watchWork(app.database.adminUrl)
  const params = (jobId: string) => ({ projectId: app.owner.project.id, jobId })
  const job = (jobId: string) => app.owner.client.getJob({ params: params(jobId) })
  return {
    app,
    execution,
    async submit(request = {}, account = app.owner) {
      const snapshotId = request.snapshotId ?? (await uploadSnapshot(account, { 'train.py': 'print("hello")\n' }))
      return account.client.submitJob({
        params: { projectId: account.project.id },
        body: {
          task: { kind: 'script', path: 'train.py', arguments: [] },
          resources: { gpuCount: 0 },
          pinDigest: null,
          ...request,
          snapshotId,
        },
      })
    },
    job,
    stop: (jobId) => app.owner.client.stopJob({ params: params(jobId) }),
    until: (jobId, fits) => watcher.until(() => job(jobId), fits),
    async close() {
      await watcher.close()
      await execution.stop()
      await app.close()
    },
  }
}

/** A scheduler and supervisor over a test server. */
export const executionOf = (app: TestApp, executor: Executor, policy?: StageOptions['policy']): Execution =>
  createExecution({
    ...app.foundation,
    ...app.services.jobModules,
    databaseUrl: app.database.url,
    executor,
    ...(policy === undefined ? {} : { policy }),
  })

/** Start a server with an executor that starts nothing. */
export const startFakeStage = async (node: FakeNode = {}, options: StageOptions = {}): Promise<FakeStage> => {
  let executor: FakeExecutor | null = null
  const stage = await startJobStage((app) => (executor = createFakeExecutor(() => app.url, node)), options)
  if (executor === null) throw new Error('The executor was not made')
  return { ...stage, executor }
}

/** Looks again whenever something was committed that concerns jobs. */
const watchWork = async (databaseUrl: string) => {
  const listener = new Listener({ connectionString: databaseUrl })
  listener.on('error', () => undefined)
  await listener.connect()
  await listener.query(`LISTEN ${workChannel}`)
  return {
    async until<T>(look: () => Promise<T>, fits: (seen: T) => boolean, patienceMs = 60_000): Promise<T> {
      const deadline = performance.now() + patienceMs
      for (;;) {
        const next = nextNotice(listener, deadline - performance.now())
        const seen = await look()
        if (fits(seen)) {
          next.forget()
          return seen
        }
        if (!(await next.heard)) throw new Error(`It did not come to pass; last seen: ${JSON.stringify(seen)}`)
      }
    },
    close: () => listener.end(),
  }
}

/** The next notification: `true`, or `false` when none came in time. */
const nextNotice = (listener: Listener, patienceMs: number) => {
  let settle: (heard: boolean) => void = () => undefined
  const heard = new Promise<boolean>((resolve) => {
    settle = resolve
  })
  const hear = () => forget(true)
  const timer = setTimeout(() => forget(false), patienceMs)
  const forget = (came = false) => {
    clearTimeout(timer)
    listener.off('notification', hear)
    settle(came)
  }
  listener.on('notification', hear)
  return { heard, forget: () => forget() }
}
