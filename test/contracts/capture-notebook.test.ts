import {
  errorText,
  notebookCode,
  notebookParameters,
  readNotebook,
  snapshotText,
  type Notebook,
} from '@novabrain/contracts'

const cell = (source: string | string[], more: object = {}) => ({
  cell_type: 'code',
  id: 'c1',
  metadata: {},
  source,
  outputs: [],
  execution_count: null,
  ...more,
})
const textOf = (cells: unknown[], more: object = {}): string =>
  JSON.stringify({
    nbformat: 4,
    nbformat_minor: 5,
    metadata: { kernelspec: { name: 'python3', display_name: 'Python 3', language: 'python' } },
    cells,
    ...more,
  })
const read = (text: string): Notebook => {
  const reading = readNotebook(text, 'a.ipynb')
  if (!reading.ok) throw new Error(`${reading.code} ${JSON.stringify(reading.data)}`)
  return reading.notebook
}
const fault = (text: string) => {
  const reading = readNotebook(text, 'a.ipynb')
  return reading.ok ? null : [reading.code, reading.data]
}

describe('reading a notebook', () => {
  test('joins sources and tags', () => {
    const [first] = read(textOf([cell(['a = 1\n', 'b = 2'], { metadata: { tags: ['parameters'] } })])).cells
    expect(first).toEqual({ kind: 'code', id: 'c1', source: 'a = 1\nb = 2', tags: ['parameters'] })
  })

  test.each([
    ['', 1, 1],
    ['{"a": 1,}', 1, 9],
    ['{\n "cells": [\n  {"x" 1}\n ]\n}', 3, 8],
    ['{"nbformat": 4, "cells": [', 1, 27],
    ['{"cells": []}\n<<<<<<< HEAD', 2, 1],
    ['{"a": "open\n"}', 1, 7],
    ['{"a": nul}', 1, 7],
  ])('broken JSON is told by line and column: %j', (text, line, column) => {
    expect(fault(text)).toEqual(['notebook_broken', { path: 'a.ipynb', line, column }])
  })

  test('an old format, another shape and another language each have their own sentence', () => {
    expect(fault(JSON.stringify({ nbformat: 3, worksheets: [] }))).toEqual([
      'notebook_too_old',
      { path: 'a.ipynb', version: 3 },
    ])
    expect(fault('[]')).toEqual(['notebook_invalid', { path: 'a.ipynb', detail: 'not an object' }])
    expect(fault(textOf([{ cell_type: 'code' }]))).toEqual([
      'notebook_invalid',
      { path: 'a.ipynb', detail: 'cells[0]' },
    ])
    const julia = { metadata: { kernelspec: { name: 'julia-1.10' } } }
    expect(fault(textOf([], julia))).toEqual(['notebook_not_python', { path: 'a.ipynb', language: 'julia' }])
    expect(errorText('notebook_not_python', { path: 'a.ipynb', language: 'R' }, 'zh-CN').message).toContain('R')
  })

  test('an unsaved notebook that names no kernel is Python', () => {
    expect(read(textOf([], { metadata: {} })).language).toBe('python')
  })

  test('parameters are the plain assignments of the tagged cell', () => {
    const source = 'epochs: int = 5  # passes\nname = "a#b"\nrate=1e-3\nflag = True\nitems = [1, 2]\nif x == 1: pass\n'
    expect(notebookParameters(read(textOf([cell(source, { metadata: { tags: ['parameters'] } })])))).toEqual([
      { name: 'epochs', expression: '5', value: 5, comment: 'passes' },
      { name: 'name', expression: '"a#b"', value: 'a#b', comment: null },
      { name: 'rate', expression: '1e-3', value: 0.001, comment: null },
      { name: 'flag', expression: 'True', value: true, comment: null },
      { name: 'items', expression: '[1, 2]', comment: null },
    ])
  })

  test('magic and shell lines are not Python, and their words may name files', () => {
    const notebook = read(
      textOf([
        cell('%%time\nif x:\n    !python other.py --in=data/a.csv\nfiles = !ls out/\nlen?'),
        cell('%%bash\ncat notes/b.txt'),
        { cell_type: 'markdown', metadata: {}, source: 'import nothing' },
      ]),
    )
    expect(notebookCode(notebook)).toEqual({
      code: ['pass\nif x:\n    pass\npass\npass', ''],
      words: ['other.py', 'data/a.csv', 'out/', 'notes/b.txt'],
    })
  })
})

describe('the bytes of a notebook in a snapshot', () => {
  const base = cell('print(1)')
  const ran = {
    ...base,
    source: ['print(1)'],
    metadata: { execution: { 'iopub.status.busy': '2026-01-01' }, collapsed: true, trusted: true },
    outputs: [{ output_type: 'stream', name: 'stdout', text: 'x'.repeat(1_000_000) }],
    execution_count: 7,
  }

  test('are equal whatever it has printed, wherever it was opened, and in whatever order the editor writes', () => {
    const before = snapshotText(read(textOf([base])))
    const spec = { name: 'python3', display_name: 'Python 3', language: 'python' }
    const after = textOf([ran], { metadata: { widgets: { state: {} }, kernelspec: spec } })
    expect(snapshotText(read(after))).toBe(before)
    expect(before.length).toBeLessThan(500)
  })

  test('differ when a cell, a tag or an attachment differs', () => {
    const texts = [
      [base],
      [{ ...base, source: 'print(2)' }],
      [{ ...base, metadata: { tags: ['parameters'] } }],
      [base, { cell_type: 'markdown', metadata: {}, source: '', attachments: { a: {} } }],
    ].map((cells) => snapshotText(read(textOf(cells))))
    expect(new Set(texts).size).toBe(4)
  })

  test('are a notebook again', () => {
    expect(read(snapshotText(read(textOf([ran])))).cells).toEqual(read(textOf([base])).cells)
  })
})
