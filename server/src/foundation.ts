import type { DataSource } from 'typeorm'
import type { Logger } from 'pino'
import type { Config } from './config.js'
import { createDatabase } from './db/database.js'
import { createIdempotency } from './db/idempotency.js'
import { createOutbox } from './db/outbox.js'
import type { Clock, Deps } from './deps.js'
import { createVisitors } from './http/visitors.js'
import { createAudit } from './modules/audit/trail.js'
import { traceDatabase } from './plugins/tracing.js'
import { createHints, type HintBus } from './realtime/hints.js'
import { createIds, systemClock } from './system.js'

/** What every module is given, and the two things only the composition needs. */
export interface Foundation extends Deps {
  readonly hints: HintBus
  readonly dataSource: DataSource
  /** The address of the database, for connections of one's own. */
  readonly databaseUrl: string
}

/** Put the dependencies of all modules together over a connected data source. */
export const createFoundation = (options: {
  readonly config: Config
  readonly dataSource: DataSource
  readonly log: Logger
  readonly clock?: Clock
}): Foundation => {
  const { config, dataSource, log, clock = systemClock } = options
  const newId = createIds(clock)
  return {
    config,
    dataSource,
    databaseUrl: urlOf(dataSource),
    log,
    clock,
    newId,
    database: traceDatabase(createDatabase(dataSource, log)),
    outbox: createOutbox(clock),
    audit: createAudit({ clock, newId }),
    hints: createHints(),
    idempotency: createIdempotency(clock),
    visitors: createVisitors(),
  }
}

const urlOf = ({ options }: DataSource): string => {
  if (options.type !== 'postgres' || options.url === undefined) throw new Error('The data source must be given a URL')
  return options.url
}
