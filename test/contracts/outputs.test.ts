import { executedCells, planPull, type ExecutedCell } from '@novabrain/contracts'

const ran = (id: string, source: string, change: Partial<ExecutedCell> = {}): ExecutedCell => ({
  id,
  type: 'code',
  source,
  outputs: [{ output_type: 'stream', name: 'stdout', text: `from ${id}` }],
  executionCount: 1,
  injected: false,
  ...change,
})
const open = (id: string, source: string, type = 'code') => ({ id, type, source })

test('outputs go to the cell with the same id, wherever it has moved', () => {
  const plan = planPull([open('b', 'y = 2'), open('a', 'x = 1')], [ran('a', 'x = 1'), ran('b', 'y = 2')])
  expect(plan.writes.map(({ index, from }) => [index, from.id])).toEqual([
    [0, 'b'],
    [1, 'a'],
  ])
  expect(plan.skipped).toEqual([])
})

test('a cell whose source has changed since is never touched, and is told', () => {
  const plan = planPull([open('a', 'x = 2')], [ran('a', 'x = 1')])
  expect(plan.writes).toEqual([])
  expect(plan.skipped).toEqual([{ index: 0, reason: 'changed' }])
})

test('a cell that was not part of the run is told apart from a changed one', () => {
  const plan = planPull([open('new', 'print(1)')], [ran('a', 'x = 1')])
  expect(plan.skipped).toEqual([{ index: 0, reason: 'not_run' }])
})

test('text and empty cells are nobody’s concern', () => {
  const plan = planPull([open('t', '# Title', 'markdown'), open('e', '  \n')], [])
  expect(plan).toEqual({ writes: [], skipped: [], gone: 0 })
})

test('cells that ran and are gone are counted, the injected parameters are not', () => {
  const injected = ran('p', '# Parameters\nepochs = 5', { injected: true })
  expect(planPull([], [ran('a', 'x = 1'), injected]).gone).toBe(1)
})

test('a notebook as the runner wrote it is read with joined sources and injected tags', () => {
  const text = JSON.stringify({
    nbformat: 4,
    cells: [
      { cell_type: 'code', id: 'a', source: ['x = 1\n', 'x'], outputs: [{}], execution_count: 3, metadata: {} },
      { cell_type: 'code', id: 'p', source: 'y = 2', outputs: [], metadata: { tags: ['injected-parameters'] } },
    ],
  })
  expect(executedCells(text)).toEqual([
    { id: 'a', type: 'code', source: 'x = 1\nx', outputs: [{}], executionCount: 3, injected: false },
    { id: 'p', type: 'code', source: 'y = 2', outputs: [], executionCount: null, injected: true },
  ])
  expect(() => executedCells('{"not": "a notebook"}')).toThrow('Not a notebook')
})
