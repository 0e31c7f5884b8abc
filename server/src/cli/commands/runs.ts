import type { RunSummary } from '@novabrain/contracts'
import { integerOption, type Command } from '../command.js'
import { formatDuration } from '../output.js'

const shownMetrics = 3

/** `novabrain runs`: newest first, with the latest values of a few metrics. */
export const runs: Command = {
  usage: 'runs [--limit 20] [--json]',
  options: { limit: { type: 'string' } },
  async run(context) {
    const session = await context.session()
    const limit = integerOption(context.options, 'limit', context.texts) ?? 20
    const { items } = await session.client.listRuns({
      params: { projectId: await session.projectId() },
      query: { limit },
    })
    const { columns, nothing } = context.texts
    context.output.value(items)
    if (items.length === 0) context.output.line(nothing)
    else
      context.output.table(
        [columns.run, columns.name, columns.experiment, columns.status, columns.metrics, columns.age],
        items.map(rowOf),
      )
    return 0
  },
}

const rowOf = (run: RunSummary): string[] => [
  run.id,
  run.name,
  run.experimentName,
  run.status,
  run.metrics
    .slice(0, shownMetrics)
    .map(({ key, value }) => `${key} ${typeof value === 'number' ? Number(value.toPrecision(4)) : value}`)
    .join(', '),
  run.startedAt === null ? '' : formatDuration(Date.now() - Date.parse(run.startedAt)),
]
