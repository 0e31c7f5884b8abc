import * as fc from 'fast-check'
import type { JobPreview, SubmitDraft } from '@novabrain/contracts'
import {
  canRun,
  deviceItems,
  gpusFault,
  parameterText,
  readParameters,
  submitItems,
  type SubmitView,
} from '../../extensions/vscode/src/commands/submit-items.js'
import { anEditor } from './an-editor.js'

const { editor } = anEditor()
const resources = { gpuCount: 1, gpuMilli: 1000, gpuMemoryMib: 0, cpuMilli: 1000, memoryMib: 1024 }
const device = { model: 'NVIDIA H100', memoryMib: 81_920, simulated: false }
const preview = (change: Partial<JobPreview> = {}): SubmitDraft['preview'] => ({
  state: 'ready',
  preview: {
    startsNow: true,
    message: 'Starts now',
    reason: 'ready',
    expectedWaitMs: 8000,
    resources,
    device,
    nodeName: 'lab-1',
    peakGpuMemoryMib: null,
    expectedRunMs: null,
    ...change,
  },
})

const aDraft = (change: Partial<SubmitDraft> = {}): SubmitDraft => ({
  name: 'train',
  task: { kind: 'script', path: 'train.py', arguments: [] },
  environment: {
    state: 'pinned',
    pinDigest: 'a'.repeat(64),
    pythonVersion: '3.11.7',
    packageCount: 42,
    unavailable: [],
  },
  files: {
    state: 'ready',
    included: [{ path: 'train.py', sizeBytes: 2048, reason: 'entrypoint' }],
    excluded: [],
    git: null,
    unsaved: false,
  },
  resources,
  queueName: null,
  priorityClass: 'normal',
  preview: preview(),
  deviceChoices: [{ ...device, total: 4, free: 3, mostOnNode: 4 }],
  ...change,
})
const aView = (draft: SubmitDraft, change: Partial<SubmitView> = {}): SubmitView => ({
  draft,
  choice: {
    name: draft.name,
    resources: draft.resources,
    priorityClass: draft.priorityClass,
    parameters: {},
    arguments: [],
    leaveOut: [],
    takeAlong: [],
  },
  parameters: [],
  selection: null,
  ...change,
})
const first = (change: Partial<SubmitDraft>) => submitItems(editor, aView(aDraft(change)))[0]
const failure = (message: string, code: 'python_not_found' | null = 'python_not_found') =>
  ({ state: 'failed', error: { code, message, cause: null, remedy: 'Do this.' } }) as const

describe('the first entry says what will happen', () => {
  test('when everything is known and a device is free', () => {
    const item = first({})
    expect(item?.value).toBe('run')
    expect(item?.label).toMatch(/^\$\(rocket\) Run now on .*H100/)
    expect(item?.description).toBe('environment pinned, 42 packages · ~8 s')
    expect(item?.detail).toBeUndefined()
  })

  test('when it will wait: why, in the words of the server', () => {
    const item = first({ preview: preview({ startsNow: false, message: 'All 4 are held', expectedWaitMs: null }) })
    expect(item).toMatchObject({ value: 'run', detail: 'All 4 are held' })
    expect(item?.label).toMatch(/Queue for .*H100/)
    expect(item?.description).toContain('start not known yet')
  })

  test('while it is being found out, it already stands there and can be pressed', () => {
    const inferring = { state: 'inferring' } as const
    const item = first({ environment: inferring, files: inferring, preview: inferring })
    expect(item?.value).toBe('run')
    expect(item?.description).toBe('reading the environment…')
  })

  test.each([
    ['environment', { environment: failure('No Python') }],
    ['files', { files: failure('No Python') }],
    ['preview', { preview: failure('No Python') }],
  ] as const)('a fault of %s stands in its place, with what to do', (_what, change) => {
    expect(first(change)).toEqual({ value: 'fault', label: '$(error) No Python', detail: 'Do this.' })
    expect(canRun(aDraft(change))).toBe(false)
  })

  test('packages that clash are named, both sides', () => {
    const conflict = {
      package: 'numpy',
      installed: '2.1.0',
      left: { requirement: 'numpy<2', requiredBy: 'old' },
      right: { requirement: 'numpy>=2', requiredBy: 'new' },
      suggestion: 'new==1.0',
    }
    const change = { environment: { state: 'conflict', conflicts: [conflict] } } as const
    expect(first(change)).toEqual({
      value: 'fault',
      label: '$(error) old: numpy<2 ✕ new: numpy>=2',
      detail: 'new==1.0',
    })
    expect(canRun(aDraft(change))).toBe(false)
  })

  test('a server that is away stands in nobody’s way: the submission is kept', () => {
    const change = { preview: failure('No answer', null) }
    expect(first(change)?.value).toBe('run')
    expect(canRun(aDraft(change))).toBe(true)
  })

  test('without a GPU it says so, and a simulated one is called that', () => {
    expect(first({ resources: { ...resources, gpuCount: 0 } })?.label).toContain('the CPU')
    expect(first({ preview: preview({ device: { ...device, simulated: true } }) })?.label).toMatch(/simulated/i)
    expect(first({ resources: { ...resources, gpuCount: 2 } })?.label).toContain('2 × ')
  })
})

describe('each further entry changes one thing', () => {
  const values = (view: SubmitView) => submitItems(editor, view).map(({ value }) => value)

  test('no two the same, a script has arguments, a notebook its parameters', () => {
    const script = values(aView(aDraft()))
    expect(script).toEqual(['run', 'device', 'environment', 'files', 'arguments', 'name', 'priority'])
    const task = { kind: 'notebook', path: 'study.ipynb', parameters: {} } as const
    const epochs = { name: 'epochs', expression: '40', value: 40, comment: null }
    const notebook = aDraft({ task })
    expect(values(aView(notebook))).toEqual(['run', 'device', 'environment', 'files', 'name', 'priority'])
    expect(values(aView(notebook, { parameters: [epochs] }))).toContain('parameters')
  })

  test('selected lines can be run alone, and it can be taken back', () => {
    const part = (only: boolean) =>
      submitItems(editor, aView(aDraft(), { selection: { from: 3, to: 9, only } })).find(
        ({ value }) => value === 'part',
      )
    expect(part(false)).toMatchObject({ label: '$(selection) Run only the selection', description: 'lines 3 to 9' })
    expect(part(true)).toMatchObject({
      label: '$(selection) Run the whole file instead',
      description: 'now: lines 3 to 9',
    })
  })

  test('devices: any, more of them as far as there are, models where there are several, none', () => {
    const one = deviceItems(editor, [{ ...device, total: 4, free: 3, mostOnNode: 4 }])
    expect(one.map(({ value }) => (value === 'range' ? value : value.gpuCount))).toEqual([1, 2, 4, 'range', 0])
    const two = deviceItems(editor, [
      { ...device, total: 2, free: 2, mostOnNode: 2 },
      { ...device, model: 'NVIDIA A100', total: 1, free: 0, mostOnNode: 1 },
    ])
    expect(two.map(({ value }) => (value === 'range' ? value : [value.gpuCount, value.gpuModel]))).toEqual([
      [1, null],
      [2, null],
      [1, 'NVIDIA H100'],
      [2, 'NVIDIA H100'],
      [1, 'NVIDIA A100'],
      'range',
      [0, null],
    ])
  })

  test('no more GPUs are offered than one node has, and a range only where one has several', () => {
    const spread = deviceItems(editor, [{ ...device, total: 4, free: 4, mostOnNode: 1 }])
    expect(spread.map(({ value }) => (value === 'range' ? value : value.gpuCount))).toEqual([1, 0])
  })

  test('a choice of one number ends the range of the last time', () => {
    const [one] = deviceItems(editor, [{ ...device, total: 4, free: 3, mostOnNode: 4 }])
    expect(one?.value).toEqual({ gpuCount: 1, gpuModel: null, maxGpuCount: null })
  })

  test('a range is told where it was a number, with how wide it would start', () => {
    const change = {
      resources: { ...resources, maxGpuCount: 4 },
      preview: preview({ message: 'Starts now on lab-1 with 3 of 1–4 GPUs.' }),
    }
    const [run, gpu] = submitItems(editor, aView(aDraft(change)))
    expect(run?.label).toMatch(/Run now on 1–4 × .*H100/)
    expect(run?.detail).toBe('Starts now on lab-1 with 3 of 1–4 GPUs.')
    expect(gpu?.description).toBe('1–4 × GPU · 3 of 4 free')
  })

  test('what is typed as a range is judged as it is typed', () => {
    expect(gpusFault(editor, '1-4')).toBeNull()
    expect(gpusFault(editor, '2')).toBeNull()
    expect(gpusFault(editor, 'all')).toBe('Write a range such as 1-4, or a number.')
    expect(gpusFault(editor, '4-1')).toMatch(/^4 to 1 GPUs is no range\. .*does not end before it begins/)
    expect(gpusFault(editor, '0-2')).toContain('begins with at least one')
  })
})

describe('what is written into the list can be read again', () => {
  const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/).filter((key) => key !== '__proto__')

  test('parameters of any value', () => {
    fc.assert(
      fc.property(fc.dictionary(name, fc.jsonValue()), (parameters) => {
        // JSON has one zero.
        const plain = JSON.parse(JSON.stringify(parameters)) as Record<string, unknown>
        expect(readParameters(parameterText(plain))).toEqual(plain)
      }),
    )
  })

  test.each([
    [{ layers: [[1, 2], [3]] }, 'layers=[[1,2],[3]]'],
    [{ options: { deep: { er: true } } }, 'options={"deep":{"er":true}}'],
    [{ version: '5', flag: 'true', word: 'None' }, 'version="5" flag="true" word="None"'],
    [{ label: 'a ] b' }, 'label="a ] b"'],
  ])('such as %j', (parameters, text) => {
    expect(parameterText(parameters)).toBe(text)
    expect(readParameters(text)).toEqual(parameters)
  })

  test('as Python writes them, and what cannot be read is not guessed', () => {
    expect(readParameters('flag=True other=False nothing=None rate=1e-3 name=resnet')).toEqual({
      flag: true,
      other: false,
      nothing: null,
      rate: 0.001,
      name: 'resnet',
    })
    expect(readParameters('epochs 5')).toBeNull()
    expect(readParameters('1x=5')).toBeNull()
    expect(readParameters('')).toEqual({})
  })
})
