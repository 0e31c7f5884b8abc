import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createClient, NovaBrainError, UnreachableError, type Fetch } from '@novabrain/contracts'
import { pino } from 'pino'
import { startServer, type RunningServer } from '../../server/src/main.js'
import { readCredentials } from '../../server/src/modules/identity/first-run.js'
import { testConfig } from '../support/app.js'
import { online, openStream } from '../support/stream.js'

let home: string
let server: RunningServer
beforeAll(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'novabrain-loss-'))
  await chmod(home, 0o711)
  server = await startServer(testConfig(home), { log: pino({ level: process.env['NOVABRAIN_TEST_LOG'] ?? 'silent' }) })
})
afterAll(async () => {
  await server.close()
  await rm(home, { recursive: true, force: true })
})

/** The process in PostgreSQL's lock file; 0 while there is none. */
const postmaster = async (): Promise<number> => {
  const file = path.join(home, 'postgres', 'data', 'postmaster.pid')
  return Number((await readFile(file, 'utf8').catch(() => '0')).split('\n')[0])
}

test('when PostgreSQL is killed the server lives, says so, and works again by itself; the stream goes on', async () => {
  const credentials = await readCredentials(home)
  const { token = '', projectId = '' } = credentials ?? {}
  const client = createClient({
    baseUrl: server.url,
    fetch: fetch as unknown as Fetch,
    headers: () => ({ authorization: `Bearer ${token}` }),
  })
  const opened = openStream({ url: server.url, token, projectId })
  await online(opened.stream)
  const codes = new Set<string>()
  for (let round = 0; round < 3; round += 1) {
    const killed = await postmaster()
    process.kill(killed, 'SIGKILL')
    // A backend may still answer a little while; only then is the database gone.
    await until(async () => (await postmaster()) !== killed)
    for (let made: string | null = null; made === null;) {
      made = await client
        .createMember({ body: { name: `member ${String(round)}` } })
        .then(({ name }) => name)
        .catch((error: unknown) => {
          if (error instanceof UnreachableError || !(error instanceof NovaBrainError)) throw error
          codes.add(error.code)
          // The commit was done but its answer was lost: then the name is taken, by us.
          return error.code === 'member_name_taken' ? 'taken' : null
        })
    }
  }
  expect([...codes].filter((code) => code !== 'member_name_taken' && code !== 'database_unavailable')).toEqual([])
  expect((await fetch(`${server.url}/health/live`)).status).toBe(200)
  const { items } = await client.listMembers()
  expect(items.map(({ name }) => name)).toEqual(['member 0', 'member 1', 'member 2', 'owner'])
  await until(async () => (await fetch(`${server.url}/health/ready`)).status === 200)
  opened.stream.close()
})

const until = async (holds: () => Promise<boolean>): Promise<void> => {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20))
}
