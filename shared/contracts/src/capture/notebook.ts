import type { ErrorCode } from '../errors/catalogue.js'
import type { ErrorData } from '../errors/error.js'

/** A cell as nbformat 4 has it, with its source joined. */
export interface NotebookCell {
  readonly kind: 'code' | 'markdown' | 'raw'
  readonly id: string | null
  readonly source: string
  readonly tags: readonly string[]
}

/** A notebook that can be run here. */
export interface Notebook {
  readonly language: 'python'
  readonly kernelName: string | null
  readonly cells: readonly NotebookCell[]
  /** The whole JSON, for those who write it back. */
  readonly json: Readonly<Record<string, unknown>>
}

/** A notebook, or the error of the catalogue that says what is wrong with it. */
export type NotebookReading =
  | { readonly ok: true; readonly notebook: Notebook }
  | { readonly ok: false; readonly code: ErrorCode; readonly data: ErrorData }

/** Read the text of a notebook. `path` names it in errors. A notebook that names no language is taken for Python. */
export const readNotebook = (text: string, path: string): NotebookReading => {
  const parsed = parseJson(text)
  if (!parsed.ok) return { ok: false, code: 'notebook_broken', data: { path, ...placeOf(text, parsed.at) } }
  return readNotebookJson(parsed.value, path)
}

/** Read a notebook that is JSON already, such as an editor's model. */
export const readNotebookJson = (json: unknown, path: string): NotebookReading => {
  if (!isRecord(json)) return invalid(path, 'not an object')
  const { nbformat, cells } = json
  if (typeof nbformat !== 'number') return invalid(path, 'nbformat')
  if (nbformat !== 4) {
    if (nbformat > 4) return invalid(path, `nbformat ${nbformat}`)
    return { ok: false, code: 'notebook_too_old', data: { path, version: nbformat } }
  }
  if (!Array.isArray(cells)) return invalid(path, 'cells')
  const read = cells.map(readCell)
  const bad = read.indexOf(null)
  if (bad >= 0) return invalid(path, `cells[${bad}]`)
  const language = languageOf(json)
  if (language !== 'python') return { ok: false, code: 'notebook_not_python', data: { path, language } }
  const kernelName = at(json, 'metadata', 'kernelspec', 'name')
  return {
    ok: true,
    notebook: {
      language,
      kernelName: typeof kernelName === 'string' ? kernelName : null,
      cells: read.filter((cell) => cell !== null),
      json,
    },
  }
}

/** The cell tagged `parameters`, whose values a run may replace, by its index; `null` when there is none. */
export const parametersCell = (notebook: Notebook): number | null => {
  const index = notebook.cells.findIndex((cell) => cell.kind === 'code' && cell.tags.includes('parameters'))
  return index < 0 ? null : index
}

/** A parameter of a notebook: its name and the Python expression that is its default. */
export interface NotebookParameter {
  readonly name: string
  readonly expression: string
  /** The default when it is a plain number, string, truth value or `None`; else left out. */
  readonly value?: string | number | boolean | null
  readonly comment: string | null
}

/** The assignments of the parameters cell, in their order. Only plain one-line assignments are parameters. */
export const notebookParameters = (notebook: Notebook): NotebookParameter[] => {
  const index = parametersCell(notebook)
  const source = index === null ? '' : (notebook.cells[index]?.source ?? '')
  return source.split('\n').flatMap((line) => {
    const match = /^([A-Za-z_]\w*)\s*(?::[^=]+)?=(?!=)\s*(("[^"]*"|'[^']*'|[^#])*?)\s*(?:#\s*(.*))?$/.exec(line)
    const [, name, expression, , comment] = match ?? []
    if (name === undefined || expression === undefined || expression === '') return []
    return [{ name, expression, ...literal(expression), comment: comment?.trim() ?? null }]
  })
}

/**
 * The bytes (as text) that stand for a notebook in a snapshot: without outputs, counters and what editors note down in
 * passing, keys in one order. An unchanged notebook gives equal text whatever it has printed, and a large one grows small.
 */
export const snapshotText = (notebook: Pick<Notebook, 'json'>): string =>
  `${JSON.stringify(ordered(withoutTraces(notebook.json)), null, 1)}\n`

/** The code of a notebook for following imports, and the words of its shell and magic lines, which may name files. */
export interface NotebookCode {
  /** Python, a string for each code cell; lines that are not Python read `pass`. */
  readonly code: readonly string[]
  readonly words: readonly string[]
}

/** Separate the Python of a notebook from its shell and magic lines. */
export const notebookCode = (notebook: Notebook): NotebookCode => {
  const read = notebook.cells.filter((cell) => cell.kind === 'code').map((cell) => cellCode(cell.source))
  return { code: read.map((cell) => cell.code), words: [...new Set(read.flatMap((cell) => cell.words))] }
}

const pythonCellMagics = new Set(['time', 'timeit', 'capture', 'prun', 'memit', 'mprun', 'python', 'python3'])

const cellCode = (source: string): { code: string; words: string[] } => {
  const magic = /^\s*%%(\w+)/.exec(source)
  if (magic !== null && !pythonCellMagics.has(magic[1] ?? '')) return { code: '', words: wordsOf(source) }
  const words: string[] = []
  const lines = source.split('\n').map((line) => {
    const other = /^(\s*)(?:[\w, ]+=\s*)?[!%?](.*)$/.exec(line) ?? /^(\s*)([\w.]+\?{1,2})\s*$/.exec(line)
    if (other === null) return line
    words.push(...wordsOf(other[2] ?? ''))
    return `${other[1] ?? ''}pass`
  })
  return { code: lines.join('\n'), words }
}

const wordsOf = (text: string): string[] =>
  text.split(/[\s"'=;|&<>()]+/).filter((word) => word.length > 1 && word.length <= 300 && /[./\\]/.test(word))

const readCell = (cell: unknown): NotebookCell | null => {
  if (!isRecord(cell)) return null
  const kind = cell['cell_type']
  if (kind !== 'code' && kind !== 'markdown' && kind !== 'raw') return null
  const source = sourceOf(cell['source'])
  if (source === null) return null
  const tags = at(cell, 'metadata', 'tags')
  return {
    kind,
    id: typeof cell['id'] === 'string' ? cell['id'] : null,
    source,
    tags: Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [],
  }
}

const sourceOf = (source: unknown): string | null => {
  if (typeof source === 'string') return source
  return Array.isArray(source) && source.every((line) => typeof line === 'string') ? source.join('') : null
}

const languageOf = (json: Record<string, unknown>): string => {
  const spec = at(json, 'metadata', 'kernelspec', 'language') ?? at(json, 'metadata', 'language_info', 'name')
  const kernel = at(json, 'metadata', 'kernelspec', 'name')
  const name = typeof spec === 'string' && spec !== '' ? spec : otherKernels(typeof kernel === 'string' ? kernel : '')
  return /^i?python\d*$/i.test(name) ? 'python' : name
}

/** The language of well-known kernels, for notebooks that name only the kernel. */
const otherKernels = (kernel: string): string => {
  if (kernel === 'ir') return 'R'
  const known = /^(julia|bash|javascript|deno|scala|sql|ruby|rust|xcpp)/.exec(kernel)
  return known?.[1] ?? 'python'
}

const withoutTraces = (json: Readonly<Record<string, unknown>>): unknown => ({
  ...json,
  metadata: keptMetadata(json['metadata']),
  cells: Array.isArray(json['cells']) ? json['cells'].map(withoutCellTraces) : [],
})

const keptMetadata = (metadata: unknown): unknown => {
  if (!isRecord(metadata)) return {}
  const { kernelspec, language_info: info } = metadata
  return {
    ...(isRecord(kernelspec) ? { kernelspec } : {}),
    ...(isRecord(info) && typeof info['name'] === 'string' ? { language_info: { name: info['name'] } } : {}),
  }
}

const withoutCellTraces = (cell: unknown): unknown => {
  if (!isRecord(cell)) return cell
  const metadata = isRecord(cell['metadata']) ? cell['metadata'] : {}
  const tags = Array.isArray(metadata['tags']) ? { tags: metadata['tags'] as unknown[] } : {}
  return {
    ...cell,
    source: sourceOf(cell['source']) ?? '',
    metadata: tags,
    ...(cell['cell_type'] === 'code' ? { outputs: [], execution_count: null } : {}),
  }
}

const ordered = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(ordered)
  if (!isRecord(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, ordered(value[key])]),
  )
}

const literal = (expression: string): { value?: string | number | boolean | null } => {
  const words: Record<string, boolean | null> = { True: true, False: false, None: null }
  if (Object.hasOwn(words, expression)) return { value: words[expression] ?? null }
  if (/^[-+]?(\d[\d_]*\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(expression))
    return { value: Number(expression.replaceAll('_', '')) }
  const text = /^(?:"([^"\\]*)"|'([^'\\]*)')$/.exec(expression)
  return text === null ? {} : { value: text[1] ?? text[2] ?? '' }
}

const invalid = (path: string, detail: string): NotebookReading => ({
  ok: false,
  code: 'notebook_invalid',
  data: { path, detail },
})

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const at = (value: unknown, ...keys: string[]): unknown =>
  keys.reduce<unknown>((inner, key) => (isRecord(inner) ? inner[key] : undefined), value)

const parseJson = (text: string): { ok: true; value: unknown } | { ok: false; at: number } => {
  try {
    return { ok: true, value: JSON.parse(text.replace(/^\ufeff/, '')) as unknown }
  } catch {
    return { ok: false, at: firstFault(text) }
  }
}

/**
 * Where JSON stops being JSON. Engines word their errors differently, so the place is found by reading tokens: the end of
 * the longest start that could still be continued.
 */
const firstFault = (text: string): number => {
  const token =
    /\s+|"(?:[^"\\\n\r\t]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d+)?|true|false|null|[[\]{},:]/y
  const open: string[] = []
  let wants: readonly string[] = ['value']
  while (token.lastIndex < text.length) {
    const start = token.lastIndex
    const found = token.exec(text)?.[0]
    if (found === undefined) return start
    if (/^\s/.test(found)) continue
    const next = step(found, wants, open)
    if (next === null) return start
    wants = next
  }
  return text.length
}

const step = (token: string, wants: readonly string[], open: string[]): readonly string[] | null => {
  const after = () => (open.length === 0 ? [] : [',', open.at(-1) === '{' ? '}' : ']'])
  if (token === '{' || token === '[') {
    if (!wants.includes('value')) return null
    open.push(token)
    return token === '{' ? ['key', '}'] : ['value', ']']
  }
  if (token === '}' || token === ']') {
    if (!wants.includes(token)) return null
    open.pop()
    return after()
  }
  if (token === ',') return wants.includes(',') ? [open.at(-1) === '{' ? 'key' : 'value'] : null
  if (token === ':') return wants.includes(':') ? ['value'] : null
  if (wants.includes('key')) return token.startsWith('"') ? [':'] : null
  return wants.includes('value') ? after() : null
}

const placeOf = (text: string, at: number): { line: number; column: number } => {
  const before = text.slice(0, at).split('\n')
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 }
}
