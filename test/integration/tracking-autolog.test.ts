import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startApp, type TestApp } from '../support/app.js'
import { findMlflowPython, newestMlflow, oldestMlflow, runMlflowProgram } from '../support/mlflow-tools.js'

let app: TestApp
let folder: string

beforeEach(async () => {
  app = await startApp({ background: false })
  folder = await mkdtemp(join(tmpdir(), 'novabrain-autolog-'))
}, 60_000)

afterEach(async () => {
  await app.close()
  await rm(folder, { recursive: true, force: true })
})

test.each([newestMlflow, oldestMlflow])(
  'scikit-learn under autolog of mlflow %s is tracked whole, and its model comes back and predicts the same',
  async (version) => {
    const python = await findMlflowPython(version)
    if (python === null) return
    const facts = join(folder, `${version}.json`)
    const result = await runMlflowProgram(python, [join(__dirname, '../fixtures/mlflow/autolog.py'), facts], {
      MLFLOW_TRACKING_URI: app.url,
      MLFLOW_TRACKING_TOKEN: app.owner.token,
    })
    expect([result.exitCode, result.exitCode === 0 ? '' : result.stderr]).toEqual([0, ''])
    expect(result.stdout).toContain(`${app.url}/#/experiments/1/runs/`)
    const told = JSON.parse(await readFile(facts, 'utf8')) as Record<string, unknown>
    expect(told).toMatchObject({
      status: 'FINISHED',
      params: { n_estimators: '5', max_depth: '3' },
      tags: { estimator_name: 'RandomForestClassifier' },
      datasets: [['dataset', ['train']]],
      outputs: [told['modelId']],
      modelStatus: 'READY',
      modelParams: { n_estimators: '5' },
      modelFiles: expect.arrayContaining(['MLmodel', 'requirements.txt']),
      artifacts: expect.arrayContaining(['estimator.html', 'training_confusion_matrix.png']),
      same: true,
      sameByRun: true,
      children: 2,
      byFilter: 1,
    })
    const metrics = told['metrics'] as Record<string, number>
    expect(metrics['RandomForestClassifier_score_x_test']).toBe(told['score'])
    const run = await app.owner.client.getRun({
      params: { projectId: app.owner.project.id, runId: String(told['runId']) },
    })
    expect(run).toMatchObject({ experimentName: 'autolog 乳腺癌', name: 'forest', status: 'FINISHED' })
  },
  600_000,
)
