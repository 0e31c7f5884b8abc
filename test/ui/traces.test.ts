import type { Span } from '@novabrain/contracts'
import { formatMicros } from '../../shared/ui/src/format/micros.js'
import { barOf, spanRows, type Branch } from '../../shared/ui/src/format/span-rows.js'
import { stringsOf } from '../../shared/ui/src/locales/strings.js'

const span = (id: string, childCount = 0): Span => ({
  id,
  parentId: null,
  name: id,
  type: null,
  status: 'OK',
  startUs: 0,
  durationUs: 1,
  childCount,
})
const branch = (spans: readonly Span[], next: string | null = null): Branch => ({ spans, next })
const told = (branches: Readonly<Record<string, Branch>>, opened: readonly string[]) =>
  spanRows({ branches: new Map(Object.entries(branches)), opened: new Set(opened) }).map((row) =>
    row.kind === 'span' ? `${String(row.level)} ${row.span.id}` : `${String(row.level)} ${row.kind} ${row.parentId}`,
  )

describe('the lines of a tree of spans', () => {
  test('go down only where it is open', () => {
    const branches = { '': branch([span('a', 1), span('b')]), a: branch([span('c', 1)]), c: branch([span('d')]) }
    expect(told(branches, [])).toEqual(['1 a', '1 b'])
    expect(told(branches, ['a', 'c'])).toEqual(['1 a', '2 c', '3 d', '1 b'])
  })

  test('say what is being read and where there is more', () => {
    const branches = { '': branch([span('a', 300), span('b', 1)]), a: branch([span('c')], 'cursor') }
    expect(told(branches, ['a', 'b'])).toEqual(['1 a', '2 c', '2 more a', '1 b', '2 reading b'])
  })

  test('of spans a hundred thousand deep are made without recursion', () => {
    const depth = 100_000
    const branches = Object.fromEntries(
      Array.from({ length: depth }, (_, level) => [
        level === 0 ? '' : String(level - 1),
        branch([span(String(level), 1)]),
      ]),
    )
    const opened = Array.from({ length: depth - 1 }, (_, level) => String(level))
    expect(told(branches, opened)).toHaveLength(depth)
  })
})

test('a bar is never so short that it is not seen, and never leaves the line', () => {
  expect(barOf({ startUs: 0, durationUs: 1 }, 1_000_000)).toEqual({ left: 0, width: 0.5 })
  expect(barOf({ startUs: 1_000_000, durationUs: 5 }, 1_000_000)).toEqual({ left: 99.5, width: 0.5 })
  expect(barOf({ startUs: 250, durationUs: null }, 1000)).toEqual({ left: 25, width: 75 })
  expect(barOf({ startUs: 0, durationUs: 0 }, 0)).toEqual({ left: 0, width: 0.5 })
})

test('a short time is told in three digits', () => {
  const words = stringsOf('en').duration
  const all = [0, 320, 999.6, 12_345, 999_900, 1_250_000, 59_000_000, 125_000_000]
  expect(all.map((us) => formatMicros(us, words))).toEqual([
    '0 µs',
    '320 µs',
    '1000 µs',
    '12.3 ms',
    '1000 ms',
    '1.25 s',
    '59 s',
    '2 min 5 s',
  ])
})
