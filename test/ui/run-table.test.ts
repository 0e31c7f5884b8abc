import type { RunCell, RunTableRow } from '@novabrain/contracts'
import { defaultAxes, runsWithin, type PlottedRun } from '../../shared/ui/src/plots/plotted-runs.js'
import { roundIn, scaleOf } from '../../shared/ui/src/plots/scale.js'
import { layoutOf, moved, visibleColumns } from '../../shared/ui/src/table/column-layout.js'
import { completed, unfinishedAt } from '../../shared/ui/src/table/completion.js'
import { defaultColumns } from '../../shared/ui/src/table/default-columns.js'
import { initialState, queryOfState, stateOfQuery, type RunTableState } from '../../shared/ui/src/table/state.js'

describe('the state of a table is its address', () => {
  const run = '01a2033ec83c77e4be4ee07f0e2702d0'
  const full: RunTableState = {
    filter: "metrics.`a b` < 1 AND params.x = 'a&b=c,d#%+'",
    order: [
      { column: 'metrics.val/loss', descending: true },
      { column: 'params.a,b', descending: false },
    ],
    columns: ['metrics.-1', 'params.学习率', 'tags.a+b c', 'attributes.user_id'],
    group: ['params.model', 'attributes.status'],
    selected: [run],
    view: 'parallel',
    axes: ['params.lr', 'metrics.a:b'],
    brushes: [{ column: 'metrics.a:b', low: -1.5, high: 2e-7 }],
    x: 'params.lr',
    y: 'metrics.loss',
    colour: 'tags.team',
    zoom: [10, 2000],
  }
  test('what is written is read back, whatever keys are called', () => {
    expect(stateOfQuery(queryOfState(full))).toEqual(full)
    expect(queryOfState(full)).not.toMatch(/[#\s]/)
  })
  test('the beginning is an empty query, and an empty query the beginning', () => {
    expect(queryOfState(initialState)).toBe('')
    expect(stateOfQuery('')).toEqual(initialState)
  })
  test('no columns is a choice, and another thing than none chosen', () => {
    expect(stateOfQuery(queryOfState({ ...initialState, columns: [] })).columns).toEqual([])
    expect(stateOfQuery(queryOfState({ ...initialState, order: [] })).order).toEqual([])
  })
  test('what makes no sense is left out', () => {
    const query =
      'columns=nonsense,metrics.a,metrics.a,attributes.none&view=x&select=1,zz&zoom=5..1&brush=metrics.a:1&filter=%E0%A4%A'
    expect(stateOfQuery(query)).toEqual({ ...initialState, columns: ['metrics.a'], filter: '%E0%A4%A' })
  })
})

describe('columns of a wide table', () => {
  const layout = layoutOf([...Array(12_000).keys()].map((i) => (i % 2 === 0 ? 100 : 140)))
  test('only those in view and a neighbour on each side are drawn', () => {
    expect(layout.totalPx).toBe(12_000 * 120)
    expect(visibleColumns(layout, 0, 500)).toEqual({ first: 0, last: 6 })
    const { first, last } = visibleColumns(layout, 720_000, 900)
    expect([first, last]).toEqual([5999, 6009])
    expect(visibleColumns(layout, layout.totalPx, 900).last).toBe(12_000)
    expect(visibleColumns(layoutOf([]), 0, 900)).toEqual({ first: 0, last: 0 })
  })
  test('a column moves to another place', () => {
    expect(moved(['a', 'b', 'c'], 0, 2)).toEqual(['b', 'c', 'a'])
    expect(moved(['a', 'b', 'c'], 2, 0)).toEqual(['c', 'a', 'b'])
    expect(moved(['a', 'b'], 0, -1)).toEqual(['a', 'b'])
    expect(moved(['a', 'b'], 5, 0)).toEqual(['a', 'b'])
  })
})

describe('what may follow in a filter', () => {
  test.each([
    ['met', { kind: 'entity', typed: 'met', from: 0, to: 3 }],
    ['metrics.lo', { kind: 'metric', typed: 'lo', from: 8, to: 10 }],
    ["params.a = 'x' AND tag.`no", { kind: 'tag', typed: 'no', from: 23, to: 26 }],
    ['metrics.loss < 1 and ', { kind: 'entity', typed: '', from: 21, to: 21 }],
    ['metrics.loss < 0.', null],
    ["params.a = 'metrics.", null],
    ['nothing.a', null],
  ])('%s', (text, expected) => expect(unfinishedAt(text, text.length)).toEqual(expected))

  test('a key that is no plain name comes in backticks', () => {
    const take = (text: string, choice: string) => {
      const unfinished = unfinishedAt(text, text.length)
      return unfinished === null ? null : completed(text, unfinished, choice).text
    }
    expect(take('metrics.lo', 'loss')).toBe('metrics.loss ')
    expect(take('metrics.lo', 'val/loss')).toBe('metrics.`val/loss` ')
    expect(take('metrics.`va', 'val loss')).toBe('metrics.`val loss` ')
    expect(take('par', 'params')).toBe('params.')
  })
})

test('a table begins with plain names before those in folders, and without what was measured of the machine', () => {
  const metric = (key: string) => ({ key, value: 1, step: 0, timestampMs: 0, pointCount: 1 })
  const run = {
    metrics: ['layer/1/norm', 'system/cpu', 'loss', 'accuracy'].map(metric),
    params: [{ key: 'lr', value: '1' }],
  }
  expect(defaultColumns(run, false)).toEqual([
    'attributes.start_time',
    'attributes.duration',
    'attributes.user_id',
    'metrics.accuracy',
    'metrics.loss',
    'metrics.layer/1/norm',
    'params.lr',
  ])
})

describe('axes', () => {
  const row = (name: string): RunTableRow => ({
    id: '0'.repeat(32),
    experimentId: '1',
    experimentName: 'e',
    name,
    status: 'FINISHED',
    userName: 'u',
    startedAt: null,
    endedAt: null,
    cells: [],
  })
  const plotted = (...cells: [string, RunCell][]): PlottedRun => ({ row: row('r'), cells: new Map(cells) })

  test('numbers written as texts are numbers; far apart they are logarithmic', () => {
    const scale = scaleOf(['1e-4', '0.01', '1', null, 'NaN'], String)
    expect(scale.kind).toBe('log')
    expect([0.0001, 0.01, 1].map((number) => Math.round(scale.part(number) * 100))).toEqual([0, 50, 100])
    expect(scale.at(0.5)).toBeCloseTo(0.01)
    expect(scale.numberOf('NaN')).toBeNull()
  })
  test('texts have places in their order, and one value lies in the middle', () => {
    const scale = scaleOf(['b', 'a', 'c', 'a'], String)
    expect(scale.ticks.map(({ text }) => text)).toEqual(['a', 'b', 'c'])
    expect(['a', 'b', 'c'].map((text) => scale.part(scale.numberOf(text) ?? NaN))).toEqual([0, 0.5, 1])
    expect(scaleOf([3, 3], String).part(3)).toBe(0.5)
    expect(scaleOf([], String).kind).toBe('places')
  })
  test('ticks are round numbers within', () => {
    expect(roundIn(0.05, 0.81, 5)).toEqual([0.2, 0.4, 0.6, 0.8])
    expect(roundIn(-3, 3, 5)).toEqual([-2, 0, 2])
  })
  test('a run without a value lies in no range', () => {
    const runs = [plotted(['metrics.a', 1]), plotted(['metrics.a', 2]), plotted(['metrics.a', null])]
    const scales = new Map([['metrics.a', scaleOf([1, 2, null], String)]])
    expect(runsWithin(runs, [{ column: 'metrics.a', low: 1.5, high: 2 }], scales)).toEqual([runs[1]])
    expect(runsWithin(runs, [], scales)).toHaveLength(3)
  })
  test('a comparison begins with what differs: params, then metrics', () => {
    const runs = [
      plotted(['metrics.a', 1], ['params.same', 'x'], ['params.lr', '1']),
      plotted(['metrics.a', 2], ['params.same', 'x'], ['params.lr', '2']),
    ]
    expect(defaultAxes(runs, ['metrics.a', 'params.same', 'params.lr', 'attributes.user_id'])).toEqual([
      'params.lr',
      'metrics.a',
    ])
  })
})
