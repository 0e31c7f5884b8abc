import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createOutbox, type KeptSubmission } from '@novabrain/contracts'
import { nodePlatform } from '../../extensions/vscode/src/platform/node.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'novabrain-kept-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const windowOn = () => nodePlatform.keptStore(folder)
const submissionsFolder = () => join(folder, 'submissions')

const submission = (key: string, keptAtMs = 1): KeptSubmission =>
  ({
    key,
    projectId: 'p',
    path: '/home/ada/train.py',
    keptAtMs,
    request: {
      name: 'train',
      task: { kind: 'script', path: 'train.py', arguments: [] },
      resources: {},
      pinDigest: null,
    },
    workspace: {
      files: [],
      excluded: [],
      inMemory: new Map([['d'.repeat(64), new Uint8Array([0, 255, 10, 13])]]),
    },
  }) as unknown as KeptSubmission

test('what is kept is there in the next window, byte for byte', async () => {
  await windowOn().put(submission('a'))
  expect(await windowOn().all()).toEqual([submission('a')])
})

test('nobody else can read it', async () => {
  await windowOn().put(submission('a'))
  const { stdout } = await import('node:child_process').then(({ spawnSync }) =>
    spawnSync('find', [submissionsFolder(), '-mindepth', '1', '-perm', '/077'], { encoding: 'utf8' }),
  )
  expect(stdout).toBe('')
})

test('what was only half written when the window was closed is not there', async () => {
  const store = windowOn()
  await store.put(submission('whole'))
  const [whole = ''] = await readdir(submissionsFolder())
  await mkdir(join(submissionsFolder(), `${'0'.repeat(64)}.1a2b.part`))
  await mkdir(join(submissionsFolder(), '1'.repeat(64)))
  await mkdir(join(submissionsFolder(), '2'.repeat(64)))
  await writeFile(join(submissionsFolder(), '2'.repeat(64), 'submission.json'), '{"key": "torn')
  expect((await windowOn().all()).map(({ key }) => key)).toEqual(['whole'])
  await rm(join(submissionsFolder(), whole, 'd'.repeat(64)))
  expect(await windowOn().all()).toEqual([])
})

test('kept again under its key it is there once, as it was last', async () => {
  const store = windowOn()
  await store.put(submission('a', 1))
  await store.put(submission('a', 2))
  expect((await store.all()).map(({ keptAtMs }) => keptAtMs)).toEqual([2])
})

test('two windows keep and send at the same time: nothing is lost, and what is gone is gone for both', async () => {
  const [one, two] = [windowOn(), windowOn()]
  await Promise.all([...Array(10).keys()].map((at) => (at % 2 === 0 ? one : two).put(submission(`k${String(at)}`, at))))
  const sent: string[] = []
  const deliver = ({ key }: KeptSubmission) => Promise.resolve(void sent.push(key)).then(() => 'sent' as const)
  await Promise.all([createOutbox(one).flush(deliver), createOutbox(two).flush(deliver)])
  expect([...new Set(sent)].sort()).toEqual([...Array(10).keys()].map((at) => `k${String(at)}`))
  expect(await one.all()).toEqual([])
  await one.remove('k1')
})

test('a key is no path', async () => {
  await windowOn().put(submission('../../outside'))
  expect(await readdir(folder)).toEqual(['submissions'])
  expect((await windowOn().all()).map(({ key }) => key)).toEqual(['../../outside'])
})

test('where nothing was ever kept there is nothing', async () => {
  expect(await windowOn().all()).toEqual([])
})

test('what was left half written long ago is cleared away, what another window writes now is not', async () => {
  const [old, fresh] = ['0', '1'].map((digit) => `${digit.repeat(64)}.1a2b.part`)
  for (const name of [old, fresh]) await mkdir(join(submissionsFolder(), name ?? ''), { recursive: true })
  await utimes(join(submissionsFolder(), old ?? ''), 0, 0)
  await windowOn().all()
  expect(await readdir(submissionsFolder())).toEqual([fresh])
})
