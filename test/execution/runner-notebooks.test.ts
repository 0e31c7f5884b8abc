import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { AttemptSpec } from '@novabrain/contracts'
import { findPython, lockOf, pythonVersion, toolsDir } from '../support/python-tools.js'
import { bundleRunner, stageRunner, type RunnerStage } from '../support/runner.js'

jest.setTimeout(60_000)

let bundle: string
let pin: AttemptSpec['pin']
const stages: RunnerStage[] = []

beforeAll(async () => {
  bundle = await bundleRunner()
  pin = await pinOf(['ipykernel==6.30.1'])
})
afterEach(async () => {
  await Promise.all(stages.splice(0).map((stage) => stage.close()))
})

const pinOf = async (requirements: readonly string[]): Promise<AttemptSpec['pin']> => {
  const lock = await lockOf(requirements, join(toolsDir, 'runner-cache', 'uv'))
  const digest = createHash('sha256').update(lock).digest('hex')
  return { digest, lock, pythonVersion: await pythonVersion(await findPython()) }
}

interface Cell {
  readonly source: string
  readonly tags?: readonly string[]
  readonly markdown?: boolean
}

const notebookOf = (cells: readonly Cell[]): string =>
  JSON.stringify({
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' } },
    cells: cells.map(({ source, tags = [], markdown = false }, index) => ({
      id: `cell-${index}`,
      cell_type: markdown ? 'markdown' : 'code',
      source,
      metadata: { tags },
      ...(markdown ? {} : { outputs: [], execution_count: null }),
    })),
  })

const notebook = async (
  cells: readonly Cell[],
  options: { parameters?: Record<string, unknown>; spec?: Partial<AttemptSpec>; content?: string } = {},
): Promise<RunnerStage> => {
  const stage = await stageRunner({
    bundle,
    files: { 'work/study.ipynb': options.content ?? notebookOf(cells), 'work/helper.py': 'ANSWER = 42' },
    spec: {
      task: { kind: 'notebook', path: 'work/study.ipynb', parameters: options.parameters ?? {} },
      pin,
      ...options.spec,
    },
  })
  stages.push(stage)
  return stage
}

interface Executed {
  readonly cells: readonly {
    readonly id: string
    readonly source: string
    readonly metadata: { readonly tags?: readonly string[] }
    readonly outputs?: readonly {
      readonly output_type: string
      readonly text?: string | readonly string[]
      readonly ename?: string
    }[]
  }[]
}

const executed = (stage: RunnerStage): Executed =>
  JSON.parse(Buffer.from(stage.server.outputs.get('outputs/study.ipynb') ?? []).toString()) as Executed

/** What the streams of a cell say, together; a notebook file keeps text as lines. */
const textOf = (cell: Executed['cells'][number] | undefined): string =>
  (cell?.outputs ?? []).flatMap(({ text = '' }) => text).join('')

const logOf = (stage: RunnerStage) => stage.server.log().toString()
const taskLogOf = (stage: RunnerStage) =>
  logOf(stage)
    .split('\n')
    .filter((line) => !line.startsWith('[novabrain]'))
    .join('\n')

test('a notebook runs cell by cell beside its files, in the run it belongs to, and comes back executed', async () => {
  const stage = await notebook(
    [
      { source: '# A study', markdown: true },
      { source: 'import os\nfrom helper import ANSWER\nprint(ANSWER, os.environ["MLFLOW_RUN_ID"])' },
      { source: '' },
      { source: '1 + 1' },
    ],
    { spec: { runId: 'c'.repeat(32) } },
  )
  expect((await stage.result()).verdict).toMatchObject({ kind: 'succeeded', exitCode: 0, cellIndex: null })
  expect(taskLogOf(stage)).toBe(`[cell 1/2]\n42 ${'c'.repeat(32)}\n[cell 2/2]\n2\n`)
  const { cells } = executed(stage)
  expect(cells.map(({ id }) => id)).toEqual(['cell-0', 'cell-1', 'cell-2', 'cell-3'])
  expect(textOf(cells[1])).toBe(`42 ${'c'.repeat(32)}\n`)
  expect(cells[3]?.outputs?.[0]).toMatchObject({ output_type: 'execute_result' })
})

test('a notebook is kept after each cell, while it runs', async () => {
  const stage = await notebook([{ source: 'print("first")' }, { source: 'import time; time.sleep(600)' }])
  const latest = () => stage.server.outputs.has('outputs/study.ipynb') && executed(stage)
  await stage.server.until(() => {
    const form = latest()
    return form !== false && textOf(form.cells[0]) === 'first\n'
  })
  await stage.server.until(() => stage.server.heartbeats.some(({ stageDetail }) => stageDetail === 'cell 2/2'))
  expect(stage.server.result()).toBeNull()
})

test('parameters stand in a cell of their own after the cell tagged parameters', async () => {
  const stage = await notebook(
    [{ source: 'epochs = 1\nname = "none"', tags: ['parameters'] }, { source: 'print(epochs, name, flags, deep)' }],
    { parameters: { epochs: 5, name: `it's`, flags: [true, null], deep: { 学习率: 0.1 } } },
  )
  await stage.result()
  expect(taskLogOf(stage)).toContain(`5 it's [True, None] {'学习率': 0.1}\n`)
  expect(executed(stage).cells.map(({ metadata }) => metadata.tags)).toEqual([
    ['parameters'],
    ['injected-parameters'],
    [],
  ])
})

test('the first cell that fails ends the notebook, and is named as it was numbered when it was submitted', async () => {
  const stage = await notebook(
    [
      { source: 'x = 1', tags: ['parameters'] },
      { source: 'print("before")' },
      { source: 'def fit():\n  raise ValueError("two classes expected")\nfit()' },
      { source: 'print("never")' },
    ],
    { parameters: { x: 2 } },
  )
  expect((await stage.result()).verdict).toMatchObject({
    kind: 'cell_failed',
    cellIndex: 2,
    evidence: 'ValueError: two classes expected',
  })
  expect(logOf(stage)).toContain('Traceback (most recent call last)')
  expect(logOf(stage)).not.toContain('never')
  expect(executed(stage).cells[3]?.outputs?.[0]).toMatchObject({ output_type: 'error', ename: 'ValueError' })
})

test('a package missing from a notebook is named with its cell', async () => {
  const stage = await notebook([{ source: 'import surely_not_installed' }])
  expect((await stage.result()).verdict).toMatchObject({
    kind: 'missing_package',
    module: 'surely_not_installed',
    cellIndex: 0,
  })
})

test('a cell that may fail by its tag does not end the notebook, and one that exits ends it well', async () => {
  const stage = await notebook([
    { source: '1 / 0', tags: ['raises-exception'] },
    { source: 'import sys; sys.exit(0)' },
    { source: 'print("never")' },
  ])
  expect((await stage.result()).verdict.kind).toBe('succeeded')
  expect(logOf(stage)).not.toContain('never')
})

test('output of a cell arrives while the cell runs, progress bars as they are', async () => {
  const stage = await notebook([
    {
      source: `import sys, time
for step in range(3):
  print(f"\\r{step}/3", end="", flush=True); time.sleep(0.3)
time.sleep(600)`,
    },
  ])
  await stage.server.until(() => taskLogOf(stage).endsWith('\r0/3\r1/3\r2/3'))
  stage.server.stop('cancelled')
  expect((await stage.result()).verdict.kind).toBe('cancelled')
  expect(await stage.living()).toEqual([])
})

test('a kernel that dies is told with its signal and its cell', async () => {
  const stage = await notebook([
    { source: 'x = 1' },
    { source: 'import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)' },
  ])
  expect((await stage.result()).verdict).toMatchObject({ kind: 'signal', signal: 'SIGSEGV', cellIndex: 1 })
})

test('a notebook that wants to save on SIGTERM is given the time', async () => {
  const stage = await notebook([
    {
      source: `import signal, sys, time
stop = []
signal.signal(signal.SIGTERM, lambda *_: stop.append(1))
print("up")
while not stop: time.sleep(0.05)
open("outputs/checkpoint.txt", "w").write("kept")
print("saved")`,
    },
    { source: 'print("never")' },
  ])
  await stage.server.until(() => logOf(stage).includes('up'))
  stage.server.stop('preempted')
  expect((await stage.result()).verdict.kind).toBe('preempted')
  expect(Buffer.from(stage.server.outputs.get('outputs/checkpoint.txt') ?? []).toString()).toBe('kept')
  expect(textOf(executed(stage).cells[0])).toBe('up\nsaved\n')
  expect(logOf(stage)).not.toContain('never')
})

test('an environment without ipykernel is refused, and nothing is put into it', async () => {
  const stage = await notebook([{ source: '1' }], { spec: { pin: await pinOf(['six==1.17.0']) } })
  const { verdict } = await stage.result()
  expect(verdict.kind).toBe('environment_failed')
  expect(verdict.evidence).toMatch(/ipykernel is not in the environment/)
})

test('a broken notebook, or one of another language, is refused with the reason', async () => {
  const broken = await notebook([], { content: '{"cells": [' })
  expect((await broken.result()).verdict).toMatchObject({ kind: 'snapshot_failed' })
  const other = JSON.parse(notebookOf([{ source: '1' }])) as { metadata: { kernelspec: { language: string } } }
  other.metadata.kernelspec.language = 'julia'
  const julia = await notebook([], { content: JSON.stringify(other) })
  expect((await julia.result()).verdict.evidence).toMatch(/written in julia; only Python/)
})

test('a cell that prints more than a notebook can hold prints it all to the log', async () => {
  const stage = await notebook([{ source: 'for _ in range(20): print("x" * 999_999)' }, { source: 'print("after")' }])
  expect((await stage.result()).verdict.kind).toBe('succeeded')
  expect(taskLogOf(stage).length).toBe('[cell 1/2]\n'.length + 20_000_000 + '[cell 2/2]\nafter\n'.length)
  const kept = textOf(executed(stage).cells[0])
  expect(kept.length).toBeLessThan(9_000_000)
  expect(kept).toContain('The rest of this output is in the log')
})
