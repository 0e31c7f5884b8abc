/**
 * `novabrain import mlflow` brings a history along, and `export` takes it back: what the unmodified client wrote into a store
 * of its own, it reads from our server afterwards, all of it, and from a fresh store after that. The stores are real, and so is the MLflow server that reads them.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Outcome } from '../../server/src/cli/history/outcome.js'
import { startApp, type TestApp } from '../support/app.js'
import { createEmptyDatabase } from '../support/postgres.js'
import { findUv, packageIndex } from '../support/python-tools.js'
import { commandLineFromSources, type CommandLine } from '../support/cli-from-sources.js'
import type { Ended, Running } from '../support/command-line.js'
import { findMlflowPython, runMlflowProgram, startMlflowServer, type MlflowServer } from '../support/mlflow-tools.js'

jest.setTimeout(300_000)

let folder: string
let python: string | null = null
let app: TestApp
let cli: CommandLine

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'novabrain-history-'))
  app = await startApp({ background: false })
  cli = await commandLineFromSources()
  python = await findMlflowPython()
}, 600_000)
afterAll(async () => {
  await cli.close()
  await app.close()
  await rm(folder, { recursive: true, force: true })
})

const fixture = (name: string): string => join(__dirname, '../fixtures/mlflow', name)

const program = async (name: string, args: readonly string[], environment: Record<string, string>): Promise<void> => {
  const ended = await runMlflowProgram(python ?? '', [fixture(name), ...args], {
    MLFLOW_ALLOW_FILE_STORE: 'true',
    PYTHONDONTWRITEBYTECODE: '1',
    ...environment,
  })
  if (ended.exitCode !== 0) throw new Error(ended.stderr)
}

interface Facts {
  readonly experiments: Readonly<Record<string, { readonly runs: Readonly<Record<string, unknown>> }>>
  readonly registry: Readonly<Record<string, unknown>>
}

const factsOf = async (environment: Record<string, string>, ...how: string[]): Promise<Facts> => {
  const file = join(folder, 'facts.json')
  await program('history_facts.py', [file, ...how], environment)
  return JSON.parse(await readFile(file, 'utf8')) as Facts
}

const ours = () => factsOf({ MLFLOW_TRACKING_URI: app.url, MLFLOW_TRACKING_TOKEN: app.owner.token })

const begin = (args: readonly string[], more: Record<string, string> = {}): Running =>
  cli.begin(
    args,
    { NOVABRAIN_HOME: join(folder, 'home'), NOVABRAIN_URL: app.url, NOVABRAIN_TOKEN: app.owner.token, ...more },
    folder,
  )

const bring = (address: string, ...args: string[]): Running =>
  begin(['import', 'mlflow', address, '--python', python ?? '', ...args])

const outcomeOf = async ({ ended }: Running, code: number): Promise<Outcome & { readonly same: boolean }> => {
  const { stdout, stderr, code: ended_ } = await ended
  if (ended_ !== code) throw new Error(`${String(ended_)}: ${stderr}\n${stdout}`)
  return JSON.parse(stdout) as Outcome & { readonly same: boolean }
}

const codeIn = ({ stdout }: Ended): unknown => (JSON.parse(stdout) as { error?: { code?: unknown } }).error?.code

const count = async (table: string): Promise<number> => {
  const rows: { count: number }[] = await app.foundation.database.transaction(app.owner.scope, (tx) =>
    tx.query(`SELECT count(*)::int AS count FROM ${table}`),
  )
  return rows[0]?.count ?? 0
}

const tables = [
  'experiments',
  'runs',
  'run_params',
  'run_tags',
  'metric_points',
  'artifacts',
  'model_versions',
  'traces',
  'spans',
  'assessments',
  'trace_links',
]
const counts = async () =>
  Object.fromEntries(await Promise.all(tables.map(async (table) => [table, await count(table)])))

test('an address that cannot be used is refused with what to do', async () => {
  const said = async (...args: string[]) => {
    const { code, stderr } = await begin(['import', ...args]).ended
    return { code, stderr }
  }
  expect(await said('mlflow', 'http://me:secret@mlflow.test')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('MLFLOW_TRACKING_URI'),
  })
  expect(await said('mlflow', 'ftp://mlflow.test')).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('sqlite'),
  })
  expect(await said('wandb')).toMatchObject({ code: 2, stderr: expect.stringContaining('wandb') })
  expect(await said('mlflow')).toMatchObject({ code: 2, stderr: expect.stringContaining('MLFLOW_TRACKING_URI') })
})

test('a server that is no MLflow is told from one that does not answer', async () => {
  const nobody = await begin(['import', 'mlflow', 'http://127.0.0.1:9', '--json']).ended
  expect([nobody.code, codeIn(nobody)]).toEqual([1, 'mlflow_unreachable'])
  const another = await begin(['import', 'mlflow', `${app.url}/docs`, '--json']).ended
  expect([another.code, codeIn(another)]).toEqual([1, 'mlflow_not_mlflow'])
})

describe('a server', () => {
  let server: MlflowServer
  let theirs: Facts
  beforeAll(async () => {
    if (python === null) return
    const place = join(folder, 'team')
    await mkdir(place)
    server = await startMlflowServer(python, place)
    await program('history.py', [], { MLFLOW_TRACKING_URI: server.url, TRACES: '1', WORK: place })
    theirs = await factsOf({ MLFLOW_TRACKING_URI: server.url })
  }, 300_000)
  afterAll(async () => {
    if (python !== null) await server.stop()
  })

  test('is left in the middle when one wishes, and told how to go on', async () => {
    if (python === null) return
    const stopped = bring(server.url)
    await stopped.until('Looking')
    stopped.process.kill('SIGINT')
    expect(await stopped.ended).toMatchObject({ code: 130, stderr: expect.stringContaining('the same command') })
  })

  test('comes over whole, with what cannot come named', async () => {
    if (python === null) return
    const outcome = await outcomeOf(bring(server.url, '--json'), 0)
    expect(outcome).toMatchObject({ same: true, differences: [], traces: { source: 2, here: 2 } })
    const one = { source: 1, here: 1 }
    expect([outcome.evaluationDatasets, outcome.webhooks]).toEqual([one, { ...one, withheld: false }])
    expect(outcome.experiments.map(({ name, source, here }) => [name, source.runs, source.points, here])).toEqual([
      ['Default', 1, 1, outcome.experiments[0]?.source],
      ['风控 fraud', 8, 15_161, outcome.experiments[1]?.source],
      ['old and gone', 1, 1, outcome.experiments[2]?.source],
    ])
    expect(await ours()).toEqual(theirs)
  })

  test('changes nothing when it is imported again, and leaves what people changed here', async () => {
    if (python === null) return
    const before = await counts()
    await app.services.modelRegistry.setAlias(app.owner.scope, 'scorer', 'champion', 1)
    const outcome = await outcomeOf(bring(server.url, '--json'), 0)
    expect(outcome).toMatchObject({ same: true, unchangedRuns: 9 })
    expect(await counts()).toEqual(before)
    const model = await app.services.modelRegistry.getModel(app.owner.scope, 'scorer')
    expect(model.aliases.find(({ alias }) => alias === 'champion')?.version).toBe(1)
    await app.services.modelRegistry.setAlias(app.owner.scope, 'scorer', 'champion', 3)
  })

  test('goes back into a new folder, killed on the way, with all but what MLflow cannot be told', async () => {
    if (python === null) return
    const place = join(folder, 'back')
    const store = `sqlite:///${join(place, 'mlflow.db')}`
    const send = () => begin(['export', 'mlflow', place, '--python', python ?? '', '--json'])
    const killed = send()
    await killed.until('风控')
    killed.process.kill('SIGKILL')
    await killed.ended
    expect(await outcomeOf(send(), 0)).toMatchObject({ same: true, differences: [] })
    expect(await factsOf({ MLFLOW_TRACKING_URI: store }, 'loose')).toEqual(
      await factsOf({ MLFLOW_TRACKING_URI: server.url }, 'loose'),
    )
    const again = await outcomeOf(send(), 0)
    expect(again).toMatchObject({ same: true, unchangedRuns: 9, copied: { points: 0, artifacts: 0 } })
  })

  test('tells by name what is not the same any more', async () => {
    if (python === null) return
    await app.foundation.database.transaction(app.owner.scope, (tx) =>
      tx.query(`DELETE FROM metric_points WHERE series_id = (SELECT series_id FROM run_metrics WHERE key = 'auc')`),
    )
    const outcome = await outcomeOf(bring(server.url, '--json'), 1)
    expect(outcome.differences).toEqual([expect.objectContaining({ kind: 'run', name: 'model', faults: ['metrics'] })])
    expect(await outcomeOf(bring(server.url, '--json', '--again'), 0)).toMatchObject({ same: true })
  })
})

describe('a database', () => {
  test('of another schema is refused, and left as it is', async () => {
    if (python === null) return
    const copy = join(folder, 'old.db')
    await cp(join(folder, 'team', 'mlflow.db'), copy)
    const sql = [
      `import sqlite3`,
      `db = sqlite3.connect(${JSON.stringify(copy)})`,
      `db.execute("update alembic_version set version_num = 'cfd24bdc0731'")`,
      `db.execute("drop table webhook_events")`,
      `db.commit()`,
    ]
    await runMlflowProgram(python, ['-c', sql.join('\n')], {})
    const digest = async () =>
      createHash('sha256')
        .update(await readFile(copy))
        .digest('hex')
    const before = await digest()
    const ended = await bring(`sqlite:///${copy}`, '--json').ended
    expect([ended.code, codeIn(ended)]).toEqual([1, 'mlflow_store_schema'])
    expect(await digest()).toBe(before)
  })

  test('that is not there is not made', async () => {
    if (python === null) return
    const ended = await bring(`sqlite:///${join(folder, 'nothing.db')}`, '--json').ended
    expect([ended.code, codeIn(ended)]).toEqual([1, 'mlflow_store_unusable'])
    expect(existsSync(join(folder, 'nothing.db'))).toBe(false)
  })
})

describe.each([
  ['PostgreSQL', ''],
  ['MySQL', process.env['NOVABRAIN_TEST_MYSQL']],
])('a database of %s', (name, server) => {
  const given = server !== undefined && server !== ''
  if (!given && name === 'MySQL')
    process.stderr.write('skipped: NOVABRAIN_TEST_MYSQL names no empty database (mysql://…) to export to\n')

  test('takes a history and gives it back', async () => {
    if (python === null || (!given && name === 'MySQL')) return
    const title = `small for ${name}`
    await program('small_history.py', [title], { MLFLOW_TRACKING_URI: app.url, MLFLOW_TRACKING_TOKEN: app.owner.token })
    const database = name === 'PostgreSQL' ? await createEmptyDatabase() : null
    try {
      // In the environment, since it has a password.
      const more = {
        MLFLOW_TRACKING_URI: database?.url ?? server ?? '',
        NOVABRAIN_UV_PATH: await findUv(),
        ...packageIndex(),
      }
      const out = await outcomeOf(begin(['export', 'mlflow', '--experiment', title, '--json'], more), 0)
      const counts = { runs: 1, points: 903, artifacts: 1 }
      expect(out).toMatchObject({ same: true, traces: { source: 1, here: 1 } })
      expect(out.experiments).toMatchObject([{ source: counts, here: counts }])
      const back = await outcomeOf(
        begin(['import', 'mlflow', '--experiment', title, '--json', '--source', title], more),
        1,
      )
      expect(back.copied).toMatchObject({ runs: 1, points: 903, artifacts: 1 })
      // Runs have new ids there; the trace has the one it has here, and stays.
      expect(back.differences).toEqual([expect.objectContaining({ kind: 'trace', faults: ['id_taken'] })])
    } finally {
      await database?.drop()
    }
  })
})

describe('a folder', () => {
  let mlruns: string
  let theirs: Facts
  beforeAll(async () => {
    if (python === null) return
    const place = join(folder, 'laptop')
    await mkdir(place)
    const written = join(place, 'mlruns')
    await program('history.py', ['300'], { MLFLOW_TRACKING_URI: `file://${written}`, WORK: place })
    theirs = await factsOf({ MLFLOW_TRACKING_URI: `file://${written}` })
    // Somebody brought it from another machine: nothing is where the store says.
    mlruns = join(folder, 'brought', 'mlruns')
    await cp(written, mlruns, { recursive: true })
    await rm(place, { recursive: true })
  }, 300_000)

  test('goes on where it was when it was killed, and ends with the same', async () => {
    if (python === null) return
    const runsBefore = await count('runs')
    const killed = bring(mlruns, '--json')
    while ((await count('runs')) === runsBefore) await new Promise((resolve) => setTimeout(resolve, 5))
    killed.process.kill('SIGKILL')
    expect((await killed.ended).code).toBeNull()
    const outcome = await outcomeOf(bring(mlruns, '--json'), 0)
    expect(outcome).toMatchObject({ same: true, differences: [] })
    // Names that were taken have the name of the folder; all else is as it was.
    const names = new Map(outcome.experiments.map(({ name, sourceName }) => [sourceName, name]))
    const here = await ours()
    for (const [name, { runs }] of Object.entries(theirs.experiments)) {
      expect(names.get(name)).toBe(`${name} (brought)`)
      expect(here.experiments[`${name} (brought)`]?.runs).toEqual(runs)
    }
    expect(Object.keys(here.registry)).toEqual(expect.arrayContaining(['scorer', 'scorer (brought)']))
  })

  test('that is no store of MLflow is left alone', async () => {
    if (python === null) return
    const other = join(folder, 'photos')
    await mkdir(other)
    const ended = await bring(other, '--json').ended
    expect([ended.code, codeIn(ended)]).toEqual([1, 'mlflow_store_unusable'])
  })
})
