/** Every address of the real server is one of ours, or there is a reason why it is not; the page tells the reasons. */
import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { notServed } from '../fixtures/mlflow/intended.js'
import { startApp, type TestApp } from '../support/app.js'
import { findMlflowPython, newestMlflow, oldestMlflow, runMlflowProgram } from '../support/mlflow-tools.js'
import { mlflowWire } from '../support/mlflow-wire.js'

type Address = readonly [method: string, path: string]

let app: TestApp
let theirs: readonly Address[] | null = null
beforeAll(async () => {
  app = await startApp({ background: false })
  const python = await findMlflowPython()
  if (python === null) return
  const program = join(__dirname, '../fixtures/mlflow/endpoints.py')
  const result = await runMlflowProgram(python, [program], { PYTHONDONTWRITEBYTECODE: '1' })
  if (result.exitCode !== 0) throw new Error(result.stderr)
  theirs = JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '') as Address[]
}, 300_000)
afterAll(() => app.close())

/** However its parts are named. */
const formOf = (path: string): string => path.replace(/<path:\w+>|\*/g, '**').replace(/<\w+>|:\w+/g, '{}')

const missing = (): readonly Address[] => {
  const ours = new Set(app.served.map(({ method, path }) => `${method} ${formOf(path)}`))
  return (theirs ?? []).filter(([method, path]) => !ours.has(`${method} ${formOf(path)}`))
}
const reasonOf = ([method, path]: Address) =>
  notServed.find(({ paths, methods }) => paths.test(path) && (methods?.includes(method) ?? true))

test('the real server has many addresses, most of them ours', () => {
  if (theirs === null) return
  expect(theirs.length).toBeGreaterThan(250)
  expect(missing().length).toBeLessThan(theirs.length / 2)
})

test('an address of theirs that is not ours has its reason', () => {
  expect(missing().filter((address) => reasonOf(address) === undefined)).toEqual([])
})

test.each([
  [newestMlflow, 17],
  [oldestMlflow, 16],
])(
  'the commands of the command line of mlflow %s work as they are',
  async (version, count) => {
    const python = await findMlflowPython(version)
    if (python === null) return
    const folder = await mkdtemp(join(tmpdir(), 'novabrain-commands-'))
    await app.close()
    app = await startApp({ background: false })
    const access = {
      MLFLOW_TRACKING_URI: app.url,
      MLFLOW_TRACKING_TOKEN: app.owner.token,
      PYTHONDONTWRITEBYTECODE: '1',
    }
    const program = join(__dirname, '../fixtures/mlflow/commands.py')
    const result = await runMlflowProgram(python, [program, folder], access)
    await rm(folder, { recursive: true, force: true })
    if (result.exitCode !== 0) throw new Error(result.stderr)
    const { ended, back } = JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '') as {
      readonly ended: Readonly<Record<string, unknown>>
      readonly back: string
    }
    expect(Object.keys(ended)).toHaveLength(count)
    expect(Object.entries(ended).filter(([, end]) => end !== 0)).toEqual([])
    expect(back).toBe('hello')
  },
  300_000,
)

test('each answers 404 in their shape', async () => {
  const wire = mlflowWire(app.url, app.owner.token)
  for (const path of ['/label-schemas/list', '/review-queues/list', '/unified-traces'])
    expect(await wire.get(path)).toMatchObject({ status: 404, body: { error_code: 'ENDPOINT_NOT_FOUND' } })
})

test.each(['mlflow.md', 'mlflow.zh-CN.md'])('%s tells as many reasons as there are', (page) => {
  const text = readFileSync(join(__dirname, '../../docs', page), 'utf8')
  const section = /<!-- not served -->([\s\S]*?)<!-- \/not served -->/.exec(text)?.[1] ?? ''
  expect(section.match(/^- /gm)).toHaveLength(notServed.length)
  if (page === 'mlflow.md') for (const { why } of notServed) expect(section.replaceAll(/\n */g, ' ')).toContain(why)
})
