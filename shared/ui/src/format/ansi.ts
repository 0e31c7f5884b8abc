/** A stretch of text of one look. Colours 0–15 are the terminal's, `null` the default. */
export interface AnsiSpan {
  readonly text: string
  readonly foreground: number | null
  readonly background: number | null
  readonly bold: boolean
  readonly dim: boolean
  readonly italic: boolean
  readonly underline: boolean
}

/** The look in force at the end of a line, carried to the next. */
export type AnsiStyle = Omit<AnsiSpan, 'text'>

/** Nothing special. */
export const plainStyle: AnsiStyle = {
  foreground: null,
  background: null,
  bold: false,
  dim: false,
  italic: false,
  underline: false,
}

// eslint-disable-next-line no-control-regex -- escape sequences begin with a control character
const sequence = /\u001b\[([0-9;:?]*)([@-~])|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b[@-Z\\^_]?/g
// eslint-disable-next-line no-control-regex -- what is left of binary noise is shown as a placeholder
const unprintable = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f]/g

/**
 * A line of a log cut where its look changes (ECMA-48 `SGR`). Other sequences, such as cursor movements, are dropped;
 * control characters show as `·`. 256-colour and true-colour codes fall back to the nearest of the 16.
 */
export const parseAnsi = (line: string, start: AnsiStyle = plainStyle): { spans: AnsiSpan[]; end: AnsiStyle } => {
  const spans: AnsiSpan[] = []
  let style = start
  let from = 0
  const add = (text: string) => {
    if (text !== '') spans.push({ ...style, text: text.replace(unprintable, '·') })
  }
  for (const match of line.matchAll(sequence)) {
    add(line.slice(from, match.index))
    from = match.index + match[0].length
    if (match[2] === 'm') style = applyCodes(style, (match[1] ?? '').split(/[;:]/).map(Number))
  }
  add(line.slice(from))
  return { spans, end: style }
}

/** A line without its escape sequences, for searching and copying. */
export const stripAnsi = (line: string): string => line.replace(sequence, '')

const applyCodes = (start: AnsiStyle, codes: readonly number[]): AnsiStyle => {
  let style = start
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i] ?? 0
    if (code === 38 || code === 48) {
      const extended = extendedColour(codes, i + 1)
      style = { ...style, [code === 38 ? 'foreground' : 'background']: extended.colour }
      i += extended.length
    } else style = applyCode(style, code)
  }
  return style
}

const applyCode = (style: AnsiStyle, code: number): AnsiStyle => {
  if (code === 0) return plainStyle
  if (code === 1) return { ...style, bold: true }
  if (code === 2) return { ...style, dim: true }
  if (code === 3) return { ...style, italic: true }
  if (code === 4) return { ...style, underline: true }
  if (code === 22) return { ...style, bold: false, dim: false }
  if (code === 23) return { ...style, italic: false }
  if (code === 24) return { ...style, underline: false }
  if (code === 39) return { ...style, foreground: null }
  if (code === 49) return { ...style, background: null }
  return applyColour(style, code)
}

const applyColour = (style: AnsiStyle, code: number): AnsiStyle => {
  if (code >= 30 && code <= 37) return { ...style, foreground: code - 30 }
  if (code >= 40 && code <= 47) return { ...style, background: code - 40 }
  if (code >= 90 && code <= 97) return { ...style, foreground: code - 82 }
  if (code >= 100 && code <= 107) return { ...style, background: code - 92 }
  return style
}

/** The colour behind `38;5;n` or `38;2;r;g;b`, as one of 16, and how many codes it took. */
const extendedColour = (codes: readonly number[], at: number): { colour: number | null; length: number } => {
  if (codes[at] === 5) return { colour: nearestOf256(codes[at + 1] ?? 0), length: 2 }
  if (codes[at] === 2) return { colour: nearest(codes[at + 1] ?? 0, codes[at + 2] ?? 0, codes[at + 3] ?? 0), length: 4 }
  return { colour: null, length: 1 }
}

const nearestOf256 = (index: number): number => {
  if (index < 16) return index
  if (index >= 232) return nearest((index - 232) * 10 + 8, (index - 232) * 10 + 8, (index - 232) * 10 + 8)
  const cube = index - 16
  const level = (step: number) => (step === 0 ? 0 : step * 40 + 55)
  return nearest(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6))
}

/** Each primary is on or off; bright when any is strong. Greys become 0, 8, 7 or 15. */
const nearest = (red: number, green: number, blue: number): number => {
  const most = Math.max(red, green, blue)
  if (most - Math.min(red, green, blue) < 40) return most < 50 ? 0 : most < 140 ? 8 : most < 220 ? 7 : 15
  const on = (value: number) => (value > most / 2 ? 1 : 0)
  return on(red) + on(green) * 2 + on(blue) * 4 + (most > 200 ? 8 : 0)
}
