import { parseAnsi, stripAnsi } from '../../shared/ui/src/format/ansi.js'
import {
  appendBytes,
  emptyWindow,
  maxLineBytes,
  prependBytes,
  visibleLines,
} from '../../shared/ui/src/format/log-window.js'
import { columnsOf, plainRows, wrappedRows } from '../../shared/ui/src/format/log-rows.js'
import { LogReader } from '../../shared/ui/src/elements/log-reader.js'

const bytes = (text: string) => new TextEncoder().encode(text)
const shown = (window: ReturnType<typeof emptyWindow>) => visibleLines(window).map((line) => line.text)

describe('a window on a log', () => {
  test('a character cut by the edge of a read is whole in the end', () => {
    const whole = bytes('准确率\n')
    let window = emptyWindow()
    for (const byte of whole) window = appendBytes(window, Uint8Array.of(byte), 1000)
    expect(shown(window)).toEqual(['准确率'])
  })
  test('a progress bar is one line: what a carriage return overwrote is gone', () => {
    const window = appendBytes(emptyWindow(), bytes('10%\r55%\r100%\r\ndone\r\n 3%\r 4%'), 1000)
    expect(shown(window)).toEqual(['100%', 'done', ' 4%'])
  })
  test('bytes that are no text do not break the lines around them', () => {
    const noise = Uint8Array.of(0x61, 0x0a, 0xff, 0xfe, 0x0a, 0x62, 0x0a)
    expect(shown(appendBytes(emptyWindow(), noise, 1000))).toEqual(['a', '\ufffd\ufffd', 'b'])
  })
  test('beyond its size the window forgets from the front, by whole lines', () => {
    const window = appendBytes(emptyWindow(), bytes('one\ntwo\nthree\n'), 10)
    expect([shown(window), window.startOffset]).toEqual([['two', 'three'], 4])
  })
  test('reading back continues where the window starts, and forgets from the back', () => {
    const log = bytes('one\ntwo\nthree\nfour\n')
    const end = appendBytes(emptyWindow(8), log.subarray(8), 1000)
    const grown = prependBytes(end, log.subarray(2, 8), 1000)
    expect([shown(grown), grown.startOffset]).toEqual([['two', 'three', 'four'], 4])
    const small = prependBytes(end, log.subarray(0, 8), 14)
    expect([shown(small), small.endOffset]).toEqual([['one', 'two', 'three'], 14])
  })
  test('ten thousand updates of one bar without a line end take no more room than one', () => {
    let window = emptyWindow()
    for (let i = 0; i < 10_000; i++) window = appendBytes(window, bytes(`${i}%|${'#'.repeat(40)}\r`), 1_000_000)
    expect(window.tail.length).toBeLessThanOrEqual(maxLineBytes + 100)
    expect(shown(window)).toEqual([`9999%|${'#'.repeat(40)}`])
  })
  test('a line of a megabyte is broken, not kept whole', () => {
    const window = appendBytes(emptyWindow(), new Uint8Array(1_000_000).fill(97), 10_000_000)
    expect(Math.max(...visibleLines(window).map((line) => line.text.length))).toBeLessThanOrEqual(maxLineBytes + 2)
  })
})

describe('terminal colours', () => {
  const looks = (line: string) => parseAnsi(line).spans.map(({ text, foreground, bold }) => [text, foreground, bold])
  test('colours, weight and reset', () =>
    expect(looks('\u001b[1;31mbad\u001b[0m then \u001b[92mgood')).toEqual([
      ['bad', 1, true],
      [' then ', null, false],
      ['good', 10, false],
    ]))
  test('256 and true colours fall to the nearest of the sixteen', () =>
    expect(looks('\u001b[38;5;196mr\u001b[38;2;0;0;255mb\u001b[38;5;244mg').map(([, colour]) => colour)).toEqual([
      9, 12, 8,
    ]))
  test('a colour goes on in the next line', () => {
    const { end } = parseAnsi('\u001b[33mwarning')
    expect(parseAnsi('more', end).spans[0]?.foreground).toBe(3)
  })
  test('cursor movements, titles and control characters leave no trace to be taken for text', () => {
    expect(stripAnsi('\u001b[2K\u001b]0;title\u0007a\u001b[1Ab')).toBe('ab')
    expect(parseAnsi('a\u0000b').spans[0]?.text).toBe('a·b')
  })
})

describe('a reader of a long log', () => {
  const lineOf = (i: number) => `line ${String(i).padStart(7, '0')} ${'x'.repeat(40)}\n`
  const lineBytes = lineOf(0).length
  const lines = 200_000
  const size = lines * lineBytes
  /** A log of ten megabytes that is made as it is read. */
  const read = async (offset: number, limit: number) => {
    const end = Math.min(size, offset + limit)
    const first = Math.floor(offset / lineBytes)
    const text = Array.from({ length: Math.ceil(end / lineBytes) - first }, (_, i) => lineOf(first + i)).join('')
    return bytes(text.slice(offset - first * lineBytes, end - first * lineBytes))
  }
  const reader = () => {
    const made = new LogReader({ read, changed: () => undefined, maxBytes: 500_000, chunkBytes: 100_000 })
    made.grew(size)
    return made
  }
  test('opens at the end without reading the whole', async () => {
    const r = reader()
    await r.toEnd()
    expect(r.lines.at(-1)?.text).toContain('line 0199999')
    expect(r.window.endOffset - r.window.startOffset).toBeLessThan(200_000)
  })
  test('goes back and forth with bounded memory and without a gap', async () => {
    const r = reader()
    await r.toEnd()
    for (let i = 0; i < 12; i++) await r.older()
    const numbers = r.lines.map((line) => Number(line.text.slice(5, 12)))
    expect(numbers.every((n, i) => i === 0 || n === (numbers[i - 1] ?? 0) + 1)).toBe(true)
    expect(r.window.endOffset - r.window.startOffset).toBeLessThanOrEqual(500_000)
    expect(r.atEnd).toBe(false)
    for (let i = 0; i < 20; i++) await r.newer()
    expect(r.lines.at(-1)?.text).toContain('line 0199999')
  })
  test('finds a text anywhere, forwards and backwards, going around once', async () => {
    const r = reader()
    await r.toEnd()
    expect(await r.find('LINE 0001234', size, 'next')).toBe(1234 * lineBytes)
    expect(await r.find('line 0001234', 150_000 * lineBytes, 'previous')).toBe(1234 * lineBytes)
    expect(await r.find('line 0190000', 1000 * lineBytes, 'previous')).toBe(190_000 * lineBytes)
    expect(await r.find('nowhere', 0, 'next')).toBeNull()
  })
  test('shows the line that was found', async () => {
    const r = reader()
    await r.toEnd()
    await r.around(777 * lineBytes)
    expect(r.lines.some((line) => line.offset === 777 * lineBytes)).toBe(true)
  })
  test('a reading that failed is told and does not block the next', async () => {
    let away = true
    const r = new LogReader({
      read: async (offset, limit) => {
        if (away) throw new Error('away')
        return read(offset, limit)
      },
      changed: () => undefined,
    })
    await r.toStart()
    expect(r.error).toEqual(new Error('away'))
    away = false
    await r.toStart()
    expect([r.error, r.lines[0]?.text.slice(0, 12)]).toEqual([null, 'line 0000000'])
  })
})

describe('rows of wrapped lines', () => {
  const lines = ['short', 'x'.repeat(25), '', '准确率'.repeat(4)].map((text, i) => ({ offset: i, sizeBytes: 1, text }))
  const rows = wrappedRows(lines, 10)
  test('a line takes as many rows as it needs, an empty one its own', () => {
    expect([0, 1, 2, 3, 4].map((i) => rows.rowOf(i))).toEqual([0, 1, 4, 5, 8])
    expect(rows.count).toBe(8)
  })
  test('each row knows its line', () =>
    expect([0, 1, 3, 4, 5, 7, 99].map((row) => rows.lineAt(row))).toEqual([0, 1, 1, 2, 3, 3, 3]))
  test('without wrapping a row is a line', () => {
    const plain = plainRows(lines)
    expect([plain.count, plain.rowOf(2), plain.lineAt(3), plain.lineAt(99)]).toEqual([4, 2, 3, 3])
  })
  test('colours take no column, East Asian characters two, a tab up to the next eighth', () =>
    expect(['\u001b[31mred\u001b[0m', '准确', 'ab\tc', '🎉'].map(columnsOf)).toEqual([3, 4, 9, 2]))
})
