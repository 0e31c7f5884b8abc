// node test/bench/jupyterlab-startup.mjs [--rounds 7]
// What the extension costs at the start of JupyterLab: the same notebook opened with and without it, in turns, in one
// browser. Needs NOVABRAIN_TEST_JUPYTER (an environment with JupyterLab and our wheel) and Chromium; no NovaBrain server runs,
// which is the harder case. Prints a table, and exits with 1 when a budget is broken.
import { spawn } from 'node:child_process'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { chromium } from 'playwright-core'

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '7' } } })
const rounds = Number(values.rounds)
const venv = process.env['NOVABRAIN_TEST_JUPYTER']
if (venv === undefined) {
  console.error('Name an environment with JupyterLab and the wheel in NOVABRAIN_TEST_JUPYTER.')
  process.exit(1)
}
const name = '@novabrain/jupyterlab'
const budgets = { remoteEntryKb: 20, eagerKb: 64 }

const home = mkdtempSync(path.join(tmpdir(), 'novabrain-bench-'))
cpSync(path.join(import.meta.dirname, '../../samples'), path.join(home, 'notebooks'), { recursive: true })
const port = 18_000 + Math.floor(Math.random() * 2000)
const token = 'bench'
const flags = ['--no-browser', '--allow-root', '--ServerApp.ip=127.0.0.1', `--ServerApp.port=${port}`]
const jupyter = spawn(
  path.join(venv, 'bin/jupyter'),
  ['lab', ...flags, '--ServerApp.port_retries=0', `--ServerApp.root_dir=${home}/notebooks`],
  {
    cwd: home,
    stdio: 'ignore',
    env: {
      PATH: process.env['PATH'],
      HOME: home,
      JUPYTER_TOKEN: token,
      JUPYTER_CONFIG_DIR: `${home}/config`,
      JUPYTER_RUNTIME_DIR: `${home}/runtime`,
      NOVABRAIN_HOME: `${home}/novabrain`,
      NOVABRAIN_URL: 'http://127.0.0.1:9',
    },
  },
)
const base = `http://127.0.0.1:${port}`

const untilAnswers = async () => {
  for (let tries = 0; tries < 300; tries += 1) {
    const answer = await fetch(`${base}/api?token=${token}`).catch(() => null)
    if (answer?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error('JupyterLab did not answer')
}

/** Open the notebook in a fresh profile; milliseconds until its toolbar stands, and what our files weighed. */
const open = async (browser, withExtension) => {
  const context = await browser.newContext()
  const page = await context.newPage()
  const ours = []
  page.on('response', async (response) => {
    if (response.url().includes(`/extensions/${name}/static/`))
      ours.push({ url: response.url(), bytes: (await response.body().catch(() => Buffer.alloc(0))).length })
  })
  if (!withExtension)
    await page.route('**/lab/tree/**', async (route) => {
      const response = await route.fetch()
      const html = (await response.text()).replace(
        /(<script id="jupyter-config-data"[^>]*>)([\s\S]*?)(<\/script>)/,
        (_, open, json, close) => {
          const config = JSON.parse(json)
          config.federated_extensions = config.federated_extensions.filter((each) => each.name !== name)
          return open + JSON.stringify(config) + close
        },
      )
      await route.fulfill({ response, body: html })
    })
  const started = performance.now()
  await page.goto(`${base}/lab/tree/breast-cancer/breast-cancer.ipynb?token=${token}&reset`)
  await page.locator('.jp-NotebookPanel-toolbar [data-jp-item-name="kernelName"]').first().waitFor()
  await page.locator('.jp-NotebookPanel .jp-Cell').first().waitFor()
  const ms = performance.now() - started
  const present = (await page.locator('[data-jp-item-name="novabrain-run"]').count()) > 0
  if (present !== withExtension) throw new Error(`The extension was ${present ? '' : 'not '}there against the plan`)
  await page.waitForTimeout(2500)
  await context.close()
  return { ms, ours }
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)]

let broken = false
try {
  await untilAnswers()
  const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  await open(browser, true)
  const results = { with: [], without: [] }
  let eager = []
  for (let round = 0; round < rounds; round += 1)
    for (const kind of round % 2 === 0 ? ['with', 'without'] : ['without', 'with']) {
      const { ms, ours } = await open(browser, kind === 'with')
      results[kind].push(ms)
      if (kind === 'with') eager = ours
    }
  await browser.close()
  const kb = (files) => files.reduce((sum, { bytes }) => sum + bytes, 0) / 1000
  const remoteEntryKb = kb(eager.filter(({ url }) => url.includes('remoteEntry')))
  const [withMs, withoutMs] = [median(results.with), median(results.without)]
  const rows = [
    ['notebook ready without the extension', `${withoutMs.toFixed(0)} ms (median of ${rounds})`],
    ['notebook ready with the extension', `${withMs.toFixed(0)} ms`],
    ['difference', `${(withMs - withoutMs).toFixed(0)} ms (${((withMs / withoutMs - 1) * 100).toFixed(1)} %)`],
    ['remote entry', `${remoteEntryKb.toFixed(1)} kB (budget ${budgets.remoteEntryKb})`],
    ['all files before the first use', `${kb(eager).toFixed(1)} kB in ${eager.length} (budget ${budgets.eagerKb})`],
  ]
  for (const [what, value] of rows) console.log(`| ${what} | ${value} |`)
  broken = remoteEntryKb > budgets.remoteEntryKb || kb(eager) > budgets.eagerKb
} finally {
  jupyter.kill('SIGTERM')
  await new Promise((resolve) => jupyter.once('exit', resolve))
  rmSync(home, { recursive: true, force: true, maxRetries: 5 })
}
process.exit(broken ? 1 : 0)
