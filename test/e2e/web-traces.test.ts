import { execFile, execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Page } from 'playwright-core'
import { startServer, type RunningServer } from '../../server/src/main.js'
import { testConfig } from '../support/app.js'
import { chromiumPath, openBrowser, picture, type TestBrowser, type TestPage } from '../support/browser.js'
import { findMlflowPython, runMlflowProgram } from '../support/mlflow-tools.js'
import { createTestDatabase, type TestDatabase } from '../support/postgres.js'

jest.setTimeout(180_000)

const execute = promisify(execFile)
const inChromium = chromiumPath() === null && process.env['CI'] !== 'true' ? describe.skip : describe

inChromium('traces in the web app', () => {
  let home: string
  let database: TestDatabase
  let server: RunningServer
  let token: string
  let browser: TestBrowser
  let opened: TestPage
  let page: Page

  beforeAll(async () => {
    execFileSync(process.execPath, [join(__dirname, '../../server/src/web/build.mjs')])
    home = await mkdtemp(join(tmpdir(), 'novabrain-traces-'))
    database = await createTestDatabase()
    server = await startServer(testConfig(home, { databaseUrl: database.url, stopJobsOnExit: true }))
    const credentials = JSON.parse(await readFile(join(home, 'credentials.json'), 'utf8')) as Record<string, string>
    token = credentials['token'] ?? ''
    browser = await openBrowser()
    opened = await browser.newPage({ locale: 'en-US', colorScheme: 'light' })
    page = opened.page
    await page.goto(`${server.url}/#/traces`)
    await page.getByLabel('API key').fill(token)
    await page.getByRole('button', { name: 'Sign in' }).click()
  })
  afterAll(async () => {
    expect(opened.errors).toEqual([])
    await browser.close()
    await server.close()
    await database.drop()
    await rm(home, { recursive: true, force: true })
  })

  const tree = () => page.getByRole('tree', { name: 'Spans' })
  const line = (name: string) => tree().getByRole('treeitem', { name: new RegExp(`^${name},`) })

  test('with none the page says how one gets there', async () => {
    await page.getByRole('heading', { name: 'No traces yet' }).waitFor()
    await picture(page, 'web-traces-empty')
  })

  test('one that a program traces with mlflow appears by itself, and tells what each step did', async () => {
    const python = await findMlflowPython()
    if (python === null) return
    const program = join(__dirname, '../fixtures/mlflow/traced.py')
    const result = await runMlflowProgram(python, [program], {
      MLFLOW_TRACKING_URI: server.url,
      MLFLOW_TRACKING_TOKEN: token,
    })
    expect([result.exitCode, result.stderr]).toEqual([0, expect.any(String)])
    await page.getByRole('row', { name: /Failed/ }).waitFor()
    await picture(page, 'web-traces')
    await page
      .getByRole('row', { name: /How do I pay/ })
      .getByRole('button', { name: 'answer' })
      .click()
    await line('search index').waitFor()
    expect(await tree().getByRole('treeitem').allInnerTexts()).toHaveLength(5)
    await page.getByText('Short and right.').waitFor()
    await picture(page, 'web-trace')
  })

  test('is walked with the keyboard', async () => {
    await tree().focus()
    await page.keyboard.press('Home')
    await page.keyboard.press('ArrowDown')
    await page.getByRole('heading', { name: 'retrieve' }).waitFor()
    await page.keyboard.press('ArrowLeft')
    expect(await line('retrieve').getAttribute('aria-expanded')).toBe('false')
    expect(await line('search index').count()).toBe(0)
    await page.keyboard.press('ArrowRight')
    await page.keyboard.press('ArrowRight')
    await page.getByRole('heading', { name: 'search index' }).waitFor()
    await page.keyboard.press('ArrowLeft')
    expect(await line('retrieve').getAttribute('aria-selected')).toBe('true')
  })

  test('a run shows its traces, and a trace its run', async () => {
    await page.getByRole('button', { name: /^Run …/ }).click()
    await page.getByRole('tab', { name: 'Traces' }).click()
    await page.getByRole('row', { name: /How do I pay/ }).waitFor()
    await picture(page, 'web-run-traces')
    await page.getByRole('button', { name: 'answer' }).first().click()
    await tree().waitFor()
  })

  test('of 30,000 spans opens without reading them all, and draws only what is in view', async () => {
    const program = join(__dirname, '../fixtures/opentelemetry/export.mjs')
    const { stdout } = await execute(process.execPath, [program, server.url, token, '30000', 'gzip'])
    const { id } = JSON.parse(stdout) as { id: string }
    const began = Date.now()
    await page.goto(`${server.url}/#/traces/${id}`)
    await line('root').waitFor()
    const tookMs = Date.now() - began
    process.stdout.write(`a trace of 30,000 spans is on screen after ${String(tookMs)} ms\n`)
    await page.getByText('30 000 spans').waitFor()
    await tree().focus()
    await page.keyboard.press('End')
    await page.keyboard.press('End')
    expect(await tree().getByRole('treeitem').count()).toBeLessThan(120)
    await picture(page, 'web-trace-large')
    expect(tookMs).toBeLessThan(5000)
  })

  test('in Chinese, in the dark, on a narrow screen', async () => {
    await page.locator('summary').click()
    await page.locator('#theme').selectOption('dark')
    await page.locator('.menu #language').selectOption('zh-CN')
    await page.keyboard.press('Escape')
    await page.goto(`${server.url}/#/traces`)
    await page.getByRole('row', { name: /失败/ }).waitFor()
    await picture(page, 'web-traces-zh-dark')
    await page.setViewportSize({ width: 560, height: 800 })
    await page.getByRole('row', { name: /失败/ }).getByRole('button', { name: 'answer' }).click()
    await page.getByRole('tree').waitFor()
    await page.getByText('输入').first().waitFor()
    await picture(page, 'web-trace-zh-dark-narrow')
  })
})
