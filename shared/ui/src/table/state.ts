import { parseRunColumn, type RunOrderKey } from '@novabrain/contracts'

/** The four ways to look at runs beside each other. */
export const plotKinds = ['parallel', 'scatter', 'curves', 'differences'] as const
export type PlotKind = (typeof plotKinds)[number]

/** A range of an axis that was brushed: numbers, or for texts their places on the axis. */
export interface Brush {
  readonly column: string
  readonly low: number
  readonly high: number
}

/** All that the page of a table of runs shows by somebody's choice; it is the query of its address. */
export interface RunTableState {
  /** As it was typed, in MLflow's grammar. */
  readonly filter: string
  readonly order: readonly RunOrderKey[]
  /** The columns beside the name, in their order; `null`: nobody has chosen yet. */
  readonly columns: readonly string[] | null
  readonly group: readonly string[]
  /** Ids of runs. */
  readonly selected: readonly string[]
  readonly view: 'table' | PlotKind
  /** The axes of the parallel coordinates; `null`: those that are chosen by themselves. */
  readonly axes: readonly string[] | null
  readonly brushes: readonly Brush[]
  readonly x: string | null
  readonly y: string | null
  readonly colour: string | null
  /** The steps that curves show; `null`: all. */
  readonly zoom: readonly [number, number] | null
}

/** Where everybody begins: the newest runs first. */
export const initialState: RunTableState = {
  filter: '',
  order: [{ column: 'attributes.start_time', descending: true }],
  columns: null,
  group: [],
  selected: [],
  view: 'table',
  axes: null,
  brushes: [],
  x: null,
  y: null,
  colour: null,
  zoom: null,
}

/** The state that a query such as `filter=metrics.loss<1&sort=-metrics.loss` tells; what makes no sense is left out. */
export const stateOfQuery = (query: string): RunTableState => {
  const values = new Map(query.split('&').map((pair) => splitAt(pair, '=')))
  const list = (name: string) => (values.get(name) ?? '').split(',').filter(Boolean).map(decoded)
  const columns = (name: string) => [...new Set(list(name).filter(isColumn))]
  const one = (name: string) => columns(name)[0] ?? null
  const order = list('sort')
    .map(orderKeyOf)
    .filter(({ column }) => isColumn(column))
  const view = values.get('view')
  return {
    filter: decoded(values.get('filter') ?? ''),
    order: values.has('sort') ? order : initialState.order,
    columns: values.has('columns') ? columns('columns') : null,
    group: columns('group').slice(0, 3),
    selected: [...new Set(list('select').filter((id) => /^[0-9a-f]{32}$/.test(id)))],
    view: plotKinds.find((kind) => kind === view) ?? 'table',
    axes: values.has('axes') ? columns('axes') : null,
    brushes: list('brush').flatMap(brushOf),
    x: one('x'),
    y: one('y'),
    colour: one('colour'),
    zoom: rangeOf(values.get('zoom') ?? ''),
  }
}

/** The query of a state; what is as in the beginning is not in it. */
export const queryOfState = (state: RunTableState): string => {
  const parts: string[] = []
  const put = (name: string, items: readonly string[]) => parts.push(`${name}=${items.map(encoded).join(',')}`)
  if (state.filter !== '') put('filter', [state.filter])
  if (!sameOrder(state.order, initialState.order)) put('sort', state.order.map(orderText))
  if (state.group.length > 0) put('group', state.group)
  if (state.columns !== null) put('columns', state.columns)
  if (state.view !== 'table') put('view', [state.view])
  if (state.axes !== null) put('axes', state.axes)
  if (state.brushes.length > 0) put('brush', state.brushes.map(brushText))
  if (state.x !== null) put('x', [state.x])
  if (state.y !== null) put('y', [state.y])
  if (state.colour !== null) put('colour', [state.colour])
  if (state.zoom !== null) put('zoom', [state.zoom.join('..')])
  if (state.selected.length > 0) put('select', state.selected)
  return parts.join('&')
}

const splitAt = (text: string, mark: string): [string, string] => {
  const at = text.indexOf(mark)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)]
}

/** What reads well in an address stays as it is; a comma parts items and is written out in them. */
const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/%(2F|3A|40|24|20)/g, (whole, code: string) => readable[code] ?? whole)
const readable: Readonly<Record<string, string>> = { '2F': '/', '3A': ':', '40': '@', '24': '$', '20': '+' }

/** An address that somebody cut short names itself. */
const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

const isColumn = (text: string): boolean => parseRunColumn(text) !== null

const orderKeyOf = (text: string): RunOrderKey => ({ column: text.replace(/^-/, ''), descending: text.startsWith('-') })
const orderText = ({ column, descending }: RunOrderKey): string => (descending ? '-' : '') + column
const sameOrder = (a: readonly RunOrderKey[], b: readonly RunOrderKey[]): boolean =>
  a.map(orderText).join() === b.map(orderText).join()

const brushText = ({ column, low, high }: Brush): string => `${column}:${short(low)}..${short(high)}`
const brushOf = (text: string): Brush[] => {
  const at = text.lastIndexOf(':')
  const range = rangeOf(text.slice(at + 1))
  const column = text.slice(0, Math.max(0, at))
  return range === null || !isColumn(column) ? [] : [{ column, low: range[0], high: range[1] }]
}
const rangeOf = (text: string): readonly [number, number] | null => {
  const [low = '', high = ''] = text.split('..')
  const [from, to] = [Number(low), Number(high)]
  return low === '' || high === '' || !Number.isFinite(from) || !Number.isFinite(to) || from > to ? null : [from, to]
}
const short = (value: number): string => String(Number(value.toPrecision(6)))
