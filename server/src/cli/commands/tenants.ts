import { Tenant } from '@novabrain/contracts'
import { Value } from '@sinclair/typebox/value'
import { createDatabase } from '../../db/database.js'
import { createDataSource, migrate } from '../../db/data-source.js'
import type { Deps } from '../../deps.js'
import { createLog } from '../../log.js'
import { createAudit } from '../../modules/audit/trail.js'
import { addTenant, listTenants } from '../../modules/identity/first-run.js'
import { createIds, systemClock } from '../../system.js'
import { UsageError, type Command, type Context } from '../command.js'
import { withDatabase } from './backup.js'

/** `novabrain tenants`: list, or `create NAME`. For who runs the server: it goes to the database, not through the API. */
export const tenants: Command = {
  usage: 'tenants [create NAME]        (on the machine of the server)',
  options: {},
  async run(context) {
    const [verb, name] = context.positionals
    if (verb === undefined) return withTenants(context, (deps) => list(context, deps))
    if (verb !== 'create' || name === undefined) throw new UsageError(context.texts.usage(tenants.usage))
    if (!Value.Check(Tenant.properties.name, name)) throw new UsageError(context.texts.badName(name))
    return withTenants(context, (deps) => create(context, deps, name))
  },
}

type TenantDeps = Pick<Deps, 'database' | 'newId' | 'clock' | 'audit'>

const list = async ({ output, texts }: Context, deps: TenantDeps): Promise<void> => {
  const all = await listTenants(deps)
  output.value(all)
  output.table(
    [texts.columns.name, texts.columns.id],
    all.map(({ name, id }) => [name, id]),
  )
}

const create = async ({ output, texts }: Context, deps: TenantDeps, name: string): Promise<void> => {
  const made = await addTenant(deps, name)
  if (made === null) throw new UsageError(texts.tenantTaken(name))
  output.value({ id: made.tenantId, name, token: made.token })
  output.line(texts.keyOnce)
  output.line(made.token)
}

const withTenants = async (context: Context, work: (deps: TenantDeps) => Promise<void>): Promise<number> => {
  await withDatabase(context, async (url) => {
    const log = createLog({ logLevel: 'silent' })
    const dataSource = await createDataSource({ url, log, poolSize: 2 }).initialize()
    try {
      await migrate(dataSource)
      const newId = createIds(systemClock)
      const audit = createAudit({ clock: systemClock, newId })
      await work({ database: createDatabase(dataSource, log), newId, clock: systemClock, audit })
    } finally {
      await dataSource.destroy()
    }
  })
  return 0
}
