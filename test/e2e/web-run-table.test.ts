import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parquetReadObjects } from 'hyparquet'
import type { Locator, Page } from 'playwright-core'
import { startServer, type RunningServer } from '../../server/src/main.js'
import { testConfig } from '../support/app.js'
import { barriers } from '../support/barriers.js'
import { chromiumPath, openBrowser, picture, type TestBrowser, type TestPage } from '../support/browser.js'
import { fillManyRuns } from '../support/many-runs.js'
import { mlflowWire, type MlflowWire } from '../support/mlflow-wire.js'
import { createTestDatabase, type TestDatabase } from '../support/postgres.js'

jest.setTimeout(180_000)

const inChromium = chromiumPath() === null && process.env['CI'] !== 'true' ? describe.skip : describe
const runs = 3000

inChromium('the table of runs', () => {
  let home: string
  let database: TestDatabase
  let server: RunningServer
  let browser: TestBrowser
  let opened: TestPage
  let page: Page
  let mlflow: MlflowWire
  let experimentId: string
  const refused: string[] = []

  beforeAll(async () => {
    execFileSync(process.execPath, [join(__dirname, '../../server/src/web/build.mjs')])
    home = await mkdtemp(join(tmpdir(), 'novabrain-table-'))
    database = await createTestDatabase()
    server = await startServer(testConfig(home, { databaseUrl: database.url, stopJobsOnExit: true }))
    const { token = '', projectId = '' } = JSON.parse(await readFile(join(home, 'credentials.json'), 'utf8')) as Record<
      string,
      string
    >
    mlflow = mlflowWire(server.url, token)
    experimentId = String((await mlflow.post('/experiments/create', { name: 'a long search' })).body['experiment_id'])
    const tenantId = await tenantOf(database, projectId)
    await fillManyRuns(database.adminUrl, { tenantId, projectId, experimentId, runs, keys: 1200 })
    browser = await openBrowser()
    opened = await browser.newPage({ locale: 'en-US', colorScheme: 'light' })
    page = opened.page
    page.on('console', (message) => {
      if (message.text().includes('Content Security Policy')) refused.push(message.text())
    })
    await page.goto(`${server.url}/#/experiments/${experimentId}`)
    await page.getByLabel('API key').fill(token)
    await page.getByRole('button', { name: 'Sign in' }).click()
  })
  afterAll(async () => {
    expect(opened.errors).toEqual([])
    expect(refused).toEqual([])
    await browser.close()
    await server.close()
    await database.drop()
    await rm(home, { recursive: true, force: true, maxRetries: 5 })
  })

  const grid = (): Locator => page.locator('nb-run-grid').getByLabel('Table of runs')
  const names = async (): Promise<string[]> => (await grid().locator('.row .name').allInnerTexts()).slice(0, 5)
  const until = async (fits: () => Promise<boolean>): Promise<void> => {
    const end = performance.now() + 30_000
    while (!(await fits())) {
      if (performance.now() > end) throw new Error(`still not so at ${page.url()}`)
      await page.waitForTimeout(50)
    }
  }
  const head = (name: string | RegExp) => grid().getByRole('columnheader', { name })
  const state = () => new URL(page.url()).hash

  test('opens with the newest runs and what they logged, and only what is in view is in the page', async () => {
    await page.getByText('3\u202f000 runs').waitFor()
    await until(async () => (await names())[0] === 'efficientnet-b3-3000' || (await names())[0] === 'resnet50-3000')
    await head(/accuracy/).waitFor()
    expect(await grid().getAttribute('aria-rowcount')).toBe('3001')
    expect(await grid().locator('.row').count()).toBeLessThan(60)
    // What nobody chose is in the address from now on, and is no step to go back over.
    expect(state()).toContain('metrics.accuracy')
    await picture(page, 'web-run-table')
    expect(await barriers(page)).toEqual([])
  })

  test('is ordered by any column, and the address says so', async () => {
    await head(/loss/).getByRole('button').click()
    await until(async () => state().includes('sort=-metrics.loss'))
    await head(/loss/).getByRole('button').click()
    await until(async () => state().includes('sort=metrics.loss'))
    await until(async () => (await head(/loss/).getAttribute('aria-sort')) === 'ascending')
    const values = async () =>
      grid()
        .locator('.row')
        .evaluateAll((lines) =>
          lines.slice(0, 15).map((line) => Number(line.querySelectorAll('.cell')[8]?.textContent)),
        )
    await until(async () => (await values()).every((value) => value > 0))
    const shown = await values()
    expect(shown).toEqual([...shown].sort((a, b) => a - b))
    await page.goBack()
    await until(async () => (await head(/loss/).getAttribute('aria-sort')) === 'descending')
    await page.goForward()
    await until(async () => (await head(/loss/).getAttribute('aria-sort')) === 'ascending')
  })

  test('far down it reads what comes into view, and comes back', async () => {
    const scroll = grid().locator('..')
    await until(async () => (await names()).length === 5)
    const [first = ''] = await names()
    await scroll.evaluate((element) => (element.scrollTop = 60_000))
    const line = grid().locator('.row[aria-rowindex="2010"] .name')
    await line.waitFor()
    await grid().locator('.row[aria-rowindex="10"]').waitFor({ state: 'detached' })
    await scroll.evaluate((element) => (element.scrollTop = 0))
    await grid().locator('.row[aria-rowindex="10"] .name').waitFor()
    expect((await names())[0]).toBe(first)
  })

  test('a mistake in the filter is shown where it is; keys are offered as one writes', async () => {
    const filter = page.getByRole('combobox', { name: 'Filter runs' })
    await filter.fill('metrics.loss <')
    await filter.press('Enter')
    await page.getByRole('alert').getByText('The filter ends too early').waitFor()
    await picture(page, 'web-run-table-mistake')
    await filter.fill('params.optim')
    await page.getByRole('option', { name: 'optimizer' }).waitFor()
    await filter.press('Tab')
    expect(await filter.inputValue()).toBe('params.optimizer ')
    await filter.pressSequentially("= 'lion'")
    await filter.press('Enter')
    await page.getByText('1\u202f000 runs').waitFor()
    expect(decodeURIComponent(state())).toContain("filter=params.optimizer+=+'lion'")
    await page.getByRole('button', { name: 'Clear filter' }).click()
    await page.getByText('3\u202f000 runs').waitFor()
  })

  test('a column is found among all keys, shown, moved and hidden', async () => {
    await page.getByRole('button', { name: /^Columns/ }).click()
    const chooser = page.locator('nb-column-chooser')
    await chooser.getByRole('searchbox').fill('00007/grad')
    await chooser.getByRole('checkbox', { name: /layer\/00007\/grad_norm/ }).check()
    await until(async () => state().includes('metrics.layer/00007/grad_norm'))
    await picture(page, 'web-run-table-columns')
    expect(await barriers(page)).toEqual([])
    const section = chooser.getByRole('region', { name: 'Shown' })
    await section.getByRole('button', { name: 'Move layer/00007/grad_norm up' }).click()
    await section.getByRole('button', { name: 'Hide dropout' }).click()
    await until(async () => !state().includes('params.dropout'))
    await page.keyboard.press('Escape')
    await chooser.waitFor({ state: 'detached' })
  })

  test('is walked, selected and opened with the keyboard', async () => {
    await page.goto(`${server.url}/#/experiments/${experimentId}?columns=metrics.loss,params.model`)
    await until(async () => (await grid().locator('.row .name').count()) > 10)
    await grid().locator('[data-line="0"][data-column="0"]').focus()
    await page.keyboard.press('Space')
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Space')
    await page.getByText('2 selected').waitFor()
    await page.keyboard.press('ArrowRight')
    expect(await page.evaluate(focusedCell)).toBe('1/1')
    await page.keyboard.press('Control+End')
    await grid().locator('.row .name', { hasText: /-1$/ }).waitFor()
    expect(await page.evaluate(focusedCell)).toBe(`${String(runs - 1)}/2`)
    await page.keyboard.press('Control+Home')
    await page.keyboard.press('Enter')
    await page.getByRole('heading', { level: 1, name: /-3000$/ }).waitFor()
    await page.goBack()
    await page.getByText('2 selected').waitFor()
  })

  test('groups count runs and open to them', async () => {
    await page.getByRole('button', { name: /^Group/ }).click()
    await page.getByRole('checkbox', { name: 'model', exact: true }).check()
    await page.keyboard.press('Escape')
    await page.getByText('4 groups').waitFor()
    const group = grid().locator('.row.group', { hasText: 'vit-base' })
    await group.click()
    await grid()
      .getByRole('row', { name: /vit-base-2/ })
      .first()
      .waitFor()
    expect(await group.getAttribute('aria-expanded')).toBe('true')
    await picture(page, 'web-run-table-groups')
    expect(await barriers(page)).toEqual([])
  })

  test('runs beside each other: a range keeps some, they can be selected, and a copied address shows the same', async () => {
    await page.goto(
      `${server.url}/#/experiments/${experimentId}?columns=metrics.loss,metrics.accuracy,params.learning_rate,params.model&view=parallel`,
    )
    const canvas = page.getByRole('img', { name: /runs over the axes learning_rate, model, loss, accuracy/ })
    await canvas.waitFor()
    const box = await canvas.boundingBox()
    if (box === null) throw new Error('nothing is drawn')
    await page.mouse.move(box.x + box.width - 70, box.y + 20)
    await page.mouse.down()
    await page.mouse.move(box.x + box.width - 70, box.y + 150, { steps: 4 })
    await page.mouse.up()
    await until(async () => state().includes('brush=metrics.accuracy:'))
    const told = await page.getByText(/of the first 1\u202f000 runs in the ranges/).innerText()
    await picture(page, 'web-run-table-parallel')
    const copied = await opened.context.newPage()
    await copied.goto(page.url())
    await copied.getByText(told).waitFor()
    await copied.close()
    await page.getByRole('button', { name: /^Select these/ }).click()
    await page.getByText(/^\d+ selected$/).waitFor()
    await page.getByRole('button', { name: 'Scatter' }).click()
    await page.getByRole('img', { name: /runs as dots, learning_rate across and loss up/ }).waitFor()
    await page.getByLabel('Colour').selectOption('params.model')
    await picture(page, 'web-run-table-scatter')
    expect(await barriers(page)).toEqual([])
    await page.getByRole('button', { name: 'Differences' }).click()
    await page.getByRole('table', { name: 'Comparison of runs' }).waitFor()
  })

  test('a run changes where it is, and one that begins is counted until it is asked for', async () => {
    await page.goto(`${server.url}/#/experiments/${experimentId}?columns=attributes.status,metrics.loss`)
    await page.getByText('3\u202f000 runs').waitFor()
    const id = await mlflow.createRun({
      experiment_id: experimentId,
      run_name: 'just begun',
      start_time: 1_900_000_000_000,
    })
    await page.getByRole('button', { name: 'Show 1 new run' }).click()
    const row = grid().getByRole('row', { name: /just begun/ })
    await row.getByText('Running').last().waitFor()
    await mlflow.post('/runs/log-metric', { run_id: id, key: 'loss', value: 0.4242, timestamp: 1, step: 1 })
    await row.getByText('0.4242').waitFor()
    await mlflow.post('/runs/update', { run_id: id, status: 'FINISHED', end_time: 1_900_000_001_000 })
    await row.getByText('Finished').last().waitFor()
    expect((await names())[0]).toBe('just begun')
  })

  test('what is shown is downloaded, as CSV and as Parquet', async () => {
    const download = async (name: string): Promise<Buffer> => {
      await page.getByRole('button', { name: 'Download', exact: true }).click()
      const [file] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name, exact: true }).click(),
      ])
      await page.keyboard.press('Escape')
      return readFile(await file.path())
    }
    const csv = (await download('CSV for Excel')).toString('utf8')
    expect(csv.startsWith('\uFEFFrun_id,run_name,status,metrics.loss\r\n')).toBe(true)
    expect(csv.trimEnd().split('\r\n')).toHaveLength(runs + 2)
    const rows = await parquetReadObjects({ file: new Uint8Array(await download('Parquet')).buffer })
    expect(rows).toHaveLength(runs + 1)
    expect(rows[0]).toMatchObject({ run_name: 'just begun', 'metrics.loss': 0.4242 })
  })

  test('speaks Chinese in the dark', async () => {
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.getByText('owner', { exact: true }).click()
    await page.locator('#language').selectOption('zh-CN')
    await page.getByText('3\u202f001 个运行').waitFor()
    await page.keyboard.press('Escape')
    await picture(page, 'web-run-table-dark-zh')
    expect(await barriers(page)).toEqual([])
  })
})

const tenantOf = async (database: TestDatabase, projectId: string): Promise<string> => {
  const { Client } = await import('pg')
  const client = new Client({ connectionString: database.adminUrl })
  await client.connect()
  const { rows } = await client.query<{ tenant_id: string }>('SELECT tenant_id FROM projects WHERE id = $1', [
    projectId,
  ])
  await client.end()
  return rows[0]?.tenant_id ?? ''
}

/** Where the focus is, as line and column, through shadow roots. */
const focusedCell = (): string => {
  let at = document.activeElement
  while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
  return at instanceof HTMLElement ? `${at.dataset['line'] ?? ''}/${at.dataset['column'] ?? ''}` : ''
}
