/** A piece of a filter, where it begins (from 0), and as it was written. */
export type Token = { readonly text: string; readonly position: number } & (
  | { readonly kind: 'name'; readonly value: string }
  | { readonly kind: 'quoted'; readonly quote: string; readonly value: string }
  | { readonly kind: 'number' | 'operator' | 'mark' }
)

/** A text that is no filter; it stays inside the parser. */
export class FilterFault extends Error {
  constructor(
    message: string,
    readonly position: number,
  ) {
    super(message)
  }
}

/** A name may have parts in quotes or backticks: metrics."a b", tags.`x.y`, `metrics`.m */
const part = String.raw`(?:[\p{L}\p{M}_@#$][\p{L}\p{M}\p{N}_@#$]*|"[^"]*"|${'`[^`]*`'})`
const laterPart = String.raw`(?:[\p{L}\p{M}\p{N}_@#$]+|"[^"]*"|'[^']*'|${'`[^`]*`'})`

const shapes = [
  ['space', /\s+/uy],
  ['dotted', new RegExp(String.raw`${part}(?:\.${laterPart})+`, 'uy')],
  ['quoted', /'(?:''|\\'|[^'])*'|"(?:""|\\"|[^"])*"|`[^`]*`/uy],
  ['number', /[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?![\p{L}_])/uy],
  ['plain', /[\p{L}\p{M}_@#$][\p{L}\p{M}\p{N}_@#$]*/uy],
  ['operator', />=|<=|!=|==|<>|=|<|>/uy],
  ['mark', /[(),]/uy],
] as const

/** The pieces of a filter, without the space between them. */
export const tokensOf = (text: string): readonly Token[] => {
  const tokens: Token[] = []
  for (let position = 0; position < text.length;) {
    const { shape, matched } = matchAt(text, position)
    const token = tokenOf(shape, matched, position)
    if (token !== null) tokens.push(token)
    position += matched.length
  }
  return tokens
}

type Shape = (typeof shapes)[number][0]

const matchAt = (text: string, position: number): { shape: Shape; matched: string } => {
  for (const [shape, pattern] of shapes) {
    pattern.lastIndex = position
    const matched = pattern.exec(text)?.[0]
    if (matched !== undefined) return { shape, matched }
  }
  throw new FilterFault(`Invalid clause(s) in filter string: '${text.slice(position)}'`, position)
}

const tokenOf = (shape: Shape, text: string, position: number): Token | null => {
  switch (shape) {
    case 'space':
      return null
    case 'dotted':
    case 'plain':
      return { kind: 'name', value: text, text, position }
    case 'quoted':
      return { kind: 'quoted', quote: text.slice(0, 1), value: text.slice(1, -1), text, position }
    case 'number':
    case 'operator':
    case 'mark':
      return { kind: shape, text, position }
  }
}
