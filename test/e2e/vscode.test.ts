/**
 * The extension in a real VS Code against a real server with real jobs, as an engineer uses it: signed in, run the open
 * script, watch, compare, stop, run again; the notebook; tasks; a folder that is not trusted; a window that is reloaded.
 */
import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { chromiumPath, openBrowser, picture, type TestBrowser } from '../support/browser.js'
import { codeServerPath, startCodeServer, vscodeExtension, type TestCodeServer } from '../support/code-server.js'
import { sampleVenv } from '../support/jupyter.js'
import { packageIndex } from '../support/python-tools.js'
import { startRealServer, type RealServer } from '../support/real-server.js'
import {
  fillInput,
  notification,
  openContainer,
  openEditor,
  openFile,
  pick,
  pickItems,
  reloadEditor,
  rowAction,
  runCommand,
  statusItem,
  tab,
  treeNames,
  treeRow,
  typeInto,
  useTheme,
  webview,
  windowKept,
} from '../support/vscode.js'

const [extension, venv, uv] = [vscodeExtension(), sampleVenv(), process.env['NOVABRAIN_UV']]
const missing = [
  ...(codeServerPath() === null ? ['code-server (NOVABRAIN_TEST_CODE_SERVER)'] : []),
  ...(extension === null ? ['the extension (NOVABRAIN_TEST_VSCODE_EXTENSION)'] : []),
  ...(venv === null ? ['the sample environment (NOVABRAIN_TEST_PYTHON)'] : []),
  ...(uv === undefined ? ['uv (NOVABRAIN_UV)'] : []),
  ...(chromiumPath() === null ? ['Chromium'] : []),
]
const inVsCode = missing.length === 0 ? describe : describe.skip

jest.setTimeout(300_000)

const training = `import mlflow
import helper

with mlflow.start_run():
    mlflow.log_param("rate", helper.rate)
    for step in range(20):
        mlflow.log_metric("loss", 1 / (step + 1), step=step)
print("trained with", helper.rate)
`
const endless = `import time
print("at work", flush=True)
while True:
    time.sleep(0.1)
`
const notebookOf = (...sources: readonly string[]) => ({
  nbformat: 4,
  nbformat_minor: 5,
  metadata: { kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' } },
  cells: sources.map((source, index) => ({
    cell_type: 'code',
    id: `c${String(index)}`,
    metadata: {},
    source,
    outputs: [],
    execution_count: null,
  })),
})
const study = notebookOf(
  'import mlflow\nmlflow.start_run()\nmlflow.log_metric("accuracy", 0.91)',
  'print("from the", "notebook")',
)
const cells = notebookOf('import os\nanswer = 42', 'print(answer, "on", os.environ["CUDA_VISIBLE_DEVICES"])')

inVsCode('in a real VS Code', () => {
  let folder: string
  let server: RealServer
  let editor: TestCodeServer
  let browser: TestBrowser
  let page: Page

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'novabrain-engineer-'))
    await writeFile(join(folder, 'train.py'), training)
    await writeFile(join(folder, 'helper.py'), 'rate = 0.01\n')
    await writeFile(join(folder, 'endless.py'), endless)
    await writeFile(join(folder, 'broken.py'), 'def fail():\n    raise ValueError("no such column")\n\nfail()\n')
    await writeFile(join(folder, 'study.ipynb'), JSON.stringify(study))
    await writeFile(join(folder, 'cells.ipynb'), JSON.stringify(cells))
    await mkdir(join(folder, '.vscode'))
    const task = { label: 'broken on a GPU', type: 'novabrain', file: 'broken.py', gpus: 1 }
    await writeFile(join(folder, '.vscode/tasks.json'), JSON.stringify({ version: '2.0.0', tasks: [task] }))
    server = await startRealServer({ pythonPath: join(venv ?? '', 'bin/python') })
    editor = await startCodeServer({
      vsix: [extension ?? ''],
      folder,
      // Text in the page instead of a picture of it.
      settings: { 'terminal.integrated.gpuAcceleration': 'off' },
      environment: packageIndex(),
      machine: { 'novabrain.serverUrl': server.url, 'novabrain.pythonPath': join(venv ?? '', 'bin/python') },
    })
    browser = await openBrowser()
    ;({ page } = await browser.newPage())
    await openEditor(page, editor)
  })
  afterEach(async () => {
    const name = (expect.getState().currentTestName ?? '').replace(/\W+/g, '-').slice(-50)
    await picture(page, `vscode-${name}`)
    await runCommand(page, 'View: Close All Editors')
  })
  afterAll(async () => {
    await browser?.close()
    await editor?.stop()
    await server?.close()
    await rm(folder, { recursive: true, force: true })
  })

  const jobs = async () => (await server.client.listJobs({ params: { projectId: server.projectId }, query: {} })).items
  const known = new Set<string>()
  /** The next job that is submitted. */
  const newJob = async () => {
    const endMs = Date.now() + 60_000
    for (;;) {
      const fresh = (await jobs()).find(({ id }) => !known.has(id))
      if (fresh !== undefined) {
        known.add(fresh.id)
        return fresh
      }
      if (Date.now() > endMs) throw new Error('No job was submitted')
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  /** Press the key in the script in front, and wait until the list knows what it will run. */
  const openList = async () => {
    await page.locator('.editor-group-container.active .monaco-editor .view-lines').first().click()
    await page.keyboard.press('Control+Alt+Enter')
    await firstEntry()
      .getByText(/environment pinned, \d+ packages/)
      .waitFor()
  }
  const firstEntry = () => page.locator('.quick-input-widget:visible .quick-input-list .monaco-list-row').first()

  test('who is signed out finds a page that says so, and signs in with a key', async () => {
    await openContainer(page, 'NovaBrain')
    await page.locator('.welcome-view-content').getByText('Sign in to see your runs').waitFor()
    await picture(page, 'vscode-signed-out')
    await runCommand(page, 'NovaBrain: Sign In')
    await pick(page, 'With an API key')
    await page.locator('.quick-input-widget:visible').getByText('Made by an owner').waitFor()
    await typeInto(page, server.token)
    await page.locator('.welcome-view-content').getByText('Nothing has run yet').waitFor()
    await statusItem(page, 'NovaBrain').waitFor()
  })

  test('one list says what will happen, and Enter runs the open script', async () => {
    await openFile(page, 'train.py')
    await openList()
    const items = await pickItems(page)
    expect(items[0]?.label).toMatch(/Run now on GPU 24 GiB \(Simulated\)/)
    expect(items.map(({ label }) => label).join('\n')).toMatch(
      /GPU[\s\S]*Environment[\s\S]*Files[\s\S]*Arguments[\s\S]*Name[\s\S]*Priority/,
    )
    expect(items.find(({ label }) => label.includes('Files'))?.description).toMatch(/^2 files/)
    await picture(page, 'vscode-submit')
    await page.keyboard.press('Enter')
    const job = await server.until((await newJob()).id, ({ status }) => status === 'succeeded')
    expect(job.task).toEqual({ kind: 'script', path: 'train.py', arguments: [] })
    expect(job.pinDigest).not.toBeNull()
    await openContainer(page, 'NovaBrain')
    await treeRow(page, 'Succeeded, #1 train').waitFor()
    await tab(page, '#1 train').waitFor()
  })

  test('the page of a run shows its log and its metrics, and comes back when the window does', async () => {
    await treeRow(page, 'Succeeded, #1 train').click()
    const run = webview(page)
    await run.getByRole('tab', { name: 'Log' }).click()
    await run.locator('nb-run-page').waitFor()
    await run.getByText('trained with 0.01').waitFor()
    await run.getByRole('tab', { name: 'Metrics' }).click()
    await run.locator('nb-metric-chart canvas').first().waitFor()
    await picture(page, 'vscode-metrics-light')
    await windowKept(page, '"tab":"metrics"')
    await reloadEditor(page)
    await tab(page, '#1 train').waitFor()
    await webview(page).locator('nb-run-page').getByText('Succeeded').first().waitFor()
  })

  test('the log of a run is a terminal that follows; stopping ends the run', async () => {
    await openFile(page, 'endless.py')
    await openList()
    await page.keyboard.press('Enter')
    const job = await server.until((await newJob()).id, ({ attempt }) => attempt?.stage === 'running')
    await openContainer(page, 'NovaBrain')
    await treeRow(page, 'Running, #2 endless').waitFor()
    await statusItem(page, '1 running').waitFor()
    await rowAction(page, 'Running, #2 endless', 'Open Log')
    await page.locator('.terminal-editor .xterm-rows', { hasText: 'at work' }).waitFor()
    await rowAction(page, 'Running, #2 endless', 'Stop Run')
    const ended = await server.until(job.id, ({ status }) => status === 'cancelled')
    expect(ended.attempt?.verdict?.kind).toBe('cancelled')
    await treeRow(page, 'Cancelled, #2 endless').waitFor()
    await page.locator('.terminal-editor .xterm-rows', { hasText: 'The job was stopped' }).waitFor()
  })

  test('a run is run again, and compared with the first: what differs is shown', async () => {
    await writeFile(join(folder, 'helper.py'), 'rate = 0.05\n')
    await openFile(page, 'train.py')
    await openList()
    await page.keyboard.press('Enter')
    await server.until((await newJob()).id, ({ status }) => status === 'succeeded')
    await openContainer(page, 'NovaBrain')
    await treeRow(page, 'Succeeded, #3 train').waitFor()
    await rowAction(page, 'Succeeded, #1 train', 'Run Again')
    const again = await server.until((await newJob()).id, ({ status }) => status === 'succeeded')
    expect(await server.log(again)).toContain('trained with 0.01')
    await runCommand(page, 'NovaBrain: Compare Runs')
    for (const name of ['#1 train', '#3 train']) await pick(page, name)
    await page.locator('.quick-input-widget:visible').getByText('2 Selected').waitFor()
    await page.keyboard.press('Enter')
    const compared = webview(page)
    await compared.getByRole('heading', { name: 'Compare 2 runs' }).waitFor()
    const rate = compared.getByRole('row', { name: /rate/ })
    expect(await rate.getByRole('cell').allInnerTexts()).toEqual(expect.arrayContaining(['0.01', '0.05']))
    expect(await compared.getByRole('row', { name: /^mlflow/ }).count()).toBe(0)
    await picture(page, 'vscode-compare')
    await compared.getByLabel('Only differences').uncheck()
    await compared
      .getByRole('row', { name: /^mlflow / })
      .first()
      .waitFor()
  })

  test('a notebook runs from its toolbar; its outputs come back, and its cell shows its metric', async () => {
    await openFile(page, 'study.ipynb')
    await page.locator('.notebook-toolbar-container').getByRole('button', { name: 'Run on GPU' }).click()
    await firstEntry()
      .getByText(/environment pinned/)
      .waitFor()
    await page.keyboard.press('Enter')
    const job = await server.until((await newJob()).id, ({ status }) => status === 'succeeded')
    expect(job.task.path).toBe('study.ipynb')
    await tab(page, 'study.ipynb').click()
    await page.locator('.cell-statusbar-container', { hasText: 'accuracy 0.91' }).first().waitFor()
    await runCommand(page, 'NovaBrain: Bring Outputs Back')
    await pick(page, '#5 study')
    await webview(page).getByText('from the notebook').waitFor()
  })

  test('a cell runs in a kernel that is a job on a GPU, and the next one finds what it left', async () => {
    await openFile(page, 'cells.ipynb')
    await page.locator('.notebook-toolbar-container').getByRole('button', { name: 'Run All' }).click()
    await webview(page).getByText('42 on 0').waitFor()
    const kernel = await newJob()
    expect(kernel).toMatchObject({ status: 'running', task: { kind: 'kernel', path: 'cells.ipynb' } })
    expect(kernel.attempt?.devices).toHaveLength(1)
    await server.client.stopJob({ params: { projectId: server.projectId, jobId: kernel.id } })
    await server.until(kernel.id, ({ status }) => status === 'cancelled')
  })

  test('a task runs a script on a GPU, and its traceback becomes a problem', async () => {
    await runCommand(page, 'Tasks: Run Task')
    await pick(page, 'broken on a GPU')
    await server.until((await newJob()).id, ({ status }) => status === 'failed')
    await page.locator('.xterm-rows', { hasText: 'ValueError: no such column' }).first().waitFor()
    await runCommand(page, 'View: Focus Problems')
    await page.locator('.markers-panel .monaco-list-row', { hasText: 'ValueError: no such column' }).first().waitFor()
  })

  test('a range of GPUs is written in the list, which says how wide it starts and knows it the next time', async () => {
    await openFile(page, 'train.py')
    await openList()
    const chooseGpu = async (label: string) => {
      await pick(page, 'GPU')
      await pick(page, label)
    }
    await chooseGpu('From … to … GPUs')
    await fillInput(page, '2-1')
    await page.locator('.quick-input-widget:visible').getByText('2 to 1 GPUs is no range').waitFor()
    await picture(page, 'vscode-range-fault')
    await typeInto(page, '1-2')
    await firstEntry().getByText('with 2 of 1–2 GPUs').waitFor()
    await picture(page, 'vscode-range')
    expect((await pickItems(page))[0]?.label).toMatch(/Run now on 1–2 × GPU 24 GiB/)
    await page.keyboard.press('Enter')
    const elastic = await server.until((await newJob()).id, ({ status }) => status === 'succeeded')
    expect(elastic.resources).toMatchObject({ gpuCount: 1, maxGpuCount: 2 })
    expect(elastic.attempt?.devices).toHaveLength(2)
    await openFile(page, 'train.py')
    await openList()
    expect((await pickItems(page))[0]?.label).toContain('1–2 ×')
    await chooseGpu('Any GPU')
    await firstEntry()
      .getByText(/Run now on GPU/)
      .waitFor()
    await page.keyboard.press('Enter')
    const plain = await server.until((await newJob()).id, ({ status }) => status === 'succeeded')
    expect(plain.resources.maxGpuCount).toBeUndefined()
  })

  test('an environment is pinned, and compared with its pin', async () => {
    await openFile(page, 'train.py')
    await runCommand(page, 'NovaBrain: Pin Python Environment')
    await notification(page, /Environment pinned: Python 3\.\d+\.\d+, \d+ packages/)
      .first()
      .waitFor()
    await runCommand(page, 'NovaBrain: Compare Python Environment with Its Pin')
    await notification(page, 'Nothing has changed since the pin').first().waitFor()
  })

  test('a pinned environment is recreated beside the code, with a kernel of it', async () => {
    // The editor has the PATH of a login shell, whatever it was started with: uv lies where its installer puts it.
    await mkdir(join(editor.home, '.local/bin'), { recursive: true })
    await symlink(uv ?? '', join(editor.home, '.local/bin/uv'))
    await runCommand(page, 'NovaBrain: Restore Python Environment')
    const [newest] = await pickItems(page)
    await pick(page, newest?.label ?? '')
    const said = notification(
      page,
      /The environment is in \.venvs\/novabrain-[0-9a-f]{12}, and there is a kernel of it/,
    )
    await said.first().waitFor({ timeout: 180_000 })
    const [name = ''] = await readdir(join(folder, '.venvs'))
    const python = join(folder, '.venvs', name, 'bin/python')
    const version = 'import importlib.metadata as m; print(m.version("mlflow"))'
    const [made, pinned] = [python, join(venv ?? '', 'bin/python')].map((each) =>
      execFileSync(each, ['-c', version], { encoding: 'utf8' }),
    )
    expect(made).toBe(pinned)
    const kernel = JSON.parse(
      await readFile(join(editor.home, '.local/share/jupyter/kernels', name, 'kernel.json'), 'utf8'),
    ) as { argv: string[] }
    expect(kernel.argv[0]).toBe(python)
  })

  test('leads see who holds which device and who waits', async () => {
    await openContainer(page, 'NovaBrain')
    await page.locator('.pane-header', { hasText: 'Team' }).click()
    await treeRow(page, 'Devices').waitFor()
    expect((await treeNames(page, 'Team')).join('\n')).toMatch(/vm, Ready[\s\S]*0 · GPU 24 GiB, Free[\s\S]*Waiting, 0/)
  })

  test('dark and high contrast are drawn in the colours of the theme', async () => {
    await useTheme(page, 'dark')
    await runCommand(page, 'NovaBrain: Open Run')
    await pick(page, '#3 train')
    await webview(page).getByText('Succeeded').first().waitFor()
    await picture(page, 'vscode-dark')
    await useTheme(page, 'highContrast')
    await picture(page, 'vscode-high-contrast')
    await useTheme(page, 'light')
  })
})

if (missing.length > 0) test.skip(`in a real VS Code: ${missing.join(', ')} is missing`, () => undefined)
