/**
 * What a press of the key does, without an editor: the environment of a real interpreter is pinned, the code beside it is
 * kept, the job runs in that environment under the real runner, the unmodified mlflow client logs, and everything comes
 * back.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  captureWorkspace,
  notebookCode,
  pinEnvironment,
  readNotebook,
  sendSnapshot,
  snapshotText,
  type Job,
  type Task,
} from '@novabrain/contracts'
import { pythonHost } from '../../server/src/cli/python.js'
import { sampleVenv } from '../support/jupyter.js'
import { startRealServer, type RealServer } from '../support/real-server.js'

const venv = sampleVenv()
const withSample = venv === null ? describe.skip : describe

jest.setTimeout(300_000)

const training = [
  'import os, sys, time',
  'import mlflow',
  'from mlflow.entities import Metric',
  'from helper import scale',
  'now = int(time.time() * 1000)',
  'with mlflow.start_run() as run:',
  '    mlflow.log_params({"rate": rate, "rows": len(open("data/rows.csv").readlines())})',
  '    client = mlflow.MlflowClient()',
  '    points = [Metric("loss", scale(step), now + step, step) for step in range(2000)]',
  '    for start in range(0, 2000, 1000): client.log_batch(run.info.run_id, metrics=points[start:start + 1000])',
  'os.makedirs("outputs", exist_ok=True)',
  'open("outputs/model.txt", "w").write(f"rate {rate}")',
  'print("ran in", sys.prefix)',
].join('\n')

withSample('from a folder to a finished run, in exactly the environment it was written in', () => {
  let server: RealServer
  let folder: string
  const python = join(venv ?? '', 'bin/python')

  beforeAll(async () => {
    server = await startRealServer({ pythonPath: python })
    folder = await mkdtemp(join(tmpdir(), 'novabrain-loop-'))
    await mkdir(join(folder, 'data'))
    await writeFile(join(folder, 'data/rows.csv'), 'a\nb\nc\n')
    await writeFile(join(folder, 'helper.py'), 'def scale(step): return 1 / (step + 1)\n')
    await writeFile(join(folder, '.env'), 'SECRET=1\n')
    await writeFile(join(folder, 'unused.bin'), 'nobody mentions it')
  })
  afterAll(async () => {
    await server?.close()
    await rm(folder, { recursive: true, force: true })
  })

  /** Pin, keep and submit, as every face does. */
  const submit = async (task: Task, text: string, code: readonly string[]): Promise<Job> => {
    const { client, projectId } = server
    const host = pythonHost(python, folder)
    const entrypoint = { path: task.path, text, code }
    const workspace = await captureWorkspace(host, { folder, entrypoint })
    expect(workspace.files.map(({ path }) => path).sort()).toEqual(['data/rows.csv', 'helper.py', task.path].sort())
    expect(workspace.excluded).toContainEqual(expect.objectContaining({ path: '.env', reason: 'secret' }))
    const pinned = await pinEnvironment(client, projectId, workspace)
    if (pinned.status === 'conflict') throw new Error(JSON.stringify(pinned.conflicts))
    const { id } = await sendSnapshot(client, projectId, host, workspace)
    const resources = { gpuCount: 1 }
    const body = { task, snapshotId: id, pinDigest: pinned.pin.digest, resources }
    return client.submitJob({ params: { projectId }, body })
  }

  const expectTracked = async (job: Job, rate: string) => {
    const { client, projectId, home } = server
    const params = { projectId, runId: job.runId }
    const run = await client.getRun({ params })
    expect(run).toMatchObject({ status: 'FINISHED', job: { id: job.id, status: 'succeeded' } })
    expect(run.params).toEqual(
      expect.arrayContaining([
        { key: 'rate', value: rate },
        { key: 'rows', value: '3' },
      ]),
    )
    const series = await client.getMetricSeries({ params, query: { key: 'loss', maxPoints: 4000 } })
    expect(series.pointCount).toBe(2000)
    expect([series.values[0], series.values.at(-1), series.steps.at(-1)]).toEqual([1, 1 / 2000, 1999])
    const model = await client.readRunArtifact({ params, query: { path: 'outputs/model.txt' } })
    expect(Buffer.from(model).toString()).toBe(`rate ${rate}`)
    expect(await server.log(job)).toContain(`ran in ${join(home, 'cache/envs', job.pinDigest ?? '')}`)
  }

  test('a notebook takes its parameters, logs 2,000 points, and comes back executed', async () => {
    const cell = (id: string, source: string, tags: string[] = []) => ({
      id,
      cell_type: 'code',
      metadata: { tags },
      source,
      outputs: [],
      execution_count: null,
    })
    const text = JSON.stringify({
      nbformat: 4,
      nbformat_minor: 5,
      metadata: { kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' } },
      cells: [cell('given', 'rate = 0.1', ['parameters']), cell('work', training)],
    })
    const reading = readNotebook(text, 'study.ipynb')
    if (!reading.ok) throw new Error(reading.code)
    const task: Task = { kind: 'notebook', path: 'study.ipynb', parameters: { rate: 0.5 } }
    const { code } = notebookCode(reading.notebook)
    const submitted = await submit(task, snapshotText(reading.notebook), code)
    const job = await server.until(submitted.id, ({ status }) => status === 'succeeded')
    expect(job.attempt).toMatchObject({
      number: 1,
      state: 'succeeded',
      verdict: { kind: 'succeeded', cellIndex: null },
    })
    await expectTracked(job, '0.5')
    const params = { projectId: server.projectId, runId: job.runId }
    const bytes = await server.client.readRunArtifact({ params, query: { path: 'outputs/study.ipynb' } })
    const executed = JSON.parse(Buffer.from(bytes).toString()) as { cells: { id: string; outputs: unknown[] }[] }
    expect(executed.cells.at(0)?.id).toBe('given')
    expect(JSON.stringify(executed.cells.find(({ id }) => id === 'work')?.outputs)).toContain('ran in')
  })

  test('a script takes its arguments, and does the same', async () => {
    const text = `import sys as _s\nrate = float(_s.argv[1])\n${training}\n`
    await writeFile(join(folder, 'train.py'), text)
    const submitted = await submit({ kind: 'script', path: 'train.py', arguments: ['0.25'] }, text, [text])
    const job = await server.until(submitted.id, ({ status }) => status === 'succeeded')
    expect(job.attempt?.verdict).toMatchObject({ kind: 'succeeded', exitCode: 0 })
    expect(job.attempt?.devices).toEqual([expect.objectContaining({ simulated: true, milli: 1000 })])
    await expectTracked(job, '0.25')
  })
})

if (venv === null)
  test.skip('the whole loop: the sample environment is not installed (NOVABRAIN_TEST_PYTHON)', () => undefined)
