import { routes } from '@novabrain/contracts'
import type { Mount } from '../../http/mount.js'
import { exportRuns } from './export.js'
import type { RunTableService } from './service.js'

const types = { csv: 'text/csv; charset=utf-8', parquet: 'application/vnd.apache.parquet' } as const

/** The routes of tables of runs. */
export const mountRunTable = (mount: Mount, { runTable }: { readonly runTable: RunTableService }): void => {
  mount(routes.listExperiments, ({ scope, query }) => runTable.experiments(scope, query))
  mount(routes.searchRunTable, ({ scope, body }) => runTable.search(scope, body))
  mount(routes.readRunRows, ({ scope, body }) => runTable.rows(scope, body))
  mount(routes.groupRuns, ({ scope, body }) => runTable.groups(scope, body))
  mount(routes.listRunColumns, ({ scope, query }) => runTable.keys(scope, query))
  mount(routes.exportRuns, ({ scope, body, reply }) => {
    const file = exportRuns(runTable, scope, body)
    void reply.type(types[body.format]).header('content-disposition', `attachment; filename="runs.${body.format}"`)
    return Promise.resolve(file)
  })
}
