import { execFileSync } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createClient, type Client, type Fetch, type Job } from '@novabrain/contracts'
import type { Page } from 'playwright-core'
import { startServer, type RunningServer } from '../../server/src/main.js'
import { testConfig } from '../support/app.js'
import { barriers } from '../support/barriers.js'
import { chromiumPath, openBrowser, picture, type TestBrowser, type TestPage } from '../support/browser.js'
import { uploadSnapshot } from '../support/jobs.js'
import { findMlflowPython, runMlflowProgram } from '../support/mlflow-tools.js'
import { createTestDatabase, type TestDatabase } from '../support/postgres.js'

jest.setTimeout(180_000)

const inChromium = chromiumPath() === null && process.env['CI'] !== 'true' ? describe.skip : describe

/** A program without mlflow that leaves a model in its outputs. */
const leavesModel = `import os
folder = os.path.join(os.environ["NOVABRAIN_OUTPUTS"], "model")
os.makedirs(folder)
with open(os.path.join(folder, "MLmodel"), "w") as file:
    file.write("""flavors:
  python_function:
    loader_module: mlflow.sklearn
    python_version: 3.12.3
mlflow_version: 3.17.2
signature:
  inputs: '[{"type": "double", "name": "petal length (cm)", "required": true}]'
  outputs: '[{"type": "tensor", "tensor-spec": {"dtype": "int64", "shape": [-1]}}]'
""")
`

inChromium('models in the web app', () => {
  let home: string
  let database: TestDatabase
  let server: RunningServer
  let token: string
  let client: Client
  let projectId: string
  let browser: TestBrowser
  let opened: TestPage
  let page: Page

  beforeAll(async () => {
    execFileSync(process.execPath, [join(__dirname, '../../server/src/runner/build.mjs')])
    execFileSync(process.execPath, [join(__dirname, '../../server/src/web/build.mjs')])
    home = await mkdtemp(join(tmpdir(), 'novabrain-models-'))
    database = await createTestDatabase()
    server = await startServer(testConfig(home, { databaseUrl: database.url, stopJobsOnExit: true }))
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
  })
  afterAll(async () => {
    await browser?.close()
    await server?.close()
    await database?.drop()
    await rm(home, { recursive: true, force: true, maxRetries: 5 })
  })

  const go = (hash: string) => page.goto(`${server.url}/${hash}`)
  const heading = (name: string) => page.getByRole('heading', { name, level: 1, exact: true }).waitFor()
  const button = (name: string) => page.getByRole('button', { name, exact: true })
  const submit = async (code: string, name: string): Promise<Job> => {
    const project = { id: projectId, tenantId: '', name: '', createdAt: '' }
    const snapshotId = await uploadSnapshot({ client, project }, { 'train.py': code })
    return client.submitJob({
      params: { projectId },
      body: {
        name,
        task: { kind: 'script', path: 'train.py', arguments: [] },
        resources: { gpuCount: 0 },
        pinDigest: null,
        snapshotId,
      },
    })
  }

  test('with none registered the page says how one gets there, in two lines that can be copied', async () => {
    await go('#/models')
    await page.getByLabel('API key').fill(token)
    await button('Sign in').click()
    await page.getByRole('heading', { name: 'No models yet' }).waitFor()
    expect(await page.locator('pre.example').innerText()).toContain('registered_model_name=')
    await picture(page, 'web-models-empty')
    expect(await barriers(page)).toEqual([])
  })

  test('a run that left no model has nothing to register', async () => {
    const plain = await submit('print("no model here")', 'no model')
    await go(`#/runs/${plain.runId}`)
    await page.getByRole('heading', { name: 'Finished without errors' }).waitFor()
    expect(await button('Register model').count()).toBe(0)
  })

  test('one that did is registered with one click and Enter, and says so', async () => {
    const job = await submit(leavesModel, 'petal sorter')
    await go(`#/runs/${job.runId}`)
    await button('Register model').click()
    expect(await page.getByLabel('Name').inputValue()).toBe('petal sorter')
    await page.getByText('A new model, version 1').waitFor()
    await picture(page, 'web-register-card')
    expect(await barriers(page)).toEqual([])
    await page.getByLabel('Name').fill('a/b')
    await page.getByText('A name has no “/” and no “:”.').waitFor()
    await page.keyboard.press('Escape')
    await page.keyboard.press('Enter')
    await page.getByText('A new model, version 1').waitFor()
    await page.keyboard.press('Enter')
    await button('petal sorter v1').waitFor()
    await page.locator('nb-run-models .version:focus').waitFor()
    await picture(page, 'web-run-registered')
    expect(await barriers(page)).toEqual([])
    await button('Register again').click()
    await page.getByText('Becomes version 2').waitFor()
    await page.getByLabel('Name').fill('another')
    await page.getByText('A new model, version 1').waitFor()
    await page.getByLabel('Name').fill('petal sorter')
    await page.keyboard.press('Enter')
    await button('petal sorter v2').waitFor()
  })

  test('the page of a version leads back to the run and its code, and reads the signature', async () => {
    await button('petal sorter v1').click()
    await heading('petal sorter v1')
    expect(page.url()).toContain('#/models/petal%20sorter/versions/1')
    await page.getByRole('table', { name: 'Inputs' }).getByText('petal length (cm)').waitFor()
    await page.getByRole('table', { name: 'Outputs' }).getByText('Tensor(int64, (-1,))').waitFor()
    await page.getByRole('button', { name: '1 file', exact: true }).click()
    await page.getByRole('tab', { name: 'Code', selected: true }).waitFor()
    await page.goBack()
    await heading('petal sorter v1')
    await page.getByRole('table', { name: 'Files' }).getByRole('button', { name: 'MLmodel', exact: true }).click()
    await page.getByText('loader_module: mlflow.sklearn').waitFor()
    await button('Back').click()
  })

  test('an alias is set and moved by keyboard, and the page remembers by whom and why', async () => {
    await button('Set alias').focus()
    await page.keyboard.press('Enter')
    await page.keyboard.type('champion')
    await page.getByText('New alias').waitFor()
    await page.keyboard.press('Tab')
    await page.keyboard.type('the first that sorts')
    await page.keyboard.press('Enter')
    await page.getByRole('list', { name: 'Aliases' }).getByText('champion').waitFor()
    await page.getByText('champion was set here').waitFor()
    await page.getByText('the first that sorts').waitFor()
    await go('#/models/petal%20sorter/versions/2')
    await button('Set alias').click()
    await page.getByRole('combobox', { name: 'Alias' }).fill('champion')
    await page.getByText('Moves from v1').waitFor()
    await page.getByRole('textbox', { name: 'Why' }).fill('fewer mistakes on the holdout')
    await picture(page, 'web-version-alias')
    expect(await barriers(page)).toEqual([])
    await button('Move here').click()
    await page.getByText('champion came here from v1').waitFor()
    await page.getByRole('button', { name: 'Remove alias champion' }).click()
    await page.locator('nb-version-aliases input:focus').waitFor()
    await page.keyboard.press('Escape')
    await button('Set alias').waitFor()
  })

  test('a name that means something already is refused in its place', async () => {
    await button('Set alias').click()
    await page.getByRole('combobox', { name: 'Alias' }).fill('latest')
    await page.getByRole('textbox', { name: 'Why' }).fill('no reason')
    await page.keyboard.press('Enter')
    await page.getByRole('alert').getByText('model_alias_invalid').waitFor()
    await page.keyboard.press('Escape')
  })

  test('what a model is for is written on its page', async () => {
    await page.getByRole('navigation', { name: 'Models' }).getByRole('button', { name: 'petal sorter' }).click()
    await heading('petal sorter')
    await button('Describe').click()
    await page.getByLabel('Description').fill('Sorts irises by the length of a petal, for the greenhouse.')
    await page.keyboard.press('Control+Enter')
    await page.locator('p').getByText('Sorts irises by the length of a petal').waitFor()
    await page.getByRole('table', { name: 'Versions' }).getByRole('button', { name: 'v2' }).waitFor()
    await picture(page, 'web-model')
    expect(await barriers(page)).toEqual([])
  })

  test('what a real program registers appears in the list by itself, with all it said of its data', async () => {
    const python = await findMlflowPython()
    if (python === null) return
    await page.getByRole('link', { name: 'Models', exact: true }).click()
    const table = page.getByRole('table', { name: 'Models' })
    await table.getByText('petal sorter').waitFor()
    const result = await runMlflowProgram(python, [join(__dirname, '../fixtures/mlflow/registered.py')], {
      MLFLOW_TRACKING_URI: server.url,
      MLFLOW_TRACKING_TOKEN: token,
    })
    expect([result.exitCode, result.exitCode === 0 ? '' : result.stderr]).toEqual([0, ''])
    await table.getByText('flowers').waitFor()
    await picture(page, 'web-models')
    expect(await barriers(page)).toEqual([])
    await table.getByRole('row').filter({ hasText: 'flowers' }).getByRole('button', { name: 'v1' }).click()
    await heading('flowers v1')
    const inputs = page.getByRole('table', { name: 'Inputs' })
    await inputs.getByText('sepal width (cm)').waitFor()
    await page.getByRole('table', { name: 'Parameters' }).getByText('default 0.5').waitFor()
    await page.getByRole('table', { name: 'Metrics of the run' }).getByText('accuracy').waitFor()
    await page.getByText('training · ').waitFor()
    await page.getByRole('table', { name: 'Files' }).getByText('requirements.txt').waitFor()
    await picture(page, 'web-version')
    expect(await barriers(page)).toEqual([])
  })

  test('the list finds by a part of the name, and says when nothing fits', async () => {
    await go('#/models')
    await page.getByLabel('Search models').fill('PETAL')
    await page.getByRole('table', { name: 'Models' }).getByText('petal sorter').waitFor()
    await page.getByText('flowers').waitFor({ state: 'detached' })
    await page.getByLabel('Search models').fill('nothing like it')
    await page.getByText('No model matches').waitFor()
  })

  test('a model that is not there is told as such, with a way on', async () => {
    await go('#/models/gone/versions/7')
    await page.getByRole('alert').getByText('model_version_not_found').waitFor()
    await button('All models').click()
    await page.getByRole('table', { name: 'Models' }).waitFor()
  })

  test('it is all there in Chinese, in the dark, and on a narrow page', async () => {
    await page.locator('summary').click()
    await page.getByLabel('Language').selectOption('zh-CN')
    await page.getByLabel('主题').selectOption('dark')
    await page.keyboard.press('Escape')
    await page.getByRole('table', { name: '模型' }).waitFor()
    await picture(page, 'web-models-zh-dark')
    expect(await barriers(page)).toEqual([])
    await go('#/models/petal%20sorter/versions/2')
    await page.getByText('champion 从 v1 移到此版本').waitFor()
    await picture(page, 'web-version-zh-dark')
    expect(await barriers(page)).toEqual([])
    await page.setViewportSize({ width: 420, height: 900 })
    await picture(page, 'web-version-narrow')
    await go('#/models')
    await page.getByRole('table', { name: '模型' }).waitFor()
    await picture(page, 'web-models-narrow')
    expect(await barriers(page)).toEqual([])
  })

  test('nothing in the pages threw', () => {
    expect(opened.errors).toEqual([])
  })
})
