import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startApp, type TestApp } from '../support/app.js'
import {
  findFrameworksPython,
  findOldFrameworksPython,
  newestMlflow,
  oldestMlflow,
  runMlflowProgram,
  serveModel,
  startMlflowServer,
  type MlflowServer,
} from '../support/mlflow-tools.js'

type Facts = Readonly<Record<string, unknown>>

const clients = [
  { version: newestMlflow, findPython: findFrameworksPython },
  { version: oldestMlflow, findPython: findOldFrameworksPython },
]

let folder: string
let real: MlflowServer | null = null

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'novabrain-frameworks-'))
  const python = await findFrameworksPython()
  if (python !== null) real = await startMlflowServer(python, folder)
}, 900_000)
afterAll(async () => {
  await real?.stop()
  await rm(folder, { recursive: true, force: true })
})

const factsOf = async (client: string, name: string, tracking: Record<string, string>): Promise<Facts> => {
  const facts = join(folder, `${name}.json`)
  const program = join(__dirname, '../fixtures/mlflow/frameworks.py')
  // What a model imports is found out by loading it once more in a process of its own; that is the client's affair alone.
  const quick = { MLFLOW_REQUIREMENTS_INFERENCE_TIMEOUT: '1', MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR: 'false' }
  const result = await runMlflowProgram(client, [program, facts], { ...quick, ...tracking })
  if (result.exitCode !== 0) throw new Error(result.stderr)
  return JSON.parse(await readFile(facts, 'utf8')) as Facts
}

describe.each(clients)('for the client of mlflow $version', ({ version, findPython }) => {
  let app: TestApp
  let python: string | null = null
  let ours: Facts | null = null
  let theirs: Facts | null = null

  const ourTracking = () => ({ MLFLOW_TRACKING_URI: app.url, MLFLOW_TRACKING_TOKEN: app.owner.token })

  beforeAll(async () => {
    app = await startApp({ background: false })
    python = await findPython()
    if (python === null || real === null) return
    const theirWay = factsOf(python, `theirs-${version}`, { MLFLOW_TRACKING_URI: real.url })
    ;[theirs, ours] = await Promise.all([theirWay, factsOf(python, `ours-${version}`, ourTracking())])
  }, 900_000)
  afterAll(() => app.close())

  test('XGBoost, LightGBM, Lightning and system metrics are tracked by themselves as by its own server', () => {
    if (ours === null || theirs === null) return
    expect(Object.keys(ours).length).toBeGreaterThan(30)
    expect(ours).toEqual(theirs)
    for (const name of ['xgboost', 'lightgbm', 'lightning']) {
      expect(ours[`${name}: predicts the same`]).toEqual([true])
      expect(Object.keys(ours[`${name}: metrics`] as object)).toHaveLength(1)
    }
  })

  test('a registered model is served by the command of mlflow, by its alias', async () => {
    if (python === null || ours === null) return
    const served = await serveModel(python, folder, 'models:/served@champion', ourTracking())
    try {
      const answer = await fetch(`${served.url}/invocations`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ inputs: ours['asked'] }),
      })
      const { predictions } = (await answer.json()) as { predictions: readonly number[] }
      expect(predictions.map((value) => Number(value.toFixed(5)))).toEqual(ours['served'])
    } finally {
      await served.stop()
    }
  }, 300_000)
})
