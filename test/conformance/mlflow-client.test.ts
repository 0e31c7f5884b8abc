import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { randomUUID as newId } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  datasetsIntended,
  registryIntended,
  tracesIntended,
  trackingIntended,
  webhooksIntended,
} from '../fixtures/mlflow/intended.js'
import { startApp, type TestApp, type TestAppOptions } from '../support/app.js'
import {
  findMlflowPython,
  oldestMlflow,
  runMlflowProgram,
  startMlflowServer,
  type MlflowServer,
} from '../support/mlflow-tools.js'

type Facts = Readonly<Record<string, unknown>>

interface Program {
  readonly name: string
  readonly about: string
  /** How many facts there are at least. */
  readonly facts: number
  readonly intended: Readonly<Record<string, string>>
  readonly options?: TestAppOptions
}

const programs: readonly Program[] = [
  { name: 'conformance', about: 'tracking', facts: 150, intended: trackingIntended },
  { name: 'registry', about: 'the model registry', facts: 150, intended: registryIntended },
  { name: 'traces', about: 'traces', facts: 150, intended: tracesIntended },
  { name: 'datasets', about: 'evaluation datasets', facts: 110, intended: datasetsIntended },
  {
    name: 'webhooks',
    about: 'webhooks',
    facts: 90,
    intended: webhooksIntended,
    // What is told is sent in the background, to a receiver of the program's own.
    options: { background: true, config: { webhookAllowedHosts: ['127.0.0.1'] } },
  },
]

describe('an unmodified mlflow client', () => {
  let folder: string
  let python: string | null = null
  let real: MlflowServer | null = null

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'novabrain-mlflow-'))
    python = await findMlflowPython()
    if (python !== null) real = await startMlflowServer(python, folder)
  }, 600_000)
  afterAll(async () => {
    await real?.stop()
    await rm(folder, { recursive: true, force: true })
  })

  const factsOf = async (client: string, name: string, environment: Record<string, string>): Promise<Facts> => {
    const facts = join(folder, `${newId()}.json`)
    const program = join(__dirname, '../fixtures/mlflow', `${name}.py`)
    const result = await runMlflowProgram(client, [program, facts], { PYTHONDONTWRITEBYTECODE: '1', ...environment })
    if (result.exitCode !== 0) throw new Error(result.stderr)
    return JSON.parse(await readFile(facts, 'utf8')) as Facts
  }

  describe.each(programs)('is told of $about', ({ name, facts: many, intended, options = { background: false } }) => {
    let app: TestApp
    let ours: Facts | null = null
    let theirs: Facts | null = null

    const factsOfOurs = (client: string) =>
      factsOf(client, name, { MLFLOW_TRACKING_URI: app.url, MLFLOW_TRACKING_TOKEN: app.owner.token })

    beforeAll(async () => {
      app = await startApp(options)
      if (python === null || real === null) return
      const theirWay = factsOf(python, name, { MLFLOW_TRACKING_URI: real.url })
      ;[theirs, ours] = await Promise.all([theirWay, factsOfOurs(python)])
    }, 600_000)
    afterAll(() => app.close())

    test('what its own server tells it, fact by fact', () => {
      if (ours === null || theirs === null) return
      const shared = (facts: Facts) => Object.fromEntries(Object.entries(facts).filter(([key]) => !(key in intended)))
      expect(Object.keys(theirs).length).toBeGreaterThan(many)
      expect(shared(ours)).toEqual(shared(theirs))
    })

    test('something else only where we mean to', () => {
      if (ours === null || theirs === null) return
      for (const key of Object.keys(intended)) expect([key, ours[key]]).not.toEqual([key, theirs[key]])
    })

    test(`the same when it is as old as ${oldestMlflow}`, async () => {
      const old = await findMlflowPython(oldestMlflow)
      if (ours === null || old === null) return
      await app.close()
      app = await startApp(options)
      expect(await factsOfOurs(old)).toEqual(ours)
    }, 300_000)
  })
})
