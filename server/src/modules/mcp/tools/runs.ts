import { Id } from '@novabrain/contracts'
import { Type } from '@sinclair/typebox'
import { compareRuns } from '../../../core/tracking/compare-runs.js'
import { defineTool, type Tool } from '../tool.js'

/** What ran: the records with params and metrics. */
export const runTools: readonly Tool[] = [
  defineTool({
    name: 'list_runs',
    title: { en: 'List runs', 'zh-CN': '列出运行' },
    description:
      'Runs of the project, newest first, with status and a few latest metrics. A run is the record of something that ran.',
    input: Type.Object({
      experimentId: Type.Optional(Type.String({ maxLength: 20 })),
      limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 50 })),
      before: Type.Optional(Type.String({ maxLength: 200, description: 'The id of the last run of the page before' })),
    }),
    role: 'viewer',
    hints: { readOnly: true },
    run: async ({ input, scope, services }) => {
      const { experimentId = null, before = null, limit = 20 } = input
      return { runs: await services.runs.list(scope, { experimentId, before, limit }) }
    },
  }),
  defineTool({
    name: 'get_run',
    title: { en: 'Read a run', 'zh-CN': '查看运行' },
    description: 'One run with all its params, tags and latest metrics, and its job if it has one.',
    input: Type.Object({ runId: Id }),
    role: 'viewer',
    hints: { readOnly: true },
    run: ({ input, scope, services }) => services.runs.show(scope, input.runId),
  }),
  defineTool({
    name: 'compare_runs',
    title: { en: 'Compare runs', 'zh-CN': '比较运行' },
    description:
      'Params and latest metrics of two to six runs side by side; values stand in the order of the runs, null where a run has none. Unless told otherwise only what differs.',
    input: Type.Object({
      runIds: Type.Array(Id, { minItems: 2, maxItems: 6, uniqueItems: true }),
      onlyDifferences: Type.Optional(Type.Boolean()),
    }),
    role: 'viewer',
    hints: { readOnly: true },
    run: async ({ input, scope, services }) => {
      const runs = await Promise.all(input.runIds.map((runId) => services.runs.show(scope, runId)))
      const heads = runs.map(({ id, name, status, userName, startedAt, endedAt }) => {
        return { id, name, status, userName, startedAt, endedAt }
      })
      return { runs: heads, ...compareRuns(runs, input.onlyDifferences ?? true) }
    },
  }),
]
