/**
 * The extension in other places: a folder that is not trusted, in Chinese; a person who signs in with the browser or with a
 * code; a window that is closed in the middle of a submit; a server that goes away.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { chromiumPath, openBrowser, picture, type TestBrowser } from '../support/browser.js'
import { codeServerPath, startCodeServer, vscodeExtension, type TestCodeServer } from '../support/code-server.js'
import { startGate, type Gate } from '../support/gate.js'
import { sampleVenv } from '../support/jupyter.js'
import { mlflowWire } from '../support/mlflow-wire.js'
import { startRealServer, type RealServer } from '../support/real-server.js'
import {
  notification,
  openContainer,
  openEditor,
  openFile,
  pick,
  reloadEditor,
  rowMenu,
  runCommand,
  statusItem,
  treeNames,
  treeRow,
  typeInto,
  useTheme,
} from '../support/vscode.js'

const [extension, venv] = [vscodeExtension(), sampleVenv()]
const complete = codeServerPath() !== null && extension !== null && venv !== null && chromiumPath() !== null
const inVsCode = complete ? describe : describe.skip

jest.setTimeout(300_000)

const python = join(venv ?? '', 'bin/python')
let folder: string
let server: RealServer
let gate: Gate
let browser: TestBrowser

const jobs = async () => (await server.client.listJobs({ params: { projectId: server.projectId }, query: {} })).items
const firstEntry = (page: Page) =>
  page.locator('.quick-input-widget:visible .quick-input-list .monaco-list-row').first()

beforeAll(async () => {
  if (!complete) return
  folder = await mkdtemp(join(tmpdir(), 'novabrain-places-'))
  await writeFile(join(folder, 'hello.py'), 'print("hello")\n')
  server = await startRealServer({ pythonPath: python })
  gate = await startGate(server.url)
  browser = await openBrowser()
})
afterAll(async () => {
  await browser?.close()
  await gate?.close()
  await server?.close()
  if (folder !== undefined) await rm(folder, { recursive: true, force: true })
})

inVsCode('in a folder that is not trusted, in Chinese', () => {
  let editor: TestCodeServer
  let page: Page

  beforeAll(async () => {
    editor = await startCodeServer({
      vsix: [extension ?? ''],
      folder,
      locale: 'zh-cn',
      machine: { 'novabrain.serverUrl': server.url, 'novabrain.pythonPath': python },
      environment: { NOVABRAIN_TOKEN: server.token },
    })
    ;({ page } = await browser.newPage())
    await openEditor(page, editor, 'refused')
  })
  afterAll(async () => {
    await picture(page, 'vscode-untrusted-zh')
    await page?.context().close()
    await editor?.stop()
  })

  test('runs can be looked at, and the key comes from the environment', async () => {
    await openContainer(page, 'NovaBrain')
    await page.locator('.welcome-view-content').getByText('还没有运行过任何内容').waitFor()
    await page.locator('.welcome-view-content').getByRole('button', { name: '管理信任' }).waitFor()
    await picture(page, 'vscode-empty-zh')
  })

  test('nothing is run or uploaded from it, and it is said why', async () => {
    await openFile(page, 'hello.py')
    await page.locator('.editor-group-container.active .monaco-editor .view-lines').first().click()
    await page.keyboard.press('Control+Alt+Enter')
    await notification(page, '此文件夹不受信任').waitFor()
    expect(await jobs()).toEqual([])
  })

  test('what programs log by themselves stands in the list, and is kept at hand, in the dark too', async () => {
    const mlflow = mlflowWire(server.url, server.token)
    const logged: string[] = []
    const log = async (name: string, status: string | null) => {
      const id = await mlflow.createRun({ run_name: name, start_time: Date.now() - 90_000 })
      logged.push(id)
      if (status !== null) await mlflow.post('/runs/update', { run_id: id, status, end_time: Date.now() })
    }
    await log('对账模型评估', null)
    await log('fraud-baseline', 'FAILED')
    await log('客户流失 v2', 'FINISHED')
    await openContainer(page, 'NovaBrain')
    await treeRow(page, '已完成, 客户流失 v2').waitFor()
    await useTheme(page, 'dark')
    await rowMenu(page, '失败, fraud-baseline', '置顶')
    await page.getByRole('treeitem', { name: '已置顶' }).waitFor()
    await picture(page, 'vscode-loose-dark-zh')
    const names = (await treeNames(page, '运行')).map((name) => name.split(', ').slice(0, 2).join(', '))
    expect(names).toEqual([
      '进行中',
      '运行中, 对账模型评估',
      '已置顶',
      '失败, fraud-baseline',
      '最近',
      '已完成, 客户流失 v2',
      '失败, fraud-baseline',
      '运行表',
    ])
    // The others begin where nothing has run yet.
    for (const id of logged) await mlflow.post('/runs/delete', { run_id: id })
  })
})

inVsCode('where there is no GPU, and then no Python either', () => {
  let poor: RealServer
  let editor: TestCodeServer
  let page: Page

  beforeAll(async () => {
    poor = await startRealServer({ gpus: 'none' })
    editor = await startCodeServer({
      vsix: [extension ?? ''],
      folder,
      machine: { 'novabrain.serverUrl': poor.url, 'novabrain.pythonPath': '/nowhere/python3' },
      environment: { NOVABRAIN_TOKEN: poor.token },
    })
    ;({ page } = await browser.newPage())
    await openEditor(page, editor)
  })
  afterAll(async () => {
    await page?.context().close()
    await editor?.stop()
    await poor?.close()
  })

  test('the view of an empty project says so, and what to do', async () => {
    await openContainer(page, 'NovaBrain')
    const welcome = page.locator('.welcome-view-content')
    await welcome.getByText('this server has no GPU').waitFor()
    await welcome.getByRole('button', { name: 'Run on the CPU' }).waitFor()
    await picture(page, 'vscode-no-gpu')
    await openFile(page, 'hello.py')
    await page.locator('.editor-group-container.active .monaco-editor .view-lines').first().click()
    await page.keyboard.press('Control+Alt+Enter')
    await firstEntry(page).getByText('No Python could be asked').waitFor()
    await page.keyboard.press('Enter')
    await welcome.getByText('No Python was found').waitFor()
    await welcome.getByRole('button', { name: 'Set the Interpreter' }).waitFor()
    await picture(page, 'vscode-no-python')
  })
})

inVsCode('where the server is reached through a line that may break', () => {
  let editor: TestCodeServer
  let page: Page

  beforeAll(async () => {
    editor = await startCodeServer({
      vsix: [extension ?? ''],
      folder,
      trust: 'off',
      machine: { 'novabrain.serverUrl': gate.url, 'novabrain.pythonPath': python },
    })
    ;({ page } = await browser.newPage())
    await openEditor(page, editor)
  })
  afterAll(async () => {
    await picture(page, 'vscode-places-last')
    await page?.context().close()
    await editor?.stop()
  })

  test('a code that is entered on another page signs in', async () => {
    await openContainer(page, 'NovaBrain')
    await runCommand(page, 'NovaBrain: Sign In')
    await pick(page, 'With a code')
    const words = await notification(page, /enter the code [A-Z]{4}-[A-Z]{4}/)
      .first()
      .innerText()
    const [code = ''] = /[A-Z]{4}-[A-Z]{4}/.exec(words) ?? []
    await picture(page, 'vscode-device-code')
    await server.client.decideDeviceAuthorization({ body: { userCode: code, decision: 'allow' } })
    await page.locator('.welcome-view-content').getByText('Nothing has run yet').waitFor()
    await runCommand(page, 'NovaBrain: Sign Out')
    await page.locator('.welcome-view-content').getByText('Sign in to see your runs').waitFor()
  })

  test('the browser signs in: its page asks, and comes back to the editor', async () => {
    await runCommand(page, 'NovaBrain: Sign In')
    const opened = page.context().waitForEvent('page')
    await pick(page, 'With the browser')
    const web = await opened
    await web.getByLabel('API key').fill(server.token)
    await web.getByRole('button', { name: 'Sign in' }).click()
    await web.getByRole('button', { name: 'Allow' }).waitFor()
    await picture(web, 'vscode-authorize')
    await web.getByRole('button', { name: 'Allow' }).click()
    await page.locator('.welcome-view-content').getByText('Nothing has run yet').waitFor()
    expect(
      (await server.client.listApiKeys()).items.filter(({ revokedAt }) => revokedAt === null).length,
    ).toBeGreaterThan(1)
  })

  test('a window that is closed in the middle of a submit loses nothing and submits once', async () => {
    await openFile(page, 'hello.py')
    await page.locator('.editor-group-container.active .monaco-editor .view-lines').first().click()
    await page.keyboard.press('Control+Alt+Enter')
    await firstEntry(page)
      .getByText(/environment pinned/)
      .waitFor()
    const held = gate.hold((method, path) => method === 'POST' && path.endsWith('/jobs'))
    await page.keyboard.press('Enter')
    await held.arrived
    await reloadEditor(page)
    held.release()
    await openContainer(page, 'NovaBrain')
    await treeRow(page, 'Succeeded, #1 hello').waitFor()
    await notification(page, '#1 hello was kept and has now been sent').waitFor()
    expect(await jobs()).toHaveLength(1)
  })

  test('a server that went away leaves what was known, greyed, with its time; it comes back by itself', async () => {
    await gate.shut()
    await treeRow(page, 'Server unreachable').waitFor()
    await treeRow(page, 'Succeeded, #1 hello').waitFor()
    await statusItem(page, 'NovaBrain').waitFor()
    await picture(page, 'vscode-unreachable')
    await treeRow(page, 'Server unreachable').click()
    await treeRow(page, 'Server unreachable').waitFor()
    await gate.open()
    await treeRow(page, 'Server unreachable').waitFor({ state: 'detached' })
    await treeRow(page, 'Succeeded, #1 hello').waitFor()
  })
})

inVsCode('where the extension host is a worker of the browser', () => {
  let editor: TestCodeServer
  let allowing: RealServer
  let page: Page

  beforeAll(async () => {
    const probe = await startGate(server.url)
    await probe.close()
    editor = await startCodeServer({
      vsix: [extension ?? ''],
      folder,
      trust: 'off',
      settings: { 'remote.extensionKind': { 'novabrain.novabrain-vscode': ['web'] } },
      machine: { 'novabrain.serverUrl': probe.url },
    })
    const { origin } = new URL(editor.url)
    allowing = await startRealServer({ port: Number(new URL(probe.url).port), allowedOrigins: [origin] })
    expect(allowing.url).toBe(probe.url)
    ;({ page } = await browser.newPage())
    await openEditor(page, editor)
  })
  afterAll(async () => {
    await picture(page, 'vscode-web-host')
    await page?.context().close()
    await editor?.stop()
    await allowing?.close()
  })

  test('runs are shown, and running says that it needs Python', async () => {
    await openContainer(page, 'NovaBrain')
    await runCommand(page, 'NovaBrain: Sign In')
    await pick(page, 'With an API key')
    await page.locator('.quick-input-widget:visible').getByText('Made by an owner').waitFor()
    await typeInto(page, allowing.token)
    await page.locator('.welcome-view-content').getByText('Nothing has run yet').waitFor()
    await openFile(page, 'hello.py')
    await page.locator('.editor-group-container.active .monaco-editor .view-lines').first().click()
    await page.keyboard.press('Control+Alt+Enter')
    await page.locator('.welcome-view-content').getByText('No Python was found').waitFor()
    expect((await allowing.client.listJobs({ params: { projectId: allowing.projectId }, query: {} })).items).toEqual([])
  })
})

if (!complete) test.skip('in other places: code-server, the extension, Python or Chromium is missing', () => undefined)
