/* global document, location, requestAnimationFrame */
// npm run bench -- --only run-table, or node test/bench/run-table.mjs [--runs 100000] [--keys 12000] [--points 1000000]
// The table of runs in a real Chromium, over a built server with a PostgreSQL of its own: from the press to the first rows,
// frames while one scrolls far, orders, the chooser of columns, groups, plots, downloads; and a curve of a million points, opened
// and zoomed. Needs what `npm run bench` prepares. Prints a table.
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import pg from 'pg'
import { chromium } from 'playwright-core'
import { createLog, startEmbeddedPostgres } from '../../server/dist/index.js'
import { machineLine, median, quantile, startBenchServer } from './support/server.mjs'

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100000' },
    keys: { type: 'string', default: '12000' },
    points: { type: 'string', default: '1000000' },
    rounds: { type: 'string', default: '5' },
  },
})
const [runs, keys, points, rounds] = [values.runs, values.keys, values.points, values.rounds].map(Number)

const rows = []
const note = (what, numbers) =>
  rows.push(`| ${what} | ${Math.round(median(numbers))} | ${Math.round(Math.max(...numbers))} |`)

/** Milliseconds that some work takes, several times. */
const timed = async (what, work, before = async () => undefined) => {
  const numbers = []
  for (let round = 0; round < rounds; round += 1) {
    await before(round)
    const begun = performance.now()
    await work(round)
    numbers.push(performance.now() - begun)
  }
  note(what, numbers)
}

const fill = async (databaseUrl, where) => {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  await client.query(readFileSync(path.join(import.meta.dirname, '../support/many-runs.sql'), 'utf8'))
  await client.query('SELECT pg_temp.fill_runs($1, $2, 1, $3, $4)', [...where, runs, keys])
  await client.query(`SELECT set_config('novabrain.access', 'system', false)`)
  await client.query(
    `INSERT INTO metric_points (series_id, step, timestamp_ms, value, project_id)
     SELECT m.series_id, n, 1760000000000 + n, exp(-n / 200000.0) + (hashint4(n) & 1023) / 20480.0, m.project_id
     FROM run_metrics m, generate_series(1, $1::int) AS n
     WHERE m.key = 'loss' AND m.run_id = lpad(to_hex(10000000 + $2::bigint), 32, '0')`,
    [points, runs],
  )
  await client.query(
    `UPDATE run_metrics SET point_count = $1 WHERE key = 'loss' AND run_id = lpad(to_hex(10000000 + $2::bigint), 32, '0')`,
    [points, runs],
  )
  for (const table of ['runs', 'run_metrics', 'run_params', 'run_tags', 'run_keys', 'metric_points'])
    await client.query(`VACUUM (ANALYZE) ${table}`)
  const { rows: counted } = await client.query('SELECT count(*) AS count FROM run_keys')
  await client.end()
  return Number(counted[0].count)
}

const executablePath = [process.env['CHROMIUM_PATH'], '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (each) => each !== undefined && existsSync(each),
)
const home = mkdtempSync(path.join(tmpdir(), 'novabrain-bench-'))
chmodSync(home, 0o711)
const undo = [() => rmSync(home, { recursive: true, force: true, maxRetries: 5 })]
try {
  const postgres = await startEmbeddedPostgres({ home, log: createLog({ logLevel: 'silent' }) })
  undo.unshift(() => postgres.stop())
  const server = await startBenchServer({ databaseUrl: postgres.url })
  undo.unshift(() => server.close())
  const me = await server.client.getMe({})
  const response = await fetch(`${server.url}/api/2.0/mlflow/experiments/create`, {
    method: 'POST',
    headers: { authorization: `Bearer ${server.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'a long search' }),
  })
  if (!response.ok) throw new Error(await response.text())
  const known = await fill(postgres.url, [me.tenant.id, server.projectId])
  console.log(`filled: ${runs.toLocaleString('en')} runs, ${known.toLocaleString('en')} keys`)

  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] })
  undo.unshift(() => browser.close())
  const page = await (await browser.newContext({ viewport: { width: 1440, height: 900 } })).newPage()
  page.setDefaultTimeout(120_000)
  const go = (hash) => page.evaluate((to) => (location.hash = to), hash)
  const grid = page.locator('nb-run-grid')
  const columns =
    'columns=attributes.start_time,metrics.loss,metrics.accuracy,params.learning_rate,params.model,tags.team'
  await page.goto(`${server.url}/#/queue`)
  await page.getByLabel('API key').fill(server.token)
  await page.getByRole('button', { name: 'Sign in' }).click()
  await page.getByRole('link', { name: 'Experiments' }).waitFor()
  const away = async () => {
    await go('#/queue')
    await grid.waitFor({ state: 'detached' })
  }
  const named = () => grid.locator('.row .name').first().waitFor()

  await timed(
    'the first rows are there, after the press',
    async () => {
      await go(`#/experiments/1?${columns}`)
      await named()
    },
    away,
  )
  // Each frame of three seconds' scrolling over the whole table, a screen and a half at a time.
  const frames = await page.evaluate(async () => {
    const inside = (root) =>
      root.querySelector('nb-run-grid') ??
      [...root.querySelectorAll('*')].map((each) => each.shadowRoot && inside(each.shadowRoot)).find(Boolean)
    const scroll = inside(document).shadowRoot.querySelector('.scroll')
    const times = []
    let last = performance.now()
    for (const end = last + 3000; last < end;) {
      scroll.scrollTop += 1300
      await new Promise((resolve) => requestAnimationFrame(resolve))
      const now = performance.now()
      times.push(now - last)
      last = now
    }
    return times
  })
  rows.push(
    `| a frame while one scrolls, p50 and p95 | ${Math.round(median(frames))} | ${Math.round(quantile(frames, 0.95))} |`,
  )
  await timed('rows in the middle of the table are there', async (round) => {
    const top = (0.4 + round * 0.03) * runs * 30
    await grid.locator('.scroll').evaluate((element, to) => (element.scrollTop = to), top)
    await grid.locator(`.row[aria-rowindex="${Math.floor(top / 30) + 8}"] .name`).waitFor()
  })
  const sorts = [
    ['in the order of a metric', 'metrics.loss'],
    ['in the order of a param, as numbers', 'params.learning_rate'],
    ['in the order of names', 'attributes.run_name'],
  ]
  for (const [what, column] of sorts)
    await timed(
      `the first rows ${what}`,
      async (round) => {
        await go(`#/experiments/1?sort=${round % 2 === 0 ? '' : '-'}${column}&${columns}`)
        await grid.locator('.row[aria-rowindex="2"] .skeleton').first().waitFor({ state: 'detached' })
        await named()
      },
      away,
    )
  await timed(
    'the first rows that pass a filter on a metric and a param',
    async () => {
      await go(
        `#/experiments/1?filter=${encodeURIComponent("metrics.loss < 0.2 AND params.model = 'vit-base'")}&${columns}`,
      )
      await named()
    },
    away,
  )
  await go(`#/experiments/1?${columns}`)
  await named()
  const line = page.locator('nb-column-chooser .keys .line').nth(8)
  await timed(
    `the chooser of columns over ${known.toLocaleString('en')} keys is open`,
    async () => {
      await page.getByRole('button', { name: /^Columns/ }).click()
      await line.waitFor()
    },
    async () => {
      await page.keyboard.press('Escape')
      await line.waitFor({ state: 'detached' })
    },
  )
  await timed('a key is found', async (round) => {
    await page.getByPlaceholder('Find a metric, parameter or tag').fill(`0000${round}/grad`)
    await page.locator('nb-column-chooser .keys').getByText(`layer/0000${round}/grad_norm`).waitFor()
  })
  await page.keyboard.press('Escape')
  await timed(
    'groups by a param with the means of two metrics',
    async () => {
      await go(`#/experiments/1?group=params.learning_rate&${columns}`)
      await grid.locator('.row.group').first().waitFor()
    },
    away,
  )
  await timed(
    'parallel coordinates of a thousand runs',
    async () => {
      await go(`#/experiments/1?view=parallel&${columns}`)
      await page.locator('nb-parallel-plot canvas').waitFor()
    },
    away,
  )
  const exported = async (format) => {
    const { client, projectId } = server
    const body = {
      experimentIds: ['1'],
      filter: '',
      order: [],
      columns: columns.slice('columns='.length).split(','),
      format,
    }
    return (await client.exportRuns({ params: { projectId }, body })).byteLength
  }
  for (const format of ['csv', 'parquet']) {
    const begun = performance.now()
    const bytes = await exported(format)
    note(`${format} of all runs, ${(bytes / 1e6).toFixed(1)} MB`, [performance.now() - begun])
  }

  const longest = (10_000_000 + runs).toString(16).padStart(32, '0')
  const chart = page.locator('nb-metric-chart').filter({ hasText: 'loss' }).first()
  await timed(
    `a curve of ${points.toLocaleString('en')} points is drawn`,
    async () => {
      await go(`#/runs/${longest}?tab=metrics`)
      await chart.locator('canvas').waitFor()
    },
    away,
  )
  const box = await chart.locator('.u-over').boundingBox()
  await timed(
    'and drawn anew for a fifth of its steps',
    async () => {
      const answer = page.waitForResponse((each) => each.url().includes('fromStep='))
      await page.mouse.move(box.x + box.width * 0.4, box.y + 40)
      await page.mouse.down()
      await page.mouse.move(box.x + box.width * 0.6, box.y + 40, { steps: 3 })
      await page.mouse.up()
      await (await answer).finished()
    },
    async () => {
      const reset = chart.getByRole('button', { name: 'Whole range' })
      if (await reset.isVisible()) await reset.click()
    },
  )
  console.log(
    `\n${runs.toLocaleString('en')} runs with ${known.toLocaleString('en')} keys; ${rounds} rounds; everything on ${machineLine()}\n`,
  )
  console.log('| milliseconds until | median | most |\n| --- | ---: | ---: |')
  for (const row of rows) console.log(row)
} finally {
  for (const step of undo) await step()
}
