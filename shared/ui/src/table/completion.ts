/** What is being written in a filter where the caret stands: a key of some kind, or the beginning of a condition. */
export interface Unfinished {
  readonly kind: 'metric' | 'param' | 'tag' | 'attribute' | 'entity'
  /** What of the key is there already. */
  readonly typed: string
  /** The piece that a choice takes the place of. */
  readonly from: number
  readonly to: number
}

const entities: Readonly<Record<string, Unfinished['kind']>> = {
  metric: 'metric',
  metrics: 'metric',
  param: 'param',
  params: 'param',
  parameter: 'param',
  parameters: 'param',
  tag: 'tag',
  tags: 'tag',
  attribute: 'attribute',
  attributes: 'attribute',
  attr: 'attribute',
  run: 'attribute',
}

/** A condition begins at the start of the filter or after AND; what is in quotes is over. */
const start = /(?:^|\bAND\s+)((?:"[^"]*"?|`[^`]*`?|[^\s"'`<>=!])*)$/i

/** What could be completed at the caret; `null` inside values and after operators. */
export const unfinishedAt = (text: string, caret: number): Unfinished | null => {
  const before = text.slice(0, caret)
  const piece = start.exec(before)?.[1]
  if (piece === undefined) return null
  const from = caret - piece.length
  const dot = piece.indexOf('.')
  if (dot < 0) return { kind: 'entity', typed: piece, from, to: caret }
  const kind = entities[piece.slice(0, dot).toLowerCase()]
  if (kind === undefined) return null
  return { kind, typed: piece.slice(dot + 1).replace(/^["`]/, ''), from: from + dot + 1, to: caret }
}

/** A key as the grammar reads it back: in backticks unless it is a plain name. */
export const quotedKey = (key: string): string =>
  /^[\p{L}_][\p{L}\p{N}_]*(\.[\p{L}\p{N}_]+)*$/u.test(key) ? key : key.includes('`') ? `"${key}"` : `\`${key}\``

/** The text with a choice put in, and where the caret stands then. */
export const completed = (
  text: string,
  { from, to, kind }: Unfinished,
  choice: string,
): { readonly text: string; readonly caret: number } => {
  const put = kind === 'entity' ? `${choice}.` : `${kind === 'attribute' ? choice : quotedKey(choice)} `
  return { text: text.slice(0, from) + put + text.slice(to).replace(/^ /, ''), caret: from + put.length }
}
