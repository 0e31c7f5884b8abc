// node test/bench/vscode.mjs [--rounds 5] [--points 100000] [--runs 10000]
// What the extension costs in a real VS Code (code-server), against a built server with a PostgreSQL of its own: the size
// of the package, activation, the tree of a project with many runs, and the page of a run with a long metric. Needs
// `npm run build`, NOVABRAIN_TEST_CODE_SERVER, Chromium, and a Python on the path. The jobs are rows, copied from one that
// really ran. Prints a table, and exits with 1 when a budget is broken that no load can break: the size.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { chromium } from 'playwright-core'
import { root } from '../../scripts/lib/places.mjs'
import { buildVsix } from '../../scripts/lib/vscode-extension.mjs'
import { createLog, startEmbeddedPostgres } from '../../server/dist/index.js'
import { machineLine, median, startBenchServer } from './support/server.mjs'
import { loadEditorSupport, loadExtensionModule } from './support/vscode.mjs'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    points: { type: 'string', default: '100000' },
    runs: { type: 'string', default: '10000' },
  },
})
const [rounds, points, runs] = [values.rounds, values.points, values.runs].map(Number)
const budgets = { vsixKb: 500, activationMs: 20, treeMs: 200 }

/** A job that is at work until it is stopped, so that its run takes metrics. */
const submitJob = async ({ client, projectId }) => {
  const bytes = Buffer.from('import time\nprint("at work", flush=True)\ntime.sleep(3600)\n')
  const digest = createHash('sha256').update(bytes).digest('hex')
  const params = { projectId }
  await client.putBlob({ params: { projectId, digest }, body: bytes })
  const file = { path: 'train.py', digest, sizeBytes: bytes.length, reason: 'entrypoint' }
  const { snapshot } = await client.createCodeSnapshot({ params, body: { files: [file], excluded: [], git: null } })
  const body = {
    task: { kind: 'script', path: 'train.py', arguments: [] },
    snapshotId: snapshot.id,
    pinDigest: null,
    resources: { gpuCount: 0 },
  }
  return client.submitJob({ params, body, idempotencyKey: digest.slice(0, 32) })
}

const logPoints = async ({ url, token }, runId) => {
  for (let from = 0; from < points; from += 1000) {
    const metrics = Array.from({ length: Math.min(1000, points - from) }, (_, index) => {
      const step = from + index
      return { key: 'loss', value: Math.exp(-step / 20_000) + Math.random() / 20, timestamp: step, step }
    })
    const answer = await fetch(`${url}/api/2.0/mlflow/runs/log-batch`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ run_id: runId, metrics }),
    })
    if (!answer.ok) throw new Error(`log-batch: ${answer.status} ${await answer.text()}`)
  }
}

const untilJob = async ({ client, projectId }, jobId, fits) => {
  for (;;) {
    const job = await client.getJob({ params: { projectId, jobId } })
    if (fits(job)) return job
    if (job.endedAt !== null) throw new Error(`${job.status}: ${JSON.stringify(job.attempt?.verdict)}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

/** The job becomes the newest of many. */
const copyJob = async (database, jobId) => {
  await database.query('UPDATE jobs SET number = $2 WHERE id = $1', [jobId, runs])
  await database.query(
    `INSERT INTO jobs SELECT (jsonb_populate_record(jobs, jsonb_build_object(
       'id', lpad(to_hex(n), 32, '0'), 'run_id', lpad(to_hex(n), 32, 'f'), 'number', n, 'name', 'train ' || n,
       'attempt_id', null))).*
     FROM jobs, generate_series(1, $2::int) AS n WHERE jobs.id = $1`,
    [jobId, runs - 1],
  )
  await database.query('UPDATE job_counters SET last_number = $1', [runs])
}

/** Milliseconds from the next click until an element is there and drawn, by the clock of the page. */
const fromClickUntil = async (page, selector, click) => {
  const times = page.evaluate(
    (wanted) =>
      new Promise((resolve) => {
        const { document, requestAnimationFrame } = globalThis
        let clickedMs = null
        document.addEventListener('pointerdown', () => (clickedMs = performance.now()), { capture: true, once: true })
        const look = () =>
          clickedMs !== null && document.querySelector(wanted) !== null
            ? requestAnimationFrame(() => resolve(performance.now() - clickedMs))
            : requestAnimationFrame(look)
        look()
      }),
    selector,
  )
  await click()
  return times
}

const measureTree = async (page, { openContainer }) => {
  const icon = page.locator('.activitybar').getByRole('tab', { name: 'NovaBrain' })
  // A window comes back as it was left, and a click on what is open already would close it.
  await icon.and(page.locator('[aria-selected="false"]')).waitFor()
  const row = `.part.sidebar .monaco-list-row[aria-label*="#${runs} "]`
  const open = async () => {
    // The editor takes a second click on an icon within 300 ms for a nervous double click and does nothing.
    await page.waitForTimeout(350)
    return fromClickUntil(page, row, () => icon.click())
  }
  const first = await open()
  const again = []
  for (let round = 0; round < rounds; round += 1) {
    await openContainer(page, 'Explorer')
    again.push(await open())
  }
  await openContainer(page, 'Explorer')
  return { first, again: median(again) }
}

/** The list in which VS Code says how long each extension took to activate: loading the code and calling it. */
const withRunningExtensions = async (page, { runCommand }, read) => {
  await runCommand(page, 'Developer: Show Running Extensions')
  const list = page.locator('.runtime-extensions-editor')
  await list.locator('.activation-time', { hasText: 'Startup Activation' }).first().waitFor()
  const found = await read(list)
  await page.keyboard.press('Escape')
  await list.waitFor({ state: 'hidden' })
  return found
}

/** The window is drawn before its extension host is there; what VS Code itself does at the start is not measured. */
const untilStarted = (page, support) => withRunningExtensions(page, support, async () => undefined)

const readActivation = (page, support) =>
  withRunningExtensions(page, support, async (list) => {
    const entry = list.locator('.extension', { hasText: 'NovaBrain' }).locator('.activation-time', { hasText: 'ms' })
    // The list draws only the rows that fit.
    await list.hover()
    for (let turns = 0; (await entry.count()) === 0 && turns < 100; turns += 1) {
      await page.mouse.wheel(0, 140)
      await page.evaluate(() => new Promise((resolve) => globalThis.requestAnimationFrame(resolve)))
    }
    const text = await entry.first().innerText()
    return Number(/(\d+)\s*ms/.exec(text)?.[1])
  })

/** The entry alone in a Node of its own, `vscode` answering everything at once: milliseconds of processor time. */
const entryCpuMs = () => {
  const entry = path.join(root, 'extensions/vscode/dist/extension.cjs')
  const program = `
    const Module = require('node:module')
    const get = (_, key) => (key === Symbol.toPrimitive ? () => '' : key === 'visible' ? false : anything)
    const traps = { get, getPrototypeOf: () => anything, apply: () => anything, construct: () => anything }
    const anything = new Proxy(function () {}, traps)
    const load = Module._load
    Module._load = (name, ...rest) => (name === 'vscode' ? anything : load(name, ...rest))
    const packageJSON = require(${JSON.stringify(path.join(root, 'extensions/vscode/package.json'))})
    const before = process.cpuUsage()
    require(${JSON.stringify(entry)}).activate({ subscriptions: [], extension: { packageJSON } })
    const { user, system } = process.cpuUsage(before)
    console.log((user + system) / 1000)`
  return Number(execFileSync(process.execPath, ['--eval', program], { encoding: 'utf8' }))
}

/** As a driver sees it: from the click until the page, and then the chart, is on the screen. */
const measurePage = async (page, { treeRow, webview, runCommand }) => {
  const begun = performance.now()
  await treeRow(page, `Cancelled, #${runs} `).click()
  await webview(page).getByRole('tab', { name: 'Metrics' }).waitFor()
  const shownMs = performance.now() - begun
  const asked = performance.now()
  await webview(page).getByRole('tab', { name: 'Metrics' }).click()
  await webview(page).locator('nb-metric-chart canvas').first().waitFor()
  const chartMs = performance.now() - asked
  await runCommand(page, 'View: Close All Editors')
  return { shownMs, chartMs }
}

const measureRows = async ({ client, projectId }, folder) => {
  const { runsRows } = await loadExtensionModule(folder, 'views/runs-rows.ts')
  const { emptyView, mergeJobs } = await import('@novabrain/contracts')
  const jobs = []
  for (let cursor; cursor !== null;) {
    const query = { limit: 100, ...(cursor === undefined ? {} : { cursor }) }
    const { items, nextCursor } = await client.listJobs({ params: { projectId }, query })
    jobs.push(...items)
    cursor = nextCursor
  }
  if (jobs.length !== runs) throw new Error(`There are ${jobs.length} jobs, not ${runs}`)
  const view = mergeJobs(emptyView(), jobs, 0)
  const editor = { locale: 'en', t: (text) => text }
  const draw = () => {
    const begun = performance.now()
    runsRows(editor, { view, more: false, pinned: [], staleSinceMs: null, nowMs: Date.now() })
    return performance.now() - begun
  }
  return median(Array.from({ length: rounds * 3 }, draw))
}

const home = mkdtempSync(path.join(tmpdir(), 'novabrain-bench-'))
chmodSync(home, 0o711)
const undo = [() => rmSync(home, { recursive: true, force: true, maxRetries: 5 })]
try {
  const { vsix, bytes } = await buildVsix()
  const entryMs = median(Array.from({ length: rounds * 3 }, entryCpuMs))
  const postgres = await startEmbeddedPostgres({ home, log: createLog({ logLevel: 'silent' }) })
  undo.unshift(() => postgres.stop())
  const server = await startBenchServer({ databaseUrl: postgres.url, gracePeriodMs: 1000 })
  undo.unshift(() => server.close())
  const job = await submitJob(server)
  await untilJob(server, job.id, ({ attempt }) => attempt?.stage === 'running')
  await logPoints(server, job.runId)
  await server.client.stopJob({ params: { projectId: server.projectId, jobId: job.id } })
  await untilJob(server, job.id, ({ status }) => status === 'cancelled')
  const asSuperuser = new URL(postgres.adminUrl)
  asSuperuser.pathname = '/novabrain'
  const database = new pg.Client({ connectionString: asSuperuser.href })
  await database.connect()
  await copyJob(database, job.id).finally(() => database.end())
  const rowsMs = await measureRows(server, home)

  const support = await loadEditorSupport(home)
  const editor = await support.startCodeServer({
    vsix: [vsix],
    trust: 'off',
    machine: { 'novabrain.serverUrl': server.url },
    environment: { NOVABRAIN_TOKEN: server.token },
  })
  undo.unshift(() => editor.stop())
  const executablePath = process.env['CHROMIUM_PATH'] ?? '/usr/bin/chromium'
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
  undo.unshift(() => browser.close())
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  page.setDefaultTimeout(60_000)
  const [activations, trees] = [[], []]
  for (let round = 0; round < rounds; round += 1) {
    await support.openEditor(page, editor)
    await untilStarted(page, support)
    trees.push(await measureTree(page, support))
    activations.push(await readActivation(page, support))
  }
  await support.openContainer(page, 'NovaBrain')
  const pages = []
  for (let round = 0; round < rounds; round += 1) pages.push(await measurePage(page, support))

  const of = (list, key) => median(list.map((each) => each[key]))
  const ms = (value) => `${value.toFixed(0)} ms`
  const rows = [
    ['package', `${(bytes / 1000).toFixed(1)} kB`, `${budgets.vsixKb} kB`],
    [
      'activation: the entry loaded and called, processor time',
      `${entryMs.toFixed(1)} ms`,
      `${budgets.activationMs} ms`,
    ],
    ['activation as VS Code counts it, by the clock', ms(median(activations)), ''],
    [`view of ${runs} runs, opened for the first time in a window`, ms(of(trees, 'first')), ''],
    [`view of ${runs} runs, opened again`, ms(of(trees, 'again')), `${budgets.treeMs} ms`],
    [`rows of all ${runs} runs made anew`, `${rowsMs.toFixed(1)} ms`, ''],
    ['page of a run, from the click until it is shown', ms(of(pages, 'shownMs')), ''],
    [`chart of ${points} points, from the click until it is drawn`, ms(of(pages, 'chartMs')), ''],
  ]
  console.log(`${rounds} rounds, medians; ${machineLine()}\n`)
  console.log('| measure | | budget |\n| --- | ---: | ---: |')
  for (const row of rows) console.log(`| ${row.join(' | ')} |`)
  process.exitCode = bytes > budgets.vsixKb * 1000 ? 1 : 0
} finally {
  for (const step of undo) await step()
}
