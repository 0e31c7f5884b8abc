import { formatBytes, formatDuration, type Output } from '../output.js'
import type { Difference, ExperimentOutcome, Outcome } from './outcome.js'
import type { LeftBehind } from './reader.js'
import type { HistoryTexts } from './texts.js'

const shownDifferences = 20

/** Tell what came of it: a table for people, or the whole under `--json`. The answer is the exit code. */
export const report = (outcome: Outcome, { output, texts }: { output: Output; texts: HistoryTexts }): number => {
  const { columns } = texts
  output.value({ ...outcome, same: outcome.differences.length === 0 })
  output.table(
    [columns.experiment, columns.runs, columns.points, columns.files, columns.size, columns.verified],
    outcome.experiments.map((experiment) => rowOf(experiment, texts)),
  )
  output.line()
  for (const line of summaryLines(outcome, texts)) output.line(line)
  return outcome.differences.length === 0 ? 0 : 1
}

const rowOf = ({ name, sourceName, source, here }: ExperimentOutcome, texts: HistoryTexts): string[] => {
  const both = (count: (of: typeof source) => string) => texts.of(count(here), count(source))
  const same = JSON.stringify(source) === JSON.stringify(here)
  return [
    name === sourceName ? name : texts.renamed(name, sourceName),
    both(({ runs }) => String(runs)),
    both(({ points }) => points.toLocaleString('en')),
    both(({ artifacts }) => String(artifacts)),
    both(({ bytes }) => formatBytes(bytes)),
    same ? texts.same : texts.differs,
  ]
}

const summaryLines = (outcome: Outcome, texts: HistoryTexts): string[] => {
  const { copied, differences, registeredModels, loggedModels, filesElsewhere } = outcome
  const versions = registeredModels.reduce((sum, model) => sum + model.versions, 0)
  const took = formatDuration(outcome.tookMs)
  return [
    texts.summary(
      copied.runs,
      outcome.unchangedRuns,
      copied.points.toLocaleString('en'),
      copied.artifacts,
      formatBytes(copied.bytes),
      took,
    ),
    texts.models(loggedModels.here, registeredModels.length, versions),
    ...(outcome.traces.source === 0 ? [] : [texts.tracesHere(outcome.traces.here, outcome.traces.source)]),
    ...texts.others(outcome.evaluationDatasets.here, outcome.webhooks.here),
    ...(outcome.webhooks.withheld ? [texts.webhooksWithheld] : []),
    ...registeredModels
      .filter(({ name, sourceName }) => name !== sourceName)
      .map(({ name, sourceName }) => `  ${texts.renamed(name, sourceName)}`),
    ...leftLines(outcome, texts),
    ...some(
      texts.filesElsewhere(filesElsewhere.length),
      filesElsewhere.map(({ name, version, address }) => `${name} ${String(version)}: ${address}`),
      texts,
    ),
    ...some(
      texts.differences(differences.length),
      differences.map((difference) => differenceLine(difference, texts)),
      texts,
    ),
    ...(differences.length === 0 ? [texts.allSame] : []),
  ]
}

const leftLines = ({ leftBehind }: Outcome, texts: HistoryTexts): string[] => {
  const parts = (Object.entries(leftBehind) as [LeftBehind, number | null][]).flatMap(([what, count]) =>
    count === null || count === 0 ? [] : [texts.left_[what](count)],
  )
  return parts.length === 0 ? [] : [`${texts.leftBehind} ${parts.join(', ')}`]
}

/** A heading and its first lines; nothing when there are none. */
const some = (heading: string, lines: readonly string[], texts: HistoryTexts): string[] => {
  if (lines.length === 0) return []
  const rest = lines.length - shownDifferences
  return [
    heading,
    ...lines.slice(0, shownDifferences).map((line) => `  ${line}`),
    ...(rest > 0 ? [`  ${texts.more(rest)}`] : []),
  ]
}

/** `run 3f…  brave-owl-12: metrics, tags` */
export const differenceLine = ({ kind, id, name, faults, detail }: Difference, texts: HistoryTexts): string => {
  const what = faults.map((fault) => texts.faults[fault]).join(', ')
  return `${texts.kinds[kind]} ${id}${name === '' || name === id ? '' : ` ${name}`}: ${what}${detail === null ? '' : ` (${detail})`}`
}
