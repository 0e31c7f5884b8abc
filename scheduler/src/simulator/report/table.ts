import type { Metrics } from '../engine/metrics.js'
import { durationText, type ReportTexts } from './texts.js'

/** A table as text: a head and rows of cells; all columns but the first hold numbers. */
export interface TextTable {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

/** The figures of several policies, one a row. */
export const metricsTable = (
  results: readonly { readonly policy: string; readonly metrics: Metrics }[],
  texts: ReportTexts,
): TextTable => ({
  head: [
    texts.policy,
    texts.jobs,
    texts.meanJct,
    texts.p50Jct,
    texts.p99Jct,
    texts.meanWait,
    texts.p99Slowdown,
    texts.makespan,
    texts.utilisation,
    texts.preemptions,
  ],
  rows: results.map(({ policy, metrics }) => [
    policy,
    metrics.jobs.toLocaleString('en'),
    durationText(metrics.meanJctS, texts),
    durationText(metrics.p50JctS, texts),
    durationText(metrics.p99JctS, texts),
    durationText(metrics.meanWaitS, texts),
    metrics.p99Slowdown.toFixed(metrics.p99Slowdown < 10 ? 1 : 0),
    durationText(metrics.makespanS, texts),
    `${(metrics.utilisation * 100).toFixed(1)} %`,
    metrics.preemptions.toLocaleString('en'),
  ]),
})

/** Columns that a terminal shows: characters of Chinese take two. */
const columnsOf = (text: string): number => [...text].reduce((sum, one) => sum + (one > '\u2e7f' ? 2 : 1), 0)

/** The table for a terminal, which is Markdown too. */
export const tableText = ({ head, rows }: TextTable): string => {
  const widths = head.map((name, at) => Math.max(3, columnsOf(name), ...rows.map((row) => columnsOf(row[at] ?? ''))))
  const padded = (cell: string, at: number): string => {
    const space = ' '.repeat((widths[at] ?? 0) - columnsOf(cell))
    return at === 0 ? `${cell}${space}` : `${space}${cell}`
  }
  const line = (cells: readonly string[]): string => `| ${cells.map(padded).join(' | ')} |`
  const rule = widths.map((width, at) => (at === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`))
  return [line(head), line(rule), ...rows.map(line)].join('\n')
}
