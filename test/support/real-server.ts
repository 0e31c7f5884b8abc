import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Value } from '@sinclair/typebox/value'
import { createClient, jobEnded, type Client, type Fetch, type Job } from '@novabrain/contracts'
import { Config } from '../../server/src/config.js'
import { startServer, type RunningServer } from '../../server/src/main.js'
import { createTestDatabase } from './postgres.js'
import { findUv } from './python-tools.js'

/** A whole server as it ships, with the real runner and uv, in a folder and a database of its own. */
export interface RealServer {
  readonly url: string
  readonly home: string
  readonly token: string
  readonly projectId: string
  readonly client: Client
  clientOf(token: string): Client
  job(jobId: string): Promise<Job>
  /** Resolves with the job as soon as it fits. An end that does not fit fails with the verdict. */
  until(jobId: string, fits: (job: Job) => boolean): Promise<Job>
  /** The log of the last attempt of a job. */
  log(job: Job): Promise<string>
  /** Stop the server, leaving its jobs be, and start it again at the same address. */
  restart(): Promise<void>
  /** Stop what still runs, the server, and leave nothing behind. */
  close(): Promise<void>
}

/** Start one. The packages that made the sample environment are in its cache (`NOVABRAIN_TEST_HOME`). */
export const startRealServer = async (overrides: Partial<Config> = {}): Promise<RealServer> => {
  const home = await mkdtemp(join(tmpdir(), 'novabrain-real-'))
  await shareCache(home)
  const database = await createTestDatabase()
  await promisify(execFile)(process.execPath, [join(__dirname, '../../server/src/runner/build.mjs')])
  const config = Value.Decode(
    Config,
    Value.Default(Config, {
      home,
      port: 0,
      gpus: '2x24GiB',
      logLevel: process.env['NOVABRAIN_TEST_LOG'] ?? 'silent',
      databaseUrl: database.url,
      gracePeriodMs: 2000,
      uvPath: await findUv(),
      ...overrides,
    }),
  )
  let server: RunningServer = await startServer(config)
  const { token = '', projectId = '' } = JSON.parse(await readFile(join(home, 'credentials.json'), 'utf8')) as Record<
    string,
    string
  >
  const clientOf = (key: string) =>
    createClient({
      baseUrl: server.url,
      fetch: fetch as unknown as Fetch,
      headers: () => ({ authorization: `Bearer ${key}` }),
    })
  const client = clientOf(token)
  const job = (jobId: string) => client.getJob({ params: { projectId, jobId } })
  const until = async (jobId: string, fits: (job: Job) => boolean): Promise<Job> => {
    for (;;) {
      const seen = await job(jobId)
      if (fits(seen)) return seen
      if (jobEnded(seen.status)) throw new Error(`${seen.status}: ${JSON.stringify(seen.attempt?.verdict)}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  return {
    url: server.url,
    home,
    token,
    projectId,
    client,
    clientOf,
    job,
    until,
    async log({ id, attempt }) {
      const params = { projectId, jobId: id, attemptId: attempt?.id ?? '' }
      return Buffer.from(await client.readLog({ params, query: { offset: 0 } })).toString('utf8')
    },
    async restart() {
      const port = Number(new URL(server.url).port)
      await server.close()
      server = await startServer({ ...config, port })
    },
    async close() {
      const { items } = await client.listJobs({ params: { projectId }, query: { status: 'active' } })
      for (const { id } of items) {
        await client.stopJob({ params: { projectId, jobId: id } })
        await until(id, ({ status }) => jobEnded(status))
      }
      await server.close()
      await database.drop()
      await rm(home, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

const shareCache = async (home: string): Promise<void> => {
  const warm = process.env['NOVABRAIN_TEST_HOME']
  if (warm === undefined) return
  await mkdir(join(home, 'cache'), { recursive: true })
  await mkdir(join(warm, 'cache/uv'), { recursive: true })
  await symlink(join(warm, 'cache/uv'), join(home, 'cache/uv'))
}
