import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createSubmission,
  NovaBrainError,
  sendJob,
  UnreachableError,
  type Client,
  type EnvironmentPinResult,
  type KeptSubmission,
  type RememberedPin,
  type Source,
  type SubmissionParts,
} from '@novabrain/contracts'

const venv = process.env['NOVABRAIN_TEST_PYTHON']
const python = venv === undefined ? 'python3' : join(venv, 'bin/python')

let folder: string
beforeEach(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'novabrain-submit-')))
  writeFileSync(join(folder, 'helper.py'), 'answer = 42\n')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const askPython = (program: string): Promise<string> => {
  const done = spawnSync(python, ['-'], { input: program, encoding: 'utf8', cwd: folder })
  return Promise.resolve(done.stdout + done.stderr)
}
const sha256 = (bytes: Uint8Array) => Promise.resolve(createHash('sha256').update(bytes).digest('hex'))

const source = (run: Source['host']['run'] = askPython): Source => ({
  kind: 'notebook',
  path: 'work/study.ipynb',
  entrypoint: 'study.ipynb',
  unsaved: true,
  text: '{"cells": []}',
  code: ['import helper'],
  words: [],
  parameters: [{ name: 'epochs', expression: '40', value: 40, comment: null }],
  host: { run, sha256 },
  dispose: () => undefined,
})

const pin = (digest: string): Extract<EnvironmentPinResult, { status: 'pinned' }> => ({
  status: 'pinned',
  pin: {
    digest: digest.repeat(64),
    pythonVersion: '3.11.7',
    platform: 'linux',
    packages: [{ name: 'numpy', version: '2.1.0', hashes: [] }],
    unavailable: [],
    cudaVersion: null,
    createdAt: '2026-01-01T00:00:00.000Z',
  },
})

/** A server that has nothing, or is away. It remembers what it was asked. */
const server = (change: Partial<Record<keyof Client, unknown>> = {}) => {
  const blobs = new Set<string>()
  const calls: { name: string; input: Record<string, never> }[] = []
  const answers = {
    createEnvironmentPin: () => pin('a'),
    listNodes: () => ({ items: [] }),
    previewJob: () => ({ startsNow: true }),
    createCodeSnapshot: ({ body }: { body: { files: { digest: string }[] } }) => {
      const missing = body.files.map((file) => file.digest).filter((digest) => !blobs.has(digest))
      return { snapshot: missing.length === 0 ? { id: 'snapshot' } : null, missing }
    },
    putBlob: ({ params }: { params: { digest: string } }) => void blobs.add(params.digest),
    submitJob: () => ({ number: 7, runId: 'run' }),
    ...change,
  }
  const client = Object.fromEntries(
    Object.entries(answers).map(([name, answer]) => [
      name,
      async (input: never) => {
        calls.push({ name, input })
        return (answer as (input: never) => unknown)(input)
      },
    ]),
  ) as unknown as Client
  return { client, calls, called: (name: string) => calls.filter((call) => call.name === name) }
}
const away = () => {
  throw new UnreachableError('No answer')
}

const begin = (client: Client, change: Partial<SubmissionParts> = {}) => {
  const kept: KeptSubmission[] = []
  let keys = 0
  const submission = createSubmission({
    client,
    projectId: 'p',
    source: source(),
    locale: 'en',
    lastChoice: null,
    lastPin: null,
    known: {},
    nowMs: () => 1000,
    newKey: () => `key-${(keys += 1)}`,
    keep: (each) => Promise.resolve(void kept.push(each)),
    remember: () => undefined,
    changed: () => undefined,
    ...change,
  })
  return { submission, kept }
}
const choiceOf = ({ draft }: ReturnType<typeof createSubmission>) => ({
  name: draft.name,
  resources: draft.resources,
  priorityClass: draft.priorityClass,
  parameters: { epochs: 40 } as Record<string, unknown>,
  arguments: [],
  leaveOut: [] as string[],
  takeAlong: [] as string[],
})

test('everything is inferred from the editor, the kernel and the server', async () => {
  const { submission } = begin(server().client)
  await submission.infer()
  const { environment, files, preview } = submission.draft
  expect(environment).toMatchObject({ state: 'pinned', pinDigest: 'a'.repeat(64), packageCount: 1 })
  expect(files).toMatchObject({ state: 'ready', unsaved: true })
  expect(files.state === 'ready' && files.included.map(({ path, reason }) => [path, reason])).toEqual([
    ['study.ipynb', 'entrypoint'],
    ['helper.py', 'imported'],
  ])
  expect(preview.state).toBe('ready')
})

test('without a GPU in the cluster none is asked for', async () => {
  const { submission } = begin(server().client)
  await submission.infer()
  expect(submission.draft.resources.gpuCount).toBe(0)
})

test('a range of GPUs that was chosen the last time is previewed and sent again', async () => {
  const { client, called } = server()
  const resources = { gpuCount: 1, maxGpuCount: 4, gpuMilli: 1000, gpuMemoryMib: 0, cpuMilli: 1000, memoryMib: 1024 }
  const { submission } = begin(client, { lastChoice: { resources } })
  await submission.infer()
  expect(called('previewJob')[0]?.input).toMatchObject({ body: { resources: { gpuCount: 1, maxGpuCount: 4 } } })
  await submission.change({ ...choiceOf(submission), resources: { ...resources, maxGpuCount: 8 } })
  expect(called('previewJob')[1]?.input).toMatchObject({ body: { resources: { gpuCount: 1, maxGpuCount: 8 } } })
  await submission.submit(choiceOf(submission))
  expect(called('submitJob')[0]?.input).toMatchObject({ body: { resources: { gpuCount: 1, maxGpuCount: 8 } } })
})

test('of each model it is told how many there are, how many are free, and how many one node has', async () => {
  const gpu = (model: string, freeMilli = 1000) => ({ kind: 'gpu', model, memoryMib: 1, simulated: false, freeMilli })
  const node = (devices: object[], state = 'ready') => ({ state, devices })
  const items = [
    node([gpu('A'), gpu('A', 0), gpu('B')]),
    node([gpu('A'), { ...gpu('CPU'), kind: 'cpu' }]),
    node([gpu('A'), gpu('A'), gpu('A')], 'cordoned'),
  ]
  const { submission } = begin(server({ listNodes: () => ({ items }) }).client)
  await submission.infer()
  expect(submission.draft.deviceChoices).toMatchObject([
    { model: 'A', total: 3, free: 2, mostOnNode: 2 },
    { model: 'B', total: 1, free: 1, mostOnNode: 1 },
  ])
})

test('submitting uploads what is missing and sends the job with its key', async () => {
  const { client, called } = server()
  const { submission } = begin(client)
  await submission.infer()
  await submission.submit(choiceOf(submission))
  expect(submission.progress).toEqual({ kind: 'sent', jobNumber: 7, runId: 'run' })
  expect(called('putBlob')).toHaveLength(2)
  expect(called('submitJob')[0]?.input).toMatchObject({
    idempotencyKey: 'key-1',
    body: { snapshotId: 'snapshot', pinDigest: 'a'.repeat(64), task: { kind: 'notebook', path: 'study.ipynb' } },
  })
})

test('a file that was left out does not go along', async () => {
  const { client, called } = server()
  const { submission } = begin(client)
  await submission.infer()
  await submission.submit({ ...choiceOf(submission), leaveOut: ['helper.py'] })
  expect(called('putBlob')).toHaveLength(1)
})

test('only parameters that differ from the notebook are sent', async () => {
  const { client, called } = server()
  const { submission } = begin(client)
  await submission.infer()
  await submission.submit(choiceOf(submission))
  await submission.submit({ ...choiceOf(submission), parameters: { epochs: 5 } })
  const parameters = called('submitJob').map(({ input }) => (input as unknown as { body: { task: object } }).body.task)
  expect(parameters).toMatchObject([{ parameters: {} }, { parameters: { epochs: 5 } }])
})

test('pressing twice sends once', async () => {
  const { client, called } = server()
  const { submission } = begin(client)
  await submission.infer()
  await Promise.all([submission.submit(choiceOf(submission)), submission.submit(choiceOf(submission))])
  expect(called('submitJob')).toHaveLength(1)
})

test('while the server is away the submission is kept whole, and sent later with the same key and its pin', async () => {
  const gone = server({ createEnvironmentPin: away, listNodes: away, previewJob: away, createCodeSnapshot: away })
  const { submission, kept } = begin(gone.client)
  await submission.infer()
  expect(submission.draft.environment.state).not.toBe('failed')
  await submission.submit(choiceOf(submission))
  expect(submission.progress).toEqual({ kind: 'offline' })
  rmSync(join(folder, 'helper.py'))

  const back = server()
  const [only] = kept
  if (only === undefined) throw new Error('nothing was kept')
  const nobody = { run: () => Promise.reject(new Error('the kernel is gone')), sha256 }
  await sendJob({ client: back.client, host: nobody, ...only })
  expect(back.called('submitJob')[0]?.input).toMatchObject({
    idempotencyKey: 'key-1',
    body: { pinDigest: 'a'.repeat(64), snapshotId: 'snapshot' },
  })
  expect(back.called('putBlob')).toHaveLength(2)
})

test('a server that dies between upload and submit gets the same key again', async () => {
  const { client } = server({ submitJob: away })
  const { submission, kept } = begin(client)
  await submission.infer()
  await submission.submit(choiceOf(submission))
  expect(kept.map(({ key }) => key)).toEqual(['key-1'])
})

test('an environment that clashes is shown with its packages', async () => {
  const conflict = {
    package: 'numpy',
    installed: '2.1.0',
    left: { requirement: 'numpy<2', requiredBy: 'old' },
    right: { requirement: 'numpy>=2', requiredBy: 'new' },
    suggestion: null,
  }
  const { client } = server({ createEnvironmentPin: () => ({ status: 'conflict', conflicts: [conflict] }) })
  const { submission } = begin(client)
  await submission.infer()
  expect(submission.draft.environment).toEqual({ state: 'conflict', conflicts: [conflict] })
})

test('a dead kernel is said with its code, and nothing is sent', async () => {
  const { client, called } = server()
  const dead = () => Promise.reject(new NovaBrainError('python_not_found'))
  const { submission } = begin(client, { source: source(dead) })
  await submission.infer()
  expect(submission.draft.environment).toMatchObject({ state: 'failed', error: { code: 'python_not_found' } })
  await submission.submit(choiceOf(submission))
  expect(submission.progress).toMatchObject({ kind: 'failed', error: { code: 'python_not_found' } })
  expect(called('submitJob')).toEqual([])
})

test('a request that no node can ever hold is said before it is sent', async () => {
  const never = () => {
    throw new NovaBrainError('resources_never_available', { detail: '99 GPUs', suggestion: '4 GPUs' })
  }
  const { client } = server({ previewJob: never })
  const { submission } = begin(client)
  await submission.infer()
  expect(submission.draft.preview).toMatchObject({ state: 'failed', error: { code: 'resources_never_available' } })
})

test('packages that changed since the last pin are counted', async () => {
  const lastPin: RememberedPin = {
    digest: 'b'.repeat(64),
    captureDigest: 'other',
    pythonVersion: '3.11.7',
    versions: { 'a-package-that-is-gone': '1.0.0' },
  }
  const { submission } = begin(server().client, { lastPin })
  await submission.infer()
  const { environment } = submission.draft
  expect(environment.state === 'pinned' && (environment.changes ?? 0)).toBeGreaterThan(0)
})

describe('a journal, where the editor can be closed in the middle of a submit', () => {
  const journaled = (change: Parameters<typeof server>[0] = {}, faults: { begin?: Error } = {}) => {
    const back = server(change)
    const written: { what: string; askedBefore: string[]; kept?: KeptSubmission }[] = []
    const asked = () => back.calls.map(({ name }) => name).filter((name) => /Snapshot|Blob|submitJob/.test(name))
    const journal = {
      begin: (kept: KeptSubmission) => {
        written.push({ what: 'begin', askedBefore: asked(), kept })
        return faults.begin === undefined ? Promise.resolve() : Promise.reject(faults.begin)
      },
      end: (key: string) => Promise.resolve(void written.push({ what: `end ${key}`, askedBefore: asked() })),
    }
    return { ...back, written, ...begin(back.client, { journal }) }
  }
  const submitted = async (parts: ReturnType<typeof journaled>) => {
    await parts.submission.infer()
    await parts.submission.submit(choiceOf(parts.submission))
    return parts
  }

  test('is begun before anything is sent, with what is in no file, and ended after the answer', async () => {
    const { written, submission } = await submitted(journaled())
    expect(written.map(({ what }) => what)).toEqual(['begin', 'end key-1'])
    expect(written[0]?.askedBefore).toEqual([])
    expect(written[1]?.askedBefore).toContain('submitJob')
    const texts = [...(written[0]?.kept?.workspace.inMemory.values() ?? [])].map((bytes) =>
      new TextDecoder().decode(bytes),
    )
    expect(texts).toContain('{"cells": []}')
    expect(submission.progress).toMatchObject({ kind: 'sent', jobNumber: 7 })
  })

  test('what was begun and never answered is sent again under the same key, as it was', async () => {
    const parts = journaled({ submitJob: () => new Promise(() => undefined) })
    await parts.submission.infer()
    void parts.submission.submit(choiceOf(parts.submission))
    while (parts.called('submitJob').length === 0) await new Promise((resolve) => setImmediate(resolve))
    expect(parts.written.map(({ what }) => what)).toEqual(['begin'])
    const [begun] = parts.written
    if (begun?.kept === undefined) throw new Error('nothing was begun')
    const later = server()
    await sendJob({ client: later.client, ...begun.kept, host: source().host })
    expect(later.called('submitJob')[0]?.input).toEqual(parts.called('submitJob')[0]?.input)
  })

  test('while the server is away it stays, and is kept whole', async () => {
    const { written, kept, submission } = await submitted(journaled({ submitJob: away }))
    expect(written.map(({ what }) => what)).toEqual(['begin'])
    expect(kept.map(({ key }) => key)).toEqual(['key-1'])
    expect(submission.progress.kind).toBe('offline')
  })

  test('a refusal is an answer: it is not sent again', async () => {
    const refused = () => {
      throw new NovaBrainError('resources_never_available', { detail: '', suggestion: '' })
    }
    const { written, kept } = await submitted(journaled({ submitJob: refused }))
    expect(written.map(({ what }) => what)).toEqual(['begin', 'end key-1'])
    expect(kept).toEqual([])
  })

  test('what cannot be written down is not sent', async () => {
    const { called, submission } = await submitted(journaled({}, { begin: new Error('no space left on the disk') }))
    expect(called('submitJob')).toEqual([])
    expect(submission.progress).toMatchObject({ kind: 'failed', error: { message: 'no space left on the disk' } })
  })
})
