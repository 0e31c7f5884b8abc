import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js'
import { createClient, jobEnded, type Client, type Fetch, type Job } from '@novabrain/contracts'
import { startServer } from '../../server/src/main.js'
import { testConfig, type Caller } from '../support/app.js'
import { fakeClock, type FakeClock } from '../support/clock.js'
import { verdictOf } from '../support/executor.js'
import { startFakeStage, uploadSnapshot, type FakeStage } from '../support/jobs.js'
import { connectMcp, type McpConnection } from '../support/mcp.js'
import { createTestDatabase } from '../support/postgres.js'
import { online, openStream } from '../support/stream.js'

interface Plan {
  readonly confirmation: string
  readonly expiresAt: string
  readonly mostGpuHours: number
  readonly leftGpuHours: number
  readonly limitGpuHours: number
  readonly preview: { readonly startsNow: boolean; readonly message: string; readonly resources: object }
}

const script = { script: 'print("hello")\n', timeLimitMinutes: 60 }

describe('on a server with two devices', () => {
  let stage: FakeStage
  let clock: FakeClock
  let lin: Caller
  let mcp: McpConnection
  beforeAll(async () => {
    clock = fakeClock()
    stage = await startFakeStage({ gpuCount: 2 }, { clock })
  })
  afterAll(() => stage.close())
  /** Each test has a member of its own, whose limit is whole. */
  beforeEach(async () => {
    lin = await stage.app.addMember(`lin ${String(expect.getState().currentTestName).length} ${clock.now()}`, 'editor')
    mcp = await connectMcp(stage.app.url, lin.token)
    clock.advance(1000)
  })
  afterEach(() => mcp.close())

  const plan = (change: Record<string, unknown> = {}) => mcp.call<Plan>('plan_job', { ...script, ...change })
  const submit = async (change: Record<string, unknown> = {}): Promise<Job> => {
    const { confirmation } = await plan(change)
    return mcp.call<Job>('submit_job', { ...script, ...change, confirmation })
  }
  /** The runner of a job. Where the clock was put forward the node has to be heard of again first. */
  const runnerOf = async (jobId: string) => {
    const { attempt } = await stage.until(jobId, (job) => job.attempt !== null)
    await stage.execution.settle()
    return stage.executor.runner(attempt?.id ?? '')
  }
  /** Stop a job over MCP, and have its runner obey, so that its devices are free for the next test. */
  const end = async (jobId: string): Promise<void> => {
    await stage.execution.settle()
    await mcp.call('stop_job', { job: jobId })
    const { attempt } = await stage.job(jobId)
    if (attempt !== null) await stage.executor.runner(attempt.id).finish(verdictOf('signal', { signal: 'SIGTERM' }))
    expect((await stage.job(jobId)).status).toBe('cancelled')
  }
  const params = () => ({ projectId: stage.app.owner.project.id })

  test('a client is told every tool, what it takes, and which of them change something', async () => {
    expect(mcp.client.getServerVersion()).toMatchObject({ name: 'novabrain', title: 'NovaBrain' })
    expect(mcp.client.getInstructions()).toContain('plan_job')
    const { tools } = await mcp.client.listTools()
    const changing = tools.filter(({ annotations }) => annotations?.readOnlyHint !== true).map(({ name }) => name)
    expect(changing).toEqual(['stop_job', 'submit_job'])
    expect(tools.map(({ name }) => name)).toEqual([
      'list_projects',
      'list_environments',
      'list_runs',
      'get_run',
      'compare_runs',
      'list_jobs',
      'get_job',
      'explain_job',
      'list_queue',
      'read_log',
      'stop_job',
      'plan_job',
      'submit_job',
    ])
    for (const { description, inputSchema } of tools) {
      expect(description?.length).toBeGreaterThan(40)
      expect(inputSchema.type).toBe('object')
    }
  })

  test('titles are in the language of the reader', async () => {
    const chinese = await connectMcp(stage.app.url, lin.token, { 'accept-language': 'zh-CN' })
    const { tools } = await chinese.client.listTools()
    expect(tools.find(({ name }) => name === 'plan_job')?.title).toBe('规划作业')
    expect((await chinese.refusal('get_job', { job: '9999' })).message).toBe('没有这个作业。')
    await chinese.close()
  })

  test('every tool and every setting of it is in both pages of the documentation', async () => {
    const { tools } = await mcp.client.listTools()
    for (const page of ['mcp.md', 'mcp.zh-CN.md']) {
      const text = await readFile(join(__dirname, '../../docs', page), 'utf8')
      const missing = tools.filter(({ name }) => !text.includes(`\`${name}\``)).map(({ name }) => name)
      expect({ page, missing }).toEqual({ page, missing: [] })
    }
  })

  test('what is planned says what it would use, and confirmed it becomes a job of an assistant', async () => {
    const wanted = { resources: { gpuCount: 2 }, timeLimitMinutes: 90, arguments: ['--fast'], name: 'try it' }
    const planned = await plan(wanted)
    expect(planned).toMatchObject({ mostGpuHours: 3, leftGpuHours: 4, limitGpuHours: 4 })
    expect(planned.preview).toMatchObject({ resources: { gpuCount: 2 }, message: expect.stringMatching(/./) as string })
    expect(await mcp.call('list_jobs', { status: 'active' })).toMatchObject({ items: [] })
    const job = await mcp.call<Job>('submit_job', { ...script, ...wanted, confirmation: planned.confirmation })
    expect(job).toMatchObject({
      origin: 'assistant',
      submittedBy: lin.member.name,
      name: 'try it',
      timeLimitMs: 5_400_000,
      maxRetries: 0,
      task: { kind: 'script', path: 'script.py', arguments: ['--fast'] },
    })
    expect(await mcp.call('get_job', { job: `#${String(job.number)}` })).toMatchObject({ id: job.id })
    const { items } = await stage.app.owner.client.listAuditEvents({ query: { limit: 10 } })
    expect(items).toContainEqual(
      expect.objectContaining({
        action: 'job_submitted',
        subject: job.id,
        memberId: lin.member.id,
        detail: { number: job.number, name: 'try it', origin: 'assistant' },
      }),
    )
    await end(job.id)
  })

  test('one confirmation is one job, however often and however much at once it is sent', async () => {
    const { confirmation } = await plan()
    const jobs = await Promise.all([1, 2, 3].map(() => mcp.call<Job>('submit_job', { ...script, confirmation })))
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(1)
    await end(jobs[0]?.id ?? '')
  })

  test('a confirmation is for exactly what was planned, by whom it was planned, for ten minutes', async () => {
    const { confirmation } = await plan()
    const other = await connectMcp(stage.app.url, stage.app.owner.token)
    for (const changed of [
      { script: 'print("something else")\n' },
      { timeLimitMinutes: 61 },
      { resources: { gpuCount: 1 } },
      { name: 'x' },
      { confirmation: 'made-up' },
    ])
      expect(await mcp.refusal('submit_job', { ...script, confirmation, ...changed })).toMatchObject({
        code: 'confirmation_invalid',
      })
    expect(await other.refusal('submit_job', { ...script, confirmation })).toMatchObject({
      code: 'confirmation_invalid',
    })
    clock.advance(600_000)
    expect(await mcp.refusal('submit_job', { ...script, confirmation })).toMatchObject({ code: 'confirmation_invalid' })
    expect(await mcp.refusal('submit_job', script)).toMatchObject({ code: 'invalid_request' })
    await other.close()
  })

  test("a day's limit holds for what runs, and what ended counts as it was", async () => {
    const first = await submit({ resources: { gpuCount: 2 }, timeLimitMinutes: 90 })
    expect(await mcp.refusal('plan_job', { ...script, resources: { gpuCount: 2 } })).toMatchObject({
      code: 'assistant_limit_reached',
      data: { mostGpuHours: 2, leftGpuHours: 1, limitGpuHours: 4 },
    })
    const runner = await runnerOf(first.id)
    await runner.beat('running')
    clock.advance(30 * 60_000)
    await runner.finish(verdictOf('succeeded', { exitCode: 0 }))
    expect(await plan({ resources: { gpuCount: 2 } })).toMatchObject({ mostGpuHours: 2, leftGpuHours: 3 })
    clock.advance(24 * 3_600_000)
    expect(await plan({ resources: { gpuCount: 2 } })).toMatchObject({ leftGpuHours: 4 })
  })

  test('two jobs at once cannot both use what is left', async () => {
    const wanted = { resources: { gpuCount: 1 }, timeLimitMinutes: 180 }
    const plans = await Promise.all(['a', 'b', 'c'].map((name) => plan({ ...wanted, name })))
    const answers = await Promise.all(
      plans.map(({ confirmation }, n) =>
        mcp.client.callTool({
          name: 'submit_job',
          arguments: { ...script, ...wanted, name: ['a', 'b', 'c'][n], confirmation },
        }),
      ),
    )
    expect(answers.filter(({ isError }) => isError !== true)).toHaveLength(1)
    const jobs = await mcp.call<{ items: Job[] }>('list_jobs', { status: 'active' })
    const mine = jobs.items.filter(({ submittedBy }) => submittedBy === lin.member.name)
    expect(mine).toHaveLength(1)
    await end(mine[0]?.id ?? '')
  })

  test('the limit holds for an assistant that submits another way, and needs an end; a person is free', async () => {
    const snapshotId = await uploadSnapshot(stage.app.owner, { 'train.py': 'print("hello")\n' })
    const body = {
      task: { kind: 'script' as const, path: 'train.py', arguments: [] },
      resources: { gpuCount: 2 },
      pinDigest: null,
      snapshotId,
    }
    const send = (change: object) => lin.client.submitJob({ params: params(), body: { ...body, ...change } })
    await expect(send({ origin: 'assistant' })).rejects.toMatchObject({ code: 'time_limit_required' })
    await expect(send({ origin: 'assistant', timeLimitMs: 9_000_000 })).rejects.toMatchObject({
      code: 'assistant_limit_reached',
    })
    const job = await send({})
    expect(job.origin).toBe('member')
    await end(job.id)
  })

  test('an earlier job is made again with the same code, variables and experiment, and other parameters', async () => {
    const snapshotId = await uploadSnapshot(stage.app.owner, { 'train.py': 'print("hello")\n' })
    const before = await lin.client.submitJob({
      params: params(),
      body: {
        task: { kind: 'script', path: 'train.py', arguments: ['--lr', '0.1'] },
        resources: { gpuCount: 0, memoryMib: 512 },
        pinDigest: null,
        snapshotId,
        experimentName: 'churn',
        environmentVariables: { STAGE: 'trial' },
      },
    })
    const wanted = { fromJob: `#${String(before.number)}`, arguments: ['--lr', '0.2'], timeLimitMinutes: 5 }
    const { confirmation } = await mcp.call<Plan>('plan_job', wanted)
    const job = await mcp.call<Job>('submit_job', { ...wanted, confirmation })
    expect(job).toMatchObject({
      snapshotId,
      experimentId: before.experimentId,
      resources: { memoryMib: 512 },
      task: { path: 'train.py', arguments: ['--lr', '0.2'] },
    })
    const rows: { variables: object; rerunOf: string }[] = await stage.app.foundation.database.transaction(
      stage.app.owner.scope,
      (tx) =>
        tx.query('SELECT environment_variables AS variables, rerun_of AS "rerunOf" FROM jobs WHERE id = $1', [job.id]),
    )
    expect(rows).toEqual([{ variables: { STAGE: 'trial' }, rerunOf: before.id }])
    for (const { id } of [before, job]) await end(id)
  })

  test('a job that waits is explained, and the queue says the same', async () => {
    const [holder, waiting] = [
      await submit({ resources: { gpuCount: 2 }, timeLimitMinutes: 30 }),
      await submit({ resources: { gpuCount: 2 }, timeLimitMinutes: 30 }),
    ]
    await stage.execution.settle()
    const told = await mcp.call<{ status: string; message: string }>('explain_job', { job: waiting.id })
    expect(told.status).toBe('queued')
    const { entries } = await mcp.call<{ entries: { jobId: string; message: string }[] }>('list_queue')
    expect(entries.find(({ jobId }) => jobId === waiting.id)?.message).toBe(told.message)
    for (const { id } of [waiting, holder]) await end(id)
  })

  test('the end of a log is read in whole letters', async () => {
    const job = await submit()
    const runner = await runnerOf(job.id)
    await runner.beat('running')
    await runner.log(0, '损失 0.5\n完成\n')
    const whole = await mcp.call('read_log', { job: job.id })
    expect(whole).toEqual({ jobNumber: job.number, attempt: 1, log: '损失 0.5\n完成\n', sizeBytes: 18 })
    expect(await mcp.call('read_log', { job: job.id, tailBytes: 5 })).toMatchObject({ log: '成\n' })
    await runner.finish(verdictOf('succeeded', { exitCode: 0 }))
  })

  test('what is not as a tool wants it is refused by its name', async () => {
    expect(await mcp.refusal('get_run', {})).toMatchObject({ code: 'invalid_request', data: { field: 'runId' } })
    expect(await mcp.refusal('list_jobs', { limit: 5000 })).toMatchObject({ data: { field: 'limit' } })
    expect(await mcp.refusal('list_jobs', { invented: 1 })).toMatchObject({ data: { field: 'invented' } })
    expect(await mcp.refusal('plan_job', { timeLimitMinutes: 5 })).toMatchObject({ code: 'invalid_request' })
    expect(await mcp.refusal('plan_job', { script: 'x', resources: {} })).toMatchObject({
      data: { field: 'timeLimitMinutes' },
    })
    await expect(mcp.client.callTool({ name: 'drop_tables', arguments: {} })).rejects.toThrow('no tool drop_tables')
  })

  test('who is in more than one project says which, by name, by id or for the whole connection', async () => {
    const owner = await connectMcp(stage.app.url, stage.app.owner.token)
    const name = `second-${String(clock.nowMs())}`
    const second = await stage.app.owner.client.createProject({ body: { name } })
    expect(await owner.refusal('list_jobs')).toMatchObject({ code: 'project_required' })
    expect(await owner.call('list_jobs', { project: name })).toEqual({ items: [], nextCursor: null })
    expect(await owner.call('list_jobs', { project: second.id })).toEqual({ items: [], nextCursor: null })
    const inSecond = await connectMcp(stage.app.url, stage.app.owner.token, { 'x-novabrain-project': name })
    expect(await inSecond.call('list_runs')).toEqual({ runs: [] })
    for (const each of [owner, inSecond]) await each.close()
  })

  test('a limit of 0 lets assistants submit nothing', async () => {
    const strict = await startFakeStage({ gpuCount: 1 }, { config: { assistantGpuHoursPerDay: 0 } })
    const connection = await connectMcp(strict.app.url, strict.app.owner.token)
    expect(await connection.refusal('plan_job', script)).toMatchObject({ code: 'assistant_jobs_forbidden' })
    await connection.close()
    await strict.close()
  })

  test('an address that offers no stream says so, and what is no MCP is refused', async () => {
    const headers = { authorization: `Bearer ${lin.token}` }
    for (const method of ['GET', 'DELETE']) {
      const response = await fetch(`${stage.app.url}/mcp`, { method, headers })
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST'])
    }
    const response = await fetch(`${stage.app.url}/mcp`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: '{"not":"json-rpc"}',
    })
    expect(response.status).toBe(400)
    await expect(connectMcp(stage.app.url, null)).rejects.toBeInstanceOf(StreamableHTTPError)
  })
})

test('with a real runner an assistant plans, submits, reads the log, and compares what came out', async () => {
  execFileSync(process.execPath, [join(__dirname, '../../server/src/runner/build.mjs')])
  const home = await mkdtemp(join(tmpdir(), 'novabrain-mcp-'))
  const database = await createTestDatabase()
  const server = await startServer(
    testConfig(home, { databaseUrl: database.url, gpus: '1x24GiB', gracePeriodMs: 500, stopJobsOnExit: true }),
  )
  const { token = '', projectId = '' } = JSON.parse(await readFile(join(home, 'credentials.json'), 'utf8')) as Record<
    string,
    string
  >
  const client: Client = createClient({
    baseUrl: server.url,
    fetch: fetch as unknown as Fetch,
    headers: () => ({ authorization: `Bearer ${token}` }),
  })
  const mcp = await connectMcp(server.url, token)
  const { stream } = openStream({ url: server.url, token, projectId })
  await online(stream)
  /** The job when it has ended: looked at now, and whenever something happens. */
  const ended = (jobId: string): Promise<Job> =>
    new Promise((resolve, reject) => {
      const look = () =>
        void client.getJob({ params: { projectId, jobId } }).then((job) => {
          if (!jobEnded(job.status)) return
          stop()
          resolve(job)
        }, reject)
      const stop = stream.subscribe([], look)
      look()
    })
  const runScript = async (text: string): Promise<Job> => {
    const wanted = { script: text, timeLimitMinutes: 5, resources: { gpuCount: 1 } }
    const { confirmation } = await mcp.call<Plan>('plan_job', wanted)
    const { id } = await mcp.call<Job>('submit_job', { ...wanted, confirmation })
    return ended(id)
  }
  const [one, two] = [await runScript('print(6 * 7)\n'), await runScript('raise SystemExit(3)\n')]
  expect([one.status, two.status]).toEqual(['succeeded', 'failed'])
  expect(await mcp.call('read_log', { job: String(one.number) })).toMatchObject({
    log: expect.stringContaining('42') as string,
  })
  const compared = await mcp.call<{ runs: object[] }>('compare_runs', { runIds: [one.runId, two.runId] })
  expect(compared.runs).toMatchObject([{ status: 'FINISHED' }, { status: 'FAILED' }])
  stream.close()
  await mcp.close()
  await server.close()
  await database.drop()
  await rm(home, { recursive: true, force: true, maxRetries: 5 })
}, 120_000)
