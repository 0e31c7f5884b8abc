import { parseRunColumn, type Locale, type MetricValue, type RunCell, type RunTableRow } from '@novabrain/contracts'
import { durationBetween, formatDuration, type DurationWords } from '../format/duration.js'
import { formatMetric } from '../format/number.js'

/** What is written in a cell, and what more a pointer shows over it. */
export interface CellText {
  readonly text: string
  readonly title: string
}

const formats = new Map<Locale, Intl.DateTimeFormat>()
/** Making one costs a hundred times what using it does, and a table has thousands of dates. */
const dateFormat = (locale: Locale): Intl.DateTimeFormat => {
  const known = formats.get(locale)
  if (known !== undefined) return known
  const made = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' })
  formats.set(locale, made)
  return made
}

/** The text of a value that was read for a column; `null` where a run has none. */
export const cellText = (column: string, value: RunCell): CellText | null => {
  if (value === null) return null
  if (!column.startsWith('metrics.')) return { text: firstLine(String(value)), title: String(value) }
  return isMetric(value) ? { text: formatMetric(value), title: String(value) } : { text: value, title: value }
}

/** The text of an attribute of a run. */
export const attributeText = (
  key: string,
  row: RunTableRow,
  { nowMs, duration, locale, status }: AttributeWords,
): CellText | null => {
  const same = (text: string) => ({ text, title: text })
  switch (key) {
    case 'run_name':
      return same(row.name)
    case 'status':
      return same(status[row.status])
    case 'user_id':
      return same(row.userName)
    case 'experiment_name':
      return same(row.experimentName)
    case 'run_id':
      return same(row.id)
    case 'start_time':
      return row.startedAt === null ? null : instantText(row.startedAt, locale)
    case 'end_time':
      return row.endedAt === null ? null : instantText(row.endedAt, locale)
    case 'duration': {
      const took = durationBetween(row.startedAt, row.endedAt, nowMs)
      return took === null ? null : same(formatDuration(took, duration))
    }
    default:
      return null
  }
}

export interface AttributeWords {
  readonly nowMs: number
  readonly locale: Locale
  readonly duration: DurationWords
  readonly status: Readonly<Record<RunTableRow['status'], string>>
}

/** Whether a column is read as numbers, which stand to the right. */
export const isNumeric = (column: string): boolean => column.startsWith('metrics.') || column === 'attributes.duration'

/** The number that a value is, `null` where it is none: what a plot can draw. */
export const numberOf = (value: RunCell): number | null => {
  if (value === null || value === '') return null
  const number = Number(value)
  return Number.isFinite(number) ? number : null
}

/** The key of a column without its kind. */
export const keyOf = (column: string): string => parseRunColumn(column)?.key ?? column

const instantText = (at: string, locale: Locale): CellText => ({
  text: dateFormat(locale).format(new Date(at)),
  title: at,
})

const firstLine = (text: string): string => {
  const line = text.split('\n', 1)[0] ?? ''
  return line.length < text.length ? `${line} …` : line
}

const isMetric = (value: string | number): value is MetricValue =>
  typeof value === 'number' || value === 'NaN' || value === 'Infinity' || value === '-Infinity'
