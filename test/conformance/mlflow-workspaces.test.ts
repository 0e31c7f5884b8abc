/** To an unmodified mlflow client a project is a workspace. */
import { join } from 'node:path'
import { startApp, type TestApp } from '../support/app.js'
import { findMlflowPython, oldestMlflow, runMlflowProgram } from '../support/mlflow-tools.js'

let app: TestApp
let elsewhere: string
beforeEach(async () => {
  app = await startApp({ background: false })
  elsewhere = (await app.owner.client.createProject({ body: { name: 'elsewhere' } })).id
})
afterEach(() => app.close())

const seenBy = async (python: string, args: readonly string[], environment: Record<string, string>) => {
  const program = join(__dirname, '../fixtures/mlflow/workspaces.py')
  const access = { MLFLOW_TRACKING_URI: app.url, MLFLOW_TRACKING_TOKEN: app.owner.token }
  const result = await runMlflowProgram(python, [program, ...args], { ...access, ...environment })
  if (result.exitCode !== 0) throw new Error(result.stderr)
  return JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '') as unknown
}

const runsIn = async (projectId: string): Promise<number> =>
  (await app.owner.client.listRuns({ params: { projectId } })).items.length

test('MLFLOW_WORKSPACE chooses the project', async () => {
  const python = await findMlflowPython()
  if (python === null) return
  expect(await seenBy(python, [], { MLFLOW_WORKSPACE: 'elsewhere' })).toEqual({ work: 'hello' })
  expect([await runsIn(elsewhere), await runsIn(app.owner.project.id)]).toEqual([1, 0])
  expect(await seenBy(python, [], {})).toEqual({ work: 'hello' })
  expect([await runsIn(elsewhere), await runsIn(app.owner.project.id)]).toEqual([1, 1])
  expect(await seenBy(python, [], { MLFLOW_WORKSPACE: 'not-mine' })).toEqual({
    work: { refused: 'RESOURCE_DOES_NOT_EXIST' },
  })
}, 300_000)

test(`a client as old as ${oldestMlflow}, which knows no workspaces, works in the first project`, async () => {
  const python = await findMlflowPython(oldestMlflow)
  if (python === null) return
  expect(await seenBy(python, [], { MLFLOW_WORKSPACE: 'elsewhere' })).toEqual({ work: 'hello' })
  expect([await runsIn(elsewhere), await runsIn(app.owner.project.id)]).toEqual([0, 1])
}, 300_000)

test('the newest client lists the projects that are its own, and chooses one in code', async () => {
  const python = await findMlflowPython()
  if (python === null) return
  const other = await app.addTenant('rival')
  await other.client.createProject({ body: { name: 'secret' } })
  expect(await seenBy(python, ['--list'], {})).toEqual({
    work: 'hello',
    all: [app.owner.project.name, 'elsewhere'].sort(),
    one: 'elsewhere',
    none: { refused: 'RESOURCE_DOES_NOT_EXIST' },
    'chosen in code': 'hello',
  })
  expect([await runsIn(elsewhere), await runsIn(app.owner.project.id)]).toEqual([1, 1])
}, 300_000)
