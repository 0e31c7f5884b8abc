import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { randomUUID as newId } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { registryIntended, tracesIntended, trackingIntended } from '../fixtures/mlflow/intended.js'
import { startApp, type TestApp } from '../support/app.js'
import {
  findMlflowPython,
  oldestMlflow,
  runMlflowProgram,
  startMlflowServer,
  type MlflowServer,
} from '../support/mlflow-tools.js'

type Facts = Readonly<Record<string, unknown>>

const programs = [
  { name: 'conformance', about: 'tracking', intended: trackingIntended },
  { name: 'registry', about: 'the model registry', intended: registryIntended },
  { name: 'traces', about: 'traces', intended: tracesIntended },
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

  describe.each(programs)('is told of $about', ({ name, intended }) => {
    let app: TestApp
    let ours: Facts | null = null
    let theirs: Facts | null = null

    const factsOfOurs = (client: string) =>
      factsOf(client, name, { MLFLOW_TRACKING_URI: app.url, MLFLOW_TRACKING_TOKEN: app.owner.token })

    beforeAll(async () => {
      app = await startApp({ background: false })
      if (python === null || real === null) return
      const theirWay = factsOf(python, name, { MLFLOW_TRACKING_URI: real.url })
      ;[theirs, ours] = await Promise.all([theirWay, factsOfOurs(python)])
    }, 600_000)
    afterAll(() => app.close())

    test('what its own server tells it, fact by fact', () => {
      if (ours === null || theirs === null) return
      const shared = (facts: Facts) => Object.fromEntries(Object.entries(facts).filter(([key]) => !(key in intended)))
      expect(Object.keys(theirs).length).toBeGreaterThan(150)
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
      app = await startApp({ background: false })
      expect(await factsOfOurs(old)).toEqual(ours)
    }, 300_000)
  })
})
