import { fail, type PolicyValues, type Role, type SchedulingHistory } from '@novabrain/contracts'
import { systemScope, type Deps, type TenantScope, type Tx } from '../../deps.js'

/** Who asks, and what they may see. */
export interface HistoryAsker extends TenantScope {
  readonly projects: readonly { readonly project: { readonly id: string }; readonly role: Role }[]
}

/** What the scheduler reads for the history; the module knows neither its tables nor its words. */
export interface HistoryReader {
  read(
    tx: Tx,
    window: { readonly fromMs: number; readonly toMs: number },
    asker: { readonly tenantId: string; readonly sees: (projectId: string, tenantId: string) => boolean },
  ): Promise<Pick<SchedulingHistory, 'nodes' | 'queues' | 'jobs' | 'truncated'> & { readonly policy: PolicyValues }>
}

export type SchedulingHistoryService = ReturnType<typeof createSchedulingHistoryService>

const hour = 3_600_000
const mostMs = 31 * 24 * hour

/** The past of the cluster as a trace, for owners of the tenant and admins of a project: what if it had been scheduled otherwise? */
export const createSchedulingHistoryService = ({ database, clock, reader }: Deps & { reader: HistoryReader }) => ({
  /** Errors: `permission_denied`, and `invalid_request` for a window of more than 31 days. */
  get(asker: HistoryAsker, window: string): Promise<SchedulingHistory> {
    const { tenantOwner, tenantId, projects } = asker
    if (!tenantOwner && !projects.some(({ role }) => role === 'admin' || role === 'owner'))
      return fail('permission_denied', { role: 'admin' })
    const toMs = clock.nowMs()
    const fromMs = toMs - lengthOf(window)
    const own = new Set(projects.map(({ project }) => project.id))
    const sees = (projectId: string, ofTenant: string) => own.has(projectId) || (tenantOwner && ofTenant === tenantId)
    return database.transaction(systemScope, async (tx) => ({
      name: window,
      from: new Date(fromMs).toISOString(),
      to: new Date(toMs).toISOString(),
      ...(await reader.read(tx, { fromMs, toMs }, { tenantId, sees })),
    }))
  },
})

const lengthOf = (window: string): number => {
  const [, count = '7', unit] = /^last-(\d+)-(hours|days)$/.exec(window) ?? []
  const lengthMs = Number(count) * (unit === 'hours' ? hour : 24 * hour)
  return lengthMs > mostMs
    ? fail('invalid_request', { detail: 'window: at most last-31-days', field: 'window' })
    : lengthMs
}
