/**
 * JupyterLab without our part in the Jupyter server: the page speaks to NovaBrain itself, with a key that lives as long as
 * the page. What people open there is as it comes: untitled, unsaved, a script, very large, broken.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { chromiumPath, openBrowser, picture, type TestBrowser } from '../support/browser.js'
import { jupyterVenv, sampleVenv, startJupyter, type TestJupyter } from '../support/jupyter.js'
import { execute, kernelAtRest, openCard, openNotebook, writeNotebook } from '../support/lab.js'
import { startRealServer, type RealServer } from '../support/real-server.js'

const [venv, kernelVenv] = [jupyterVenv(), sampleVenv()]
const complete = venv !== null && kernelVenv !== null && chromiumPath() !== null
const inJupyterLab = complete ? describe : describe.skip

jest.setTimeout(180_000)

inJupyterLab('in a JupyterLab without our proxy', () => {
  let jupyter: TestJupyter
  let server: RealServer
  let browser: TestBrowser
  let page: Page

  beforeAll(async () => {
    jupyter = await startJupyter({
      venv: venv ?? '',
      kernelVenv: kernelVenv ?? '',
      environment: {},
      withoutProxy: true,
    })
    server = await startRealServer({ allowedOrigins: [jupyter.url], pythonPath: join(kernelVenv ?? '', 'bin/python') })
    const settings = { serverUrl: server.url, pullOutputs: 'automatic' }
    await jupyter.setting('@novabrain/jupyterlab:plugin', settings)
    browser = await openBrowser()
    ;({ page } = await browser.newPage())
  })
  afterEach(async () => {
    const name = (expect.getState().currentTestName ?? '').replace(/\W+/g, '-').slice(-40)
    await picture(page, `lab-direct-${name}`)
  })
  afterAll(async () => {
    await browser?.close()
    await jupyter?.stop()
    await server?.close()
  })

  const card = () => page.locator('nb-submit-card')
  const jobs = async () => (await server.client.listJobs({ params: { projectId: server.projectId }, query: {} })).items
  const open = (path: string) => execute(page, 'docmanager:open', { path })
  const signIn = async (key: string) => {
    const form = page.locator('form.nb-SignIn:visible').first()
    await form.locator('input').fill(key)
    await form.getByRole('button').click()
  }
  /** Run what is on the card with the key, and give the job when it has succeeded. */
  const run = async () => {
    await card()
      .getByText(/\d+ packages, pinned/)
      .waitFor()
    await page.keyboard.press('Enter')
    await card().getByRole('button', { name: 'Open the run' }).waitFor()
    const submitted = (await jobs())[0]
    return server.until(submitted?.id ?? '', ({ status }) => status === 'succeeded')
  }

  test('a wrong key is refused with its code; a good one opens the runs, and no key is written down', async () => {
    await openNotebook(page, jupyter, 'breast-cancer/breast-cancer.ipynb')
    const proxy = await fetch(`${jupyter.url}/novabrain/health`, {
      headers: { authorization: `token ${jupyter.token}` },
    })
    expect(proxy.status).toBe(404)
    await page.getByText('NovaBrain: sign in').waitFor()
    await execute(page, 'novabrain:sign-in')
    await signIn('nb_wrong')
    await page.getByText(/This API key is not known\..*\(api_key_invalid\)/).waitFor()
    await signIn(server.token)
    await page.locator('nb-run-list').waitFor()
    const kept = await page.evaluate(() =>
      JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie]),
    )
    expect(kept).not.toContain(server.token)
  })

  test('an untitled notebook runs as it is in the editor; its outputs come back by themselves', async () => {
    await execute(page, 'notebook:create-new', { kernelName: 'python3', cwd: '' })
    const notebook = page.locator('.jp-NotebookPanel:not(.lm-mod-hidden)')
    await page.locator('.lm-TabBar-tab.lm-mod-current', { hasText: 'Untitled.ipynb' }).waitFor()
    await kernelAtRest(page)
    await notebook.locator('.jp-CodeCell .cm-content').first().click()
    await page.keyboard.type('print("never", "saved")')
    await openCard(page)
    await card().getByText('Unsaved changes go along').waitFor()
    await card().getByText('1 file,').waitFor()
    expect(await card().getByText('left out').count()).toBe(0)
    const job = await run()
    expect(job.task.path).toBe('Untitled.ipynb')
    await notebook.locator('.jp-OutputArea-output', { hasText: 'never saved' }).waitFor()
    await execute(page, 'novabrain:open-run', { runId: job.runId })
    await page.locator('nb-run-page').waitFor()
    await card().waitFor({ state: 'detached' })
  })

  test('a script runs from the file editor', async () => {
    await writeFile(join(jupyter.folder, 'train.py'), 'print("from a file")\n')
    await open('train.py')
    const editor = page.locator('.jp-FileEditor:visible .cm-content')
    await editor.click()
    await page.keyboard.press('Control+End')
    await page.keyboard.type('print("and from the editor")')
    await page.keyboard.press('Control+Alt+Enter')
    const job = await run()
    expect(job.task).toEqual({ kind: 'script', path: 'train.py', arguments: [] })
    expect(await server.log(job)).toContain('from a file\nand from the editor\n')
    await page.keyboard.press('Escape')
  })

  test('a notebook with 20 MB of outputs is sent without them', async () => {
    const text = 'x'.repeat(1_000_000)
    const outputs = Array.from({ length: 20 }, () => ({ output_type: 'stream', name: 'stdout', text }))
    const cell = { cell_type: 'code', id: 'c0', metadata: {}, source: 'print("small")', outputs, execution_count: 1 }
    const metadata = { kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' } }
    const notebook = JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata, cells: [cell] })
    await writeFile(join(jupyter.folder, 'large.ipynb'), notebook)
    let sentBytes = 0
    page.on('request', (request) => {
      if (request.url().startsWith(server.url)) sentBytes += request.postDataBuffer()?.length ?? 0
    })
    await open('large.ipynb')
    await page.locator('.lm-TabBar-tab.lm-mod-current', { hasText: 'large.ipynb' }).waitFor()
    await page.locator('.jp-NotebookPanel:not(.lm-mod-hidden)').getByRole('button', { name: 'Run on GPU' }).click()
    await run()
    expect(sentBytes).toBeGreaterThan(100)
    expect(sentBytes).toBeLessThan(100_000)
    await page.keyboard.press('Escape')
  })

  test('a notebook whose kernel has just crashed runs all the same', async () => {
    await writeNotebook(jupyter, 'crashed.ipynb', ['print("whole")'])
    await open('crashed.ipynb')
    await page.locator('.jp-NotebookPanel:not(.lm-mod-hidden) .jp-Cell', { hasText: 'whole' }).waitFor()
    await kernelAtRest(page)
    await page.evaluate(() => {
      interface Kernel {
        requestExecute(content: { code: string }): unknown
      }
      const { jupyterapp } = window as unknown as {
        jupyterapp: { shell: { currentWidget: { sessionContext: { session: { kernel: Kernel } } } } }
      }
      const { kernel } = jupyterapp.shell.currentWidget.sessionContext.session
      kernel.requestExecute({ code: 'import os; os.kill(os.getpid(), 9)' })
    })
    const told = page.locator('.jp-Dialog', { hasText: 'Kernel Restarting' })
    await told.getByRole('button', { name: 'Ok' }).click()
    await openCard(page)
    const job = await run()
    expect(job.task.path).toBe('crashed.ipynb')
    await page.keyboard.press('Escape')
  })

  test('a broken notebook is told by JupyterLab, and nothing is sent', async () => {
    const before = (await jobs()).length
    await writeFile(join(jupyter.folder, 'broken.ipynb'), '{"nbformat": 4, "cells": [')
    void open('broken.ipynb').catch(() => undefined)
    await page.locator('.jp-Dialog', { hasText: 'File Load Error' }).waitFor()
    await execute(page, 'novabrain:submit')
    await execute(page, 'novabrain:submit', { path: 'broken.ipynb' })
    expect(await card().count()).toBe(0)
    await page.locator('.jp-Dialog button').last().click()
    await page.locator('.jp-Dialog', { hasText: 'Save your work' }).getByRole('button', { name: 'Discard' }).click()
    await page.locator('.jp-Dialog').waitFor({ state: 'detached' })
    expect((await jobs()).length).toBe(before)
  })
})

if (!complete)
  test.skip('JupyterLab without our proxy: JupyterLab, the sample environment or Chromium is missing', () => undefined)
