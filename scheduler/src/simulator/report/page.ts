import { metricsOf, type Metrics } from '../engine/metrics.js'
import type { JobResult, SimResult } from '../engine/result.js'
import { barPlot, escaped, linePlot, type PlotLine } from './plot.js'
import { metricsTable, type TextTable } from './table.js'
import { durationText, reportTexts, type ReportLocale, type ReportTexts } from './texts.js'

interface Told {
  readonly result: SimResult
  readonly metrics: Metrics
}

const dayMs = 86_400_000
const toldVictims = 10
const curvePoints = 200

const html = (name: string, body: string, attributes = ''): string => `<${name}${attributes}>${body}</${name}>`

const tableHtml = ({ head, rows }: TextTable): string =>
  html(
    'div',
    html(
      'table',
      html('thead', html('tr', head.map((cell) => html('th', escaped(cell), ' scope="col"')).join(''))) +
        html('tbody', rows.map((row) => html('tr', row.map((cell) => html('td', escaped(cell))).join(''))).join('')),
    ),
    ' class="wide"',
  )

const legend = (told: readonly Told[]): string =>
  html(
    'ul',
    told.map(({ result }, at) => html('li', `<i class="bar s${at % 8}"></i>${escaped(result.policy)}`)).join(''),
    ' class="legend"',
  )

const figure = (title: string, svg: string): string => html('figure', html('h2', escaped(title)) + svg)

const overTime = (told: readonly Told[], column: 'devices' | 'queued'): PlotLine[] =>
  told.map(({ result }) => {
    const { startMs, stepMs } = result.overTime
    const origin = result.jobs.reduce((least, job) => Math.min(least, job.submitMs), startMs)
    return {
      name: result.policy,
      points: result.overTime[column].map(
        (value, at) => [(startMs - origin + (at + 0.5) * stepMs) / dayMs, value] as const,
      ),
    }
  })

const dayTicks = (lines: readonly PlotLine[]): (readonly [number, string])[] => {
  const last = lines.flatMap(({ points }) => points).reduce((most, [x]) => Math.max(most, x), 0)
  const step = [0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 20, 50, 100, 200].find((days) => last / days <= 10) ?? 500
  return Array.from({ length: Math.floor(last / step) + 1 }, (_, at) => {
    const day = Number((at * step).toPrecision(6))
    return [day, String(day)] as const
  })
}

const jctS = (job: JobResult): number | null => (job.endMs === null ? null : (job.endMs - job.submitMs) / 1000)

const distribution = (told: readonly Told[]): PlotLine[] =>
  told.map(({ result }) => {
    const sorted = result.jobs.flatMap((job) => jctS(job) ?? []).sort((left, right) => left - right)
    const count = Math.min(curvePoints, sorted.length)
    const points = Array.from({ length: count }, (_, at) => {
      const rank = Math.min(sorted.length - 1, Math.floor(((at + 1) / count) * sorted.length) - 1)
      return [Math.max(1, sorted[Math.max(0, rank)] ?? 1), ((Math.max(0, rank) + 1) / sorted.length) * 100] as const
    })
    return { name: result.policy, points }
  })

/** Round durations for an axis, in seconds, as a number and its unit. */
const roundDurations = [
  [1, 1, 's'],
  [10, 10, 's'],
  [60, 1, 'min'],
  [600, 10, 'min'],
  [3600, 1, 'h'],
  [21_600, 6, 'h'],
  [86_400, 1, 'd'],
  [864_000, 10, 'd'],
  [8_640_000, 100, 'd'],
] as const

/** The round durations between which some lie, one to each side. */
const durationTicks = (lines: readonly PlotLine[], { units }: ReportTexts): (readonly [number, string])[] => {
  const xs = lines.flatMap(({ points }) => points.map(([x]) => x))
  const [least, most] = [Math.min(...xs), Math.max(...xs)]
  const first = roundDurations.findLastIndex(([seconds]) => seconds <= least)
  const last = roundDurations.findIndex(([seconds]) => seconds >= most)
  return roundDurations
    .slice(Math.max(0, first), last < 0 ? undefined : last + 1)
    .map(([seconds, count, unit]) => [seconds, `${count} ${units[unit]}`] as const)
}

const waits = (told: readonly Told[], texts: ReportTexts): string => {
  const sizes = [...new Set(told.flatMap(({ metrics }) => metrics.waitBySize.map(({ from }) => from)))].sort(
    (left, right) => left - right,
  )
  const toOf = (from: number): number =>
    told.flatMap(({ metrics }) => metrics.waitBySize).find((size) => size.from === from)?.to ?? from
  return barPlot(
    { title: texts.waitBySize, x: texts.width, y: texts.waitAxis },
    {
      groups: sizes.map((from) => texts.widths(from, toOf(from))),
      series: told.map(({ result, metrics }) => ({
        name: result.policy,
        values: sizes.map((from) => {
          const size = metrics.waitBySize.find((one) => one.from === from)
          return size === undefined ? null : size.meanWaitS / 3600
        }),
      })),
    },
    (hours) => durationText(hours * 3600, texts),
  )
}

const victims = ({ result }: Told, texts: ReportTexts): string => {
  const evicted = result.jobs
    .filter(({ preemptions }) => preemptions > 0)
    .sort((left, right) => right.preemptions - left.preemptions || left.submitMs - right.submitMs)
  if (evicted.length === 0) return ''
  const rows = evicted
    .slice(0, toldVictims)
    .map((job) => [
      job.id,
      String(job.width),
      String(job.preemptions),
      durationText(job.runMs / 1000, texts),
      durationText(jctS(job) ?? 0, texts),
    ])
  const rest = evicted.length > toldVictims ? html('p', escaped(texts.moreJobs(evicted.length - toldVictims))) : ''
  const head = [texts.job, texts.width, texts.times, texts.runTime, texts.jct]
  return html('h3', escaped(result.policy)) + tableHtml({ head, rows }) + rest
}

const style = `
:root { color-scheme: light dark; --ink: #1d2129; --quiet: #5c6470; --rule: #e3e6eb; --page: #fff;
  --c0: #2563eb; --c1: #d97706; --c2: #059669; --c3: #be185d; --c4: #7c3aed; --c5: #0e7490; --c6: #b91c1c; --c7: #4d7c0f }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8ec; --quiet: #a0a7b4; --rule: #333945; --page: #16181d;
  --c0: #7aa7ff; --c1: #f5a623; --c2: #34d399; --c3: #f472b6; --c4: #b79cff; --c5: #38bdd8; --c6: #f87171; --c7: #a3d65c } }
body { font: 15px/1.5 system-ui, "Noto Sans SC", "PingFang SC", "Microsoft YaHei", sans-serif; color: var(--ink); background: var(--page);
  max-width: 64rem; margin: 2rem auto; padding: 0 1.25rem }
h1 { font-size: 1.5rem; margin: 0 0 .25rem } h2 { font-size: 1.05rem; margin: 0 0 .5rem } h3 { font-size: .95rem; margin: 1rem 0 .25rem }
p { color: var(--quiet); margin: .25rem 0 1rem } figure { margin: 2rem 0 0 } section { margin-top: 2rem }
svg { width: 100%; height: auto; display: block } svg text { font-size: 11px; fill: var(--quiet) } .grid { stroke: var(--rule) }
.line { fill: none; stroke-width: 1.6; stroke-linejoin: round }
.wide { overflow-x: auto } table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .88rem; width: 100% }
th, td { text-align: right; padding: .35rem .5rem; border-bottom: 1px solid var(--rule); vertical-align: bottom } td { white-space: nowrap } th { color: var(--quiet); font-weight: 500; line-height: 1.25 }
th:first-child, td:first-child { text-align: left; padding-left: 0 }
.legend { display: flex; flex-wrap: wrap; gap: .25rem 1rem; list-style: none; padding: 0; margin: 1rem 0 0; position: sticky; top: 0; background: var(--page); padding: .5rem 0 }
.legend i { display: inline-block; width: .8rem; height: .8rem; border-radius: 2px; margin-right: .4rem; vertical-align: -1px }
${Array.from({ length: 8 }, (_, at) => `.line.s${at} { stroke: var(--c${at}) } .bar.s${at} { fill: var(--c${at}); background: var(--c${at}) }`).join('\n')}
`

/**
 * A report on simulations of one trace: a table, the cluster over time, waiting by size, completion times and who was
 * preempted. One file of HTML without scripts and without anything from elsewhere.
 */
export const reportHtml = (results: readonly SimResult[], locale: ReportLocale): string => {
  const texts = reportTexts(locale)
  const told = results.map((result): Told => ({ result, metrics: metricsOf(result) }))
  const [first] = results
  const title = texts.title(first?.trace ?? '')
  const [allocation, queue] = [overTime(told, 'devices'), overTime(told, 'queued')]
  const completions = distribution(told)
  const linear = (lines: readonly PlotLine[]) => ({ scale: 'linear' as const, ticks: dayTicks(lines) })
  const preempted = told.map((one) => victims(one, texts)).join('')
  const body = [
    html('h1', escaped(title)),
    html('p', escaped(texts.summary(first?.jobs.length ?? 0, first?.devicesInAll ?? 0))),
    results.some(({ stopped }) => stopped) ? html('p', html('strong', escaped(texts.stopped))) : '',
    tableHtml(
      metricsTable(
        told.map(({ result, metrics }) => ({ policy: result.policy, metrics })),
        texts,
      ),
    ),
    legend(told),
    figure(
      texts.allocation,
      linePlot({ title: texts.allocation, x: texts.time, y: texts.allocationAxis }, allocation, {
        ...linear(allocation),
        yMost: first?.devicesInAll ?? 0,
      }),
    ),
    figure(texts.queue, linePlot({ title: texts.queue, x: texts.time, y: texts.queueAxis }, queue, linear(queue))),
    figure(texts.waitBySize, waits(told, texts)),
    figure(
      texts.completion,
      linePlot({ title: texts.completion, x: texts.completionAxis, y: `${texts.share} (%)` }, completions, {
        scale: 'log',
        ticks: durationTicks(completions, texts),
        yMost: 100,
      }),
    ),
    html('section', html('h2', escaped(texts.preempted)) + (preempted || html('p', escaped(texts.nobodyPreempted)))),
  ]
  return `<!doctype html>\n<html lang="${locale === 'zh' ? 'zh-CN' : 'en'}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(title)}</title><style>${style}</style></head><body>${body.join('\n')}</body></html>\n`
}
