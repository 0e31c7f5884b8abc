import { execFileSync } from 'node:child_process'
import { createServer, type Server } from 'node:http'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SubmitChoice } from '@novabrain/contracts'
import type { Page } from 'playwright-core'
import { barriers } from '../support/barriers.js'
import { chromiumPath, openBrowser, type TestBrowser, type TestPage } from '../support/browser.js'

jest.setTimeout(60_000)

const inChromium = chromiumPath() === null && process.env['CI'] !== 'true' ? describe.skip : describe
const root = join(__dirname, '../..')
/** Stricter than any face: no style sheet but constructed ones, no script but ours. */
const policy = "default-src 'none'; script-src 'self'; style-src 'none'; img-src blob: data:; connect-src 'none'"

inChromium('the elements in a browser', () => {
  let folder: string
  let server: Server
  let browser: TestBrowser
  let opened: TestPage
  let page: Page
  const violations: string[] = []

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'novabrain-ui-'))
    const script = join(folder, 'page.js')
    execFileSync(join(root, 'node_modules/.bin/esbuild'), [
      join(root, 'test/ui/showcase/page.ts'),
      '--bundle',
      '--format=esm',
      `--outfile=${script}`,
      '--log-level=error',
      `--alias:@novabrain/ui=${join(root, 'shared/ui/src/index.ts')}`,
      `--alias:@novabrain/contracts=${join(root, 'shared/contracts/src/index.ts')}`,
    ])
    server = createServer((request, response) => {
      const isScript = request.url === '/page.js'
      response.setHeader('content-security-policy', policy)
      response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html; charset=utf-8')
      response.end(
        isScript
          ? readFileSync(script)
          : '<!doctype html><html lang="en"><title>Elements</title><script type="module" src="/page.js"></script>',
      )
    }).listen(0, '127.0.0.1')
    browser = await openBrowser()
    opened = await browser.newPage()
    page = opened.page
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) violations.push(message.text())
    })
    await page.goto(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}/`)
    await page.waitForFunction(() => 'sceneNames' in window)
  })
  afterAll(async () => {
    await browser?.close()
    server?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const show = async (scene: string) => {
    await page.evaluate((name) => window.showScene(name, { theme: 'light' }), scene)
    await page.evaluate(() => {
      const sent: { name: string; detail: unknown }[] = []
      Object.assign(window, { sent })
      for (const name of ['nb-submit', 'nb-change', 'nb-close', 'nb-open', 'nb-tab'])
        document.body.firstElementChild?.addEventListener(name, (event) => {
          sent.push({ name, detail: (event as CustomEvent).detail })
        })
    })
  }
  const sent = (name: string) =>
    page.evaluate(
      (wanted) =>
        (window as unknown as { sent: { name: string; detail: unknown }[] }).sent
          .filter((event) => event.name === wanted)
          .map((event) => event.detail),
      name,
    )
  const calls = (name: string) =>
    page.evaluate((wanted) => window.host.calls.filter((call) => call.name === wanted).map((call) => call.input), name)
  const set = (properties: Record<string, unknown>) =>
    page.evaluate((given) => void Object.assign(document.body.firstElementChild ?? {}, given), properties)

  test('Enter runs the card, after the time to take it back, once', async () => {
    await show('card-ready')
    await set({ undoMs: 300 })
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Undo' }).waitFor()
    expect(await sent('nb-submit')).toEqual([])
    await page.getByRole('button', { name: 'Run', exact: true }).waitFor()
    expect(await sent('nb-submit')).toHaveLength(1)
  })

  test('Escape takes a submission back, and a second Escape closes the card', async () => {
    await show('card-ready')
    await set({ undoMs: 60_000 })
    await page.keyboard.press('Enter')
    await page.getByRole('button', { name: 'Undo' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('button', { name: 'Run', exact: true }).waitFor()
    expect(await sent('nb-close')).toEqual([])
    await page.keyboard.press('Escape')
    expect(await sent('nb-close')).toHaveLength(1)
    expect(await sent('nb-submit')).toEqual([])
  })

  test('a card that is taken away submits nothing any more', async () => {
    await show('card-ready')
    await set({ undoMs: 200 })
    await page.keyboard.press('Enter')
    await page.evaluate(async () => {
      const card = document.body.firstElementChild
      card?.remove()
      await new Promise((resolve) => setTimeout(resolve, 400))
    })
    expect(await sent('nb-submit')).toEqual([])
  })

  test('a clash of packages cannot be run, and names both sides and the way out', async () => {
    await show('card-conflict')
    expect(await page.getByRole('button', { name: 'Run', exact: true }).isDisabled()).toBe(true)
    await page.getByText('numpy<2 and numpy>=2.1 cannot both hold').waitFor()
    await page.getByText('Install pandas==2.3.3').waitFor()
    await page.getByRole('button', { name: 'Copy' }).click()
    expect(await calls('copyText')).toEqual(['pip install "pandas==2.3.3"'])
  })

  test('what is changed on the card is what is submitted', async () => {
    await show('card-ready')
    await set({ undoMs: 0 })
    await page.getByRole('button', { name: /^Device/ }).click()
    await page.getByLabel('How many').fill('2')
    await page.getByLabel('How many').press('Tab')
    await page.getByLabel('Priority').selectOption('high')
    await page.getByRole('button', { name: /^Files/ }).click()
    await page.getByText('churn/features.py').click()
    await page.getByText('.env').click()
    await page.getByRole('button', { name: /^Parameters/ }).click()
    await page.getByLabel('epochs').fill('50')
    await page.getByLabel('epochs').press('Tab')
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    const [choice] = (await sent('nb-submit')) as SubmitChoice[]
    expect(choice).toMatchObject({
      resources: { gpuCount: 2, gpuMilli: 1000 },
      priorityClass: 'high',
      leaveOut: ['churn/features.py'],
      takeAlong: ['.env'],
      parameters: { epochs: 50, learning_rate: 0.001 },
    })
    expect((await sent('nb-change')).length).toBeGreaterThanOrEqual(5)
  })

  test('a range of GPUs is judged where it is written, and one that is none cannot be run', async () => {
    await show('card-ready')
    await set({ undoMs: 0 })
    await page.getByRole('button', { name: /^Device/ }).click()
    const type = async (label: string, text: string) => {
      await page.getByLabel(label).fill(text)
      await page.getByLabel(label).press('Tab')
    }
    await type('At most', '4')
    await page.getByText('A10G × 1–4').waitFor()
    await page.getByText('It starts with 1 or more').waitFor()
    expect((await sent('nb-change')).at(-1)).toMatchObject({ resources: { gpuCount: 1, maxGpuCount: 4 } })
    const asked = (await sent('nb-change')).length
    await type('How many', '6')
    await page.getByRole('alert').getByText('6 to 4 GPUs is no range').waitFor()
    expect(await page.getByRole('button', { name: 'Run', exact: true }).isDisabled()).toBe(true)
    expect(await sent('nb-change')).toHaveLength(asked)
    await type('How many', '2')
    await page.getByRole('button', { name: 'Run', exact: true }).click()
    const [choice] = (await sent('nb-submit')) as SubmitChoice[]
    expect(choice).toMatchObject({ resources: { gpuCount: 2, maxGpuCount: 4, gpuMilli: 1000 } })
  })

  test('a range ends when its end is taken away, or with the GPUs, and none is offered where nodes have one', async () => {
    await show('card-range')
    await page.getByLabel('At most').fill('')
    await page.getByLabel('At most').press('Tab')
    expect((await sent('nb-change')).at(-1)).toMatchObject({ resources: { gpuCount: 1, maxGpuCount: null } })
    await show('card-range')
    await page.getByLabel('Device').selectOption('cpu')
    expect((await sent('nb-change')).at(-1)).toMatchObject({ resources: { gpuCount: 0, maxGpuCount: null } })
    await show('card-device')
    await page.getByLabel('At most').waitFor()
    await page.evaluate(() => {
      const card = document.body.firstElementChild as HTMLElement & { draft: { deviceChoices: object[] } }
      const deviceChoices = card.draft.deviceChoices.slice(0, 1).map((each) => ({ ...each, mostOnNode: 1 }))
      card.draft = { ...card.draft, deviceChoices }
    })
    await page.getByLabel('At most').waitFor({ state: 'detached' })
  })

  test('arrow keys go through the runs, Enter opens one, and Tab reaches its actions', async () => {
    await show('run-list-narrow')
    await page.locator('.row').first().focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    expect(await sent('nb-open')).toHaveLength(1)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    expect((await calls('stopJob')) as unknown[]).toHaveLength(1)
  })

  test('what could not be read is read again at the press of a button', async () => {
    await show('queue-failed')
    const before = ((await calls('listQueueEntries')) as unknown[]).length
    await page.getByRole('button', { name: 'Try again' }).click()
    expect((await calls('listQueueEntries')) as unknown[]).toHaveLength(before + 1)
  })

  test('each trace takes one line, however long what it says', async () => {
    for (const scene of ['trace-list', 'trace-list-narrow']) {
      await show(scene)
      const [heights, overflow] = await page.evaluate(() => {
        const list = document.body.firstElementChild?.shadowRoot
        const rows = [...(list?.querySelectorAll('tbody tr') ?? [])]
        const wide = list?.querySelector('.wide')
        return [
          rows.map((row) => Math.round(row.getBoundingClientRect().height)),
          (wide?.scrollWidth ?? 0) - (wide?.clientWidth ?? 0),
        ] as const
      })
      expect(heights).toHaveLength(5)
      expect(Math.max(...heights)).toBeLessThanOrEqual(30)
      expect(overflow).toBe(0)
    }
  })

  test('of ten thousand runs only those in view exist, and the last can be reached', async () => {
    await show('run-list-wide')
    const drawn = await page.evaluate(async () => {
      const list = document.body.firstElementChild as HTMLElement & { feed: unknown; updateComplete: Promise<unknown> }
      const { items } = await window.host.client.listJobs({ params: { projectId: '' }, query: { status: 'ended' } })
      const [job] = items
      const jobs = new Map(
        Array.from({ length: 10_000 }, (_, i) => [
          String(i),
          { ...job, id: String(i), runId: `run ${i}`, number: i, name: `job ${i}` },
        ]),
      )
      const view = { cursor: 0, jobs, runs: new Map(), touched: new Map(), nodesRevision: 0, queuesRevision: 0 }
      list.feed = {
        state: { view, status: 'ready', error: null, more: false },
        subscribe: () => () => undefined,
        loadMore: async () => undefined,
        reload: async () => undefined,
        dispose: () => undefined,
      }
      await list.updateComplete
      return list.shadowRoot?.querySelectorAll('.row').length
    })
    expect(drawn).toBeGreaterThan(5)
    expect(drawn).toBeLessThan(60)
    await page.locator('.row').first().focus()
    await page.keyboard.press('End')
    await page.waitForFunction(() => {
      const row = document.body.firstElementChild?.shadowRoot?.activeElement
      return row instanceof HTMLElement && Number(row.dataset['index']) >= 10_000
    })
  })

  test('a change told by an event is shown without another question', async () => {
    await show('run-page-running')
    await page.getByText('Running').first().waitFor()
    const asked = ((await calls('getJob')) as unknown[]).length
    await page.evaluate(async () => {
      const { host } = window
      const { items } = await host.client.listJobs({ params: { projectId: '' }, query: { status: 'active' } })
      const running = items.find((job) => job.number === 42)
      if (running === undefined) throw new Error('There is no job 42')
      const job = { ...running, status: 'stopping' as const }
      const record = { cursor: 1, at: '', projectId: job.projectId, event: { type: 'job_changed' as const, job } }
      host.tell({ type: 'event', record })
    })
    await page.getByText('Stopping').first().waitFor()
    expect((await calls('getJob')) as unknown[]).toHaveLength(asked)
  })

  test('a zoom asks again for the range, and the whole range comes back', async () => {
    await show('run-page-metrics')
    const over = page.locator('nb-metric-chart .u-over').first()
    await over.waitFor()
    const box = (await over.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 }
    await page.mouse.move(box.x + box.width * 0.25, box.y + 40)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width * 0.75, box.y + 40, { steps: 5 })
    await page.mouse.up()
    await page.getByRole('button', { name: 'Whole range' }).waitFor()
    const asked = (await calls('getMetricSeries')) as { query: { fromStep?: number; toStep?: number } }[]
    const { fromStep = 0, toStep = 0 } = asked.at(-1)?.query ?? {}
    expect(fromStep).toBeGreaterThan(400)
    expect(toStep).toBeLessThan(1600)
    await page.getByRole('button', { name: 'Whole range' }).click()
    await page.getByRole('button', { name: 'Whole range' }).waitFor({ state: 'detached' })
  })

  test('a chart out of view asks for nothing, however often metrics arrive', async () => {
    await show('run-page-metrics')
    await page.locator('nb-metric-chart canvas').first().waitFor()
    const keys = () =>
      page.evaluate(() =>
        window.host.calls.flatMap(({ name, input }) =>
          name === 'getMetricSeries' ? [(input as { query: { key: string } }).query.key] : [],
        ),
      )
    const before = await keys()
    await page.evaluate(async () => {
      ;(document.body.firstElementChild as HTMLElement).style.display = 'none'
      await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))
      const runId = (document.body.firstElementChild as HTMLElement & { runId: string }).runId
      for (let i = 0; i < 50; i++) window.host.tell({ type: 'hint', hint: { type: 'metrics', runId } })
      await new Promise((resolve) => setTimeout(resolve, 600))
    })
    expect(await keys()).toEqual(before)
  })

  test('the log follows, stops following when one scrolls up, and finds a line', async () => {
    await show('run-page-log')
    await page.getByText('52/400').waitFor()
    const follow = page.getByRole('button', { name: 'Follow' })
    expect(await follow.getAttribute('aria-pressed')).toBe('true')
    await page.getByRole('log').hover()
    await page.mouse.wheel(0, -2000)
    await page.waitForFunction(
      () => document.querySelector('nb-run-page')?.shadowRoot?.querySelector('nb-log-view')?.follow === false,
    )
    await page.getByRole('searchbox').fill('LOSS 0.4762')
    await page.getByRole('searchbox').press('Enter')
    await page.locator('.found').waitFor()
    expect(await page.locator('.found').innerText()).toContain('loss 0.4762')
    await page.getByRole('searchbox').fill('not in this log')
    await page.getByRole('searchbox').press('Enter')
    await page.getByText('Not found').waitFor()
  })

  test('of a log of a hundred megabytes little is held, and its ends and its middle are near', async () => {
    await show('log-large')
    const first = page.getByText('00000000 epoch', { exact: false })
    const last = page.getByText('00999999 epoch', { exact: false })
    await last.waitFor()
    await page.getByRole('button', { name: 'To the start' }).click()
    await first.waitFor()
    await page.getByRole('button', { name: 'Follow' }).click()
    await last.waitFor()
    const asked = (await calls('readLog')) as { query: { limit: number } }[]
    expect(asked.reduce((sum, { query }) => sum + query.limit, 0)).toBeLessThan(4_000_000)
    await page.getByRole('searchbox').fill('00500000 epoch')
    await page.getByRole('searchbox').press('Enter')
    await page.locator('.found').waitFor()
    expect(await page.locator('.line').count()).toBeLessThan(200)
  })

  test('long lines of a log wrap when asked to, the line in view stays, and the choice is kept', async () => {
    await show('run-page-log')
    const line = page.locator('.line').filter({ hasText: 'Epoch 4: 100%' })
    await line.waitFor()
    await page.evaluate(() => ((document.body.firstElementChild as HTMLElement).style.width = '420px'))
    const before = (await line.boundingBox())?.height ?? 0
    await page.getByRole('button', { name: 'Wrap lines' }).click()
    await page.locator('.wrapped').waitFor()
    const wrapped = page.locator('.line').filter({ hasText: 'retrying after broken pipe' })
    await wrapped.waitFor()
    const after = (await wrapped.boundingBox())?.height ?? 0
    expect([before, after % before]).toEqual([18, 0])
    expect(after).toBeGreaterThan(before)
    expect(await wrapped.evaluate((element) => element.textContent)).toMatch(/^ERROR worker 3/)
    expect(await page.evaluate(() => window.host.restore('log-wrap'))).toBe('yes')
  })

  test('what a run used is drawn beside what it asked for, and read again while it runs', async () => {
    await show('run-page-tall')
    await page.locator('nb-resource-chart canvas').nth(3).waitFor()
    await page.getByText('Peak 3.9 GiB · asked for 8 GiB').waitFor()
    const asked = ((await calls('listResourceSamples')) as unknown[]).length
    await page.waitForFunction(
      (before) => window.host.calls.filter((call) => call.name === 'listResourceSamples').length > before,
      asked,
    )
    await show('run-page-preparing')
    await page.getByText('Nothing measured yet').waitFor()
  })

  test('a click on a parameter copies its value, and many can be searched', async () => {
    await show('run-page-failed')
    await page.getByRole('searchbox', { name: 'Filter parameters' }).fill('step_63')
    const rows = page.getByRole('table', { name: 'Parameters' }).getByRole('row')
    await page.waitForFunction(() => {
      const overview = document.querySelector('nb-run-page')?.shadowRoot?.querySelector('nb-run-overview')
      return overview?.shadowRoot?.querySelector('nb-run-params')?.shadowRoot?.querySelectorAll('tr').length === 1
    })
    await rows.getByRole('button').click()
    expect(await calls('copyText')).toEqual(['True'])
  })

  test('nothing serious stands in the way of who hears the elements or sees them poorly', async () => {
    const found: string[] = []
    for (const scene of await page.evaluate(() => window.sceneNames)) {
      await show(scene)
      found.push(...(await barriers(page)).map((barrier) => `${scene}: ${barrier}`))
    }
    expect(found).toEqual([])
  })

  test('every picture is drawn under the strict policy without an error', async () => {
    for (const scene of await page.evaluate(() => window.sceneNames)) await show(scene)
    expect(violations).toEqual([])
    expect(opened.errors).toEqual([])
  })
})
