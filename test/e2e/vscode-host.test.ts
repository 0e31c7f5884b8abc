import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { mkdtemp, rm, writeFile, mkdir } from 'node:fs/promises'
import { createServer, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { chromiumPath, openBrowser, type TestBrowser } from '../support/browser.js'
import { codeServerPath, startCodeServer, vscodeExtension, type TestCodeServer } from '../support/code-server.js'
import { openEditor } from '../support/vscode.js'
import type { HostResult } from '../vscode-host/run.js'

const extension = vscodeExtension()
const missing = [
  ...(codeServerPath() === null ? ['code-server (NOVABRAIN_TEST_CODE_SERVER)'] : []),
  ...(extension === null ? ['the extension (NOVABRAIN_TEST_VSCODE_EXTENSION)'] : []),
  ...(chromiumPath() === null ? ['Chromium'] : []),
]
const inVsCode = missing.length === 0 ? describe : describe.skip

const host = join(__dirname, '../vscode-host')
const suites = readdirSync(join(host, 'suites')).map((file) => basename(file, '.ts'))

jest.setTimeout(300_000)

/** Takes one report; an event, not a file to look for. */
const listen = async () => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const report = once(server, 'request').then(async ([request, response]) => {
    const chunks = await (request as IncomingMessage).toArray()
    response.end()
    return JSON.parse(Buffer.concat(chunks as Buffer[]).toString()) as HostResult[]
  })
  return { url: `http://127.0.0.1:${String(port)}`, report, close: () => server.close() }
}

/** Says why, where the timeout of jest would not. */
const silence = async (editor: TestCodeServer): Promise<never> => {
  await new Promise((resolve) => setTimeout(resolve, 240_000).unref())
  throw new Error(`The extension host sent no report.\n${editor.log().slice(-3000)}`)
}

inVsCode('in the extension host of a real VS Code', () => {
  let home: string
  let editor: TestCodeServer
  let browser: TestBrowser
  let close: () => void = () => undefined
  let results: readonly HostResult[]

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'novabrain-host-'))
    const folder = join(home, 'folder')
    await mkdir(folder)
    await writeFile(join(folder, 'train.py'), 'print("loss", 0.1)\n')
    const vsix = join(home, 'host-tests.vsix')
    await promisify(execFile)(process.execPath, [join(host, 'build.mjs'), vsix])
    const report = await listen()
    close = report.close
    editor = await startCodeServer({
      vsix: [extension ?? '', vsix],
      folder,
      environment: { NOVABRAIN_HOST_TEST_REPORT: report.url },
    })
    browser = await openBrowser()
    const { page } = await browser.newPage()
    await openEditor(page, editor)
    results = await Promise.race([report.report, editor.ended, silence(editor)])
  })

  afterAll(async () => {
    close()
    await browser?.close()
    await editor?.stop()
    await rm(home, { recursive: true, force: true })
  })

  test.each(suites)('%s', (suite) => {
    const ours = results.filter((result) => result.suite === suite)
    expect(ours.length).toBeGreaterThan(0)
    expect(ours.filter(({ error }) => error !== null).map(({ name, error }) => `${name}: ${error ?? ''}`)).toEqual([])
  })
})
