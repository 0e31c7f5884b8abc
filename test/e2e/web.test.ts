import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, type Client, type Fetch, type Job, type SubmitJob } from '@novabrain/contracts'
import type { Locator, Page } from 'playwright-core'
import type { Config } from '../../server/src/config.js'
import { startServer, type RunningServer } from '../../server/src/main.js'
import { testConfig } from '../support/app.js'
import { barriers } from '../support/barriers.js'
import { chromiumPath, openBrowser, picture, type TestBrowser, type TestPage } from '../support/browser.js'
import { uploadSnapshot } from '../support/jobs.js'
import { createTestDatabase, type TestDatabase } from '../support/postgres.js'

jest.setTimeout(120_000)

const inChromium = chromiumPath() === null && process.env['CI'] !== 'true' ? describe.skip : describe

const endless = 'import time\nprint("step 1 of many", flush=True)\nwhile True:\n    time.sleep(0.2)\n'
const broken = 'import a_module_nobody_has\n'

inChromium('the web app', () => {
  let home: string
  let database: TestDatabase
  let config: Config
  let server: RunningServer
  let token: string
  let client: Client
  let projectId: string
  let browser: TestBrowser
  let opened: TestPage
  let page: Page
  const violations: string[] = []

  beforeAll(async () => {
    execFileSync(process.execPath, [join(__dirname, '../../server/src/runner/build.mjs')])
    execFileSync(process.execPath, [join(__dirname, '../../server/src/web/build.mjs')])
    home = await mkdtemp(join(tmpdir(), 'novabrain-web-'))
    database = await createTestDatabase()
    config = testConfig(home, { databaseUrl: database.url, gpus: '1x24GiB', gracePeriodMs: 500, stopJobsOnExit: true })
    server = await startServer(config)
    config = { ...config, port: Number(new URL(server.url).port) }
    const credentials = JSON.parse(await readFile(join(home, 'credentials.json'), 'utf8')) as Record<string, string>
    token = credentials['token'] ?? ''
    projectId = credentials['projectId'] ?? ''
    client = createClient({
      baseUrl: server.url,
      fetch: fetch as unknown as Fetch,
      headers: () => ({ authorization: `Bearer ${token}` }),
    })
    browser = await openBrowser()
    opened = await browser.newPage({ colorScheme: 'light' })
    page = opened.page
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) violations.push(message.text())
    })
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
    await database?.drop()
    await rm(home, { recursive: true, force: true, maxRetries: 5 })
  })

  const submit = async (code: string, change: Partial<SubmitJob> = {}): Promise<Job> => {
    const project = { id: projectId, tenantId: '', name: '', createdAt: '' }
    const snapshotId = await uploadSnapshot({ client, project }, { 'train.py': code })
    const body: SubmitJob = {
      task: { kind: 'script', path: 'train.py', arguments: [] },
      resources: { gpuCount: 1 },
      pinDigest: null,
      snapshotId,
      ...change,
    }
    return client.submitJob({ params: { projectId }, body })
  }
  const go = (hash: string) => page.goto(`${server.url}/${hash}`)
  const row = (name: string): Locator => page.getByRole('listitem').filter({ hasText: name })

  test('whoever is not signed in is asked for a key, and a wrong one is refused with its code', async () => {
    await go('#/queue')
    await page.getByLabel('API key').fill('nb_0123456789abcdef0123456789abcdef_wrong')
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByRole('alert').waitFor()
    expect(await page.getByRole('alert').innerText()).toContain('api_key_invalid')
    await picture(page, 'web-sign-in-refused')
    expect(await barriers(page)).toEqual([])
  })

  test('a key opens the page that was asked for', async () => {
    await page.getByLabel('API key').fill(token)
    await page.getByRole('button', { name: 'Sign in' }).click()
    await page.getByText('Nobody waits').waitFor()
    expect(page.url()).toContain('#/queue')
    const stored = await page.evaluate(() => JSON.stringify({ ...localStorage }))
    expect(stored).not.toContain(token)
  })

  test('with nothing run yet the page says so', async () => {
    await page.getByRole('link', { name: 'Runs', exact: true }).click()
    await page.getByText('No runs yet').waitFor()
    await picture(page, 'web-empty')
    expect(await barriers(page)).toEqual([])
  })

  test('a job submitted elsewhere appears by itself, runs, streams its log, and is stopped here', async () => {
    await submit(endless, { name: 'endless training' })
    await row('endless training').filter({ hasText: 'Running' }).waitFor()
    await picture(page, 'web-runs')
    expect(await barriers(page)).toEqual([])
    await row('endless training').click()
    await page.getByRole('tab', { name: 'Log' }).click()
    await page.getByText('step 1 of many').waitFor()
    await picture(page, 'web-run-log')
    expect(await barriers(page)).toEqual([])
    await page.getByRole('tab', { name: 'Overview' }).click()
    await page.getByText(/^Peak .* asked for 1 core$/).waitFor()
    await page.getByText(/^Peak .*MiB · asked for 1 GiB$/).waitFor()
    await picture(page, 'web-run-overview')
    expect(await barriers(page)).toEqual([])
    await page.getByRole('button', { name: 'Stop' }).click()
    await page.getByRole('heading', { name: 'The job was stopped' }).waitFor()
  })

  test('a failed job names its cause, with the line that shows it', async () => {
    const job = await submit(broken, { name: 'broken imports' })
    await go(`#/runs/${job.runId}`)
    await page.getByRole('heading', { name: 'Python could not find the module a_module_nobody_has' }).waitFor()
    await page.getByText("ModuleNotFoundError: No module named 'a_module_nobody_has'").waitFor()
    await picture(page, 'web-run-failed')
    expect(await barriers(page)).toEqual([])
  })

  test("MLflow's printed address of a run opens its page", async () => {
    const { items } = await client.listJobs({ params: { projectId }, query: { limit: 1 } })
    const job = items[0] as Job
    await go(`#/experiments/${job.experimentId}/runs/${job.runId}`)
    await page.getByRole('heading', { name: job.name, level: 1 }).waitFor()
  })

  test('while one job holds the only GPU, the queue says why the next waits, and nodes show who holds what', async () => {
    const first = await submit(endless, { name: 'holds the device' })
    await go('#/queue')
    await page.getByRole('table', { name: 'At work' }).getByText('Running').waitFor()
    const second = await submit(endless, { name: 'waits for it' })
    const waiting = page.getByRole('table', { name: 'Waiting' })
    await waiting.getByText('waits for it').waitFor()
    const entries = await client.listQueueEntries({ params: { projectId } })
    const reason = entries.items.find((entry) => entry.jobId === second.id)?.message ?? ''
    expect(reason).not.toBe('')
    await waiting.getByText(reason).waitFor()
    await picture(page, 'web-queue')
    expect(await barriers(page)).toEqual([])
    await go(`#/runs/${second.runId}`)
    await page.getByText('Why it waits').waitFor()
    await picture(page, 'web-run-queued')
    await go('#/nodes')
    await page.getByText('holds the device').waitFor()
    await page.getByText('Simulated').first().waitFor()
    await picture(page, 'web-nodes')
    expect(await barriers(page)).toEqual([])
    for (const job of [second, first]) await client.stopJob({ params: { projectId, jobId: job.id } })
    await go('#/jobs')
    await page.getByRole('button', { name: 'Active' }).click()
    await page.getByText('No job matches').waitFor()
  })

  test('a job that waits is changed, by one button, to what starts now; leads see the use, and owners change the policy', async () => {
    const half = { gpuCount: 1, gpuMilli: 500, gpuMemoryMib: 4096 }
    const first = await submit(endless, { name: 'has half of it', resources: half })
    const second = await submit(endless, { name: 'wants all of it' })
    await go(`#/runs/${second.runId}`)
    await page.getByText('Who holds what it needs').waitFor()
    await page.getByRole('button', { name: 'has half of it' }).waitFor()
    await picture(page, 'web-run-queued-holders')
    expect(await barriers(page)).toEqual([])
    await page.getByRole('button', { name: 'Change and start' }).click()
    await page.getByText(`Changed #${String(second.number)}`).waitFor()
    await page.getByRole('heading', { name: 'Why it waits' }).waitFor({ state: 'detached' })
    await page.getByText('Running', { exact: true }).first().waitFor()
    await go('#/queue')
    await page.getByRole('tab', { name: 'Use' }).click()
    await page.getByText('Who used the GPUs').waitFor()
    await page.getByText('not measured').first().waitFor()
    await picture(page, 'web-use')
    expect(await barriers(page)).toEqual([])
    await page.getByRole('tab', { name: 'Queues' }).click()
    await page.getByRole('button', { name: 'Change' }).click()
    await page.getByLabel('Its jobs go').selectOption('submitted')
    await page.getByLabel('Owns').fill('4')
    await page.getByRole('button', { name: 'Save the queue' }).click()
    await page.getByText('Say why').waitFor()
    await picture(page, 'web-queues')
    expect(await barriers(page)).toEqual([])
    await page.getByLabel('Why').fill('by turns')
    await page.getByRole('button', { name: 'Save the queue' }).click()
    await page.getByText('4 GPUs').waitFor()
    expect((await client.listQueues()).items[0]).toMatchObject({
      orderKind: 'submitted',
      nominalGpuMilli: 4000,
      version: 1,
    })
    await page.getByRole('tab', { name: 'Policy' }).click()
    await page.getByRole('checkbox', { name: 'Preemption' }).uncheck()
    await page.getByRole('textbox', { name: 'Why' }).fill('a quiet week')
    await picture(page, 'web-policy')
    expect(await barriers(page)).toEqual([])
    await page.getByRole('button', { name: 'Change the policy' }).click()
    await page.getByText('Preemption: Yes → No').waitFor()
    expect(await client.getSchedulingPolicy()).toMatchObject({ version: 1, reason: 'a quiet week' })
    for (const job of [second, first]) await client.stopJob({ params: { projectId, jobId: job.id } })
  })

  test('the lists are there though the socket says nothing', async () => {
    const other = await opened.context.newPage()
    await other.routeWebSocket('**/v1/stream', () => undefined)
    await other.goto(`${server.url}/#/runs`)
    await other.getByRole('listitem').filter({ hasText: 'broken imports' }).waitFor()
    await other.getByRole('link', { name: 'Jobs', exact: true }).click()
    await other.getByRole('table', { name: 'Jobs' }).getByText('broken imports').waitFor()
    await other.close()
  })

  test('the keyboard alone reaches a run and comes back', async () => {
    await go('#/runs')
    await row('broken imports').focus()
    await page.keyboard.press('Home')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByRole('tablist').waitFor()
    await page.goBack()
    await row('broken imports').waitFor()
  })

  test('the language and the theme are chosen and kept', async () => {
    await page.locator('summary').click()
    await page.getByLabel('Language').selectOption('zh-CN')
    await page.getByLabel('主题').selectOption('dark')
    await page.getByRole('link', { name: '作业' }).click()
    await page.getByRole('table', { name: '作业' }).waitFor()
    await picture(page, 'web-jobs-zh-dark')
    expect(await barriers(page)).toEqual([])
    await page.reload()
    await page.getByRole('table', { name: '作业' }).waitFor()
    expect(await page.evaluate(() => document.documentElement.dataset['nbTheme'])).toBe('dark')
    await page.locator('summary').click()
    await page.getByLabel('语言').selectOption('en')
    await page.getByLabel('Theme').selectOption('system')
    await page.keyboard.press('Escape')
  })

  test('when the server goes away what was known stays, with a word about it, and it goes on when the server is back', async () => {
    await go('#/runs')
    await row('broken imports').waitFor()
    await server.close()
    await page.getByText('Offline. Showing what was known').waitFor()
    await row('broken imports').waitFor()
    await picture(page, 'web-offline')
    server = await startServer(config)
    await page.getByText('Live').waitFor()
    await submit(broken, { name: 'after the outage', resources: { gpuCount: 0 } })
    await row('after the outage').filter({ hasText: 'Failed' }).waitFor()
  })

  test('signing out closes every page', async () => {
    await page.locator('summary').click()
    await page.getByRole('button', { name: 'Sign out' }).click()
    await page.getByLabel('API key').waitFor()
    await page.reload()
    await page.getByLabel('API key').waitFor()
  })

  test('nothing in the app broke its policy or threw', () => {
    expect(violations).toEqual([])
    expect(opened.errors).toEqual([])
  })
})
