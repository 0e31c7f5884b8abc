import type { FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { assemble } from './assemble.js'
import type { Config } from './config.js'
import { createDataSource, migrate } from './db/data-source.js'
import { createFoundation } from './foundation.js'
import { claimHome } from './instance.js'
import { createLog } from './log.js'
import { firstRun } from './modules/identity/first-run.js'
import { startTracing, wantsTracing } from './plugins/tracing.js'
import { startEmbeddedPostgres } from './postgres/embedded.js'
import { orStartError, StartError } from './start-error.js'
import { systemClock } from './system.js'
import { serverVersion } from './version.js'

/** A server that runs. */
export interface RunningServer {
  /** Where it answers. */
  readonly url: string
  /** The port asked for when it was taken and another one had to do, else `null`. */
  readonly busyPort: number | null
  /** Take no more requests, finish those in hand, stop everything in order. A second call waits for the first. */
  close(): Promise<void>
}

export interface StartOptions {
  readonly log?: Logger
  /** Read only for the standard `OTEL_*` variables. */
  readonly environment?: Readonly<Record<string, string | undefined>>
}

/**
 * Start a server: take its data folder, start or reach PostgreSQL, bring the schema up to date, open the port, and on the
 * first start make the first tenant and the credentials of this machine. What was started is stopped in reverse order,
 * also when a later step fails. Errors: `AlreadyRunningError`, `StartError`.
 */
export const startServer = async (config: Config, options: StartOptions = {}): Promise<RunningServer> => {
  const log = options.log ?? createLog(config)
  const undo: (() => Promise<unknown>)[] = []
  const stopAll = async () => {
    for (const stop of undo.splice(0).toReversed())
      await stop().catch((error: unknown) => log.error({ err: error }, 'a part did not stop in order'))
  }
  try {
    const { url, busyPort } = await start(config, { ...options, log }, undo)
    let closing: Promise<void> | null = null
    const close = () => (closing ??= stopAll().then(() => log.info('the server has stopped')))
    return { url, busyPort, close }
  } catch (error) {
    await stopAll()
    throw error
  }
}

const start = async (
  config: Config,
  { log, environment = {} }: StartOptions & { log: Logger },
  undo: (() => Promise<unknown>)[],
): Promise<{ url: string; busyPort: number | null }> => {
  const claim = await claimHome(config.home, systemClock.now())
  undo.push(() => claim.release())
  if (wantsTracing(environment)) undo.push(await startTracing())
  const databaseUrl = config.databaseUrl ?? (await startDatabase(config, log, undo))
  const dataSource = await orStartError('database', withoutPassword(databaseUrl), () =>
    createDataSource({ url: databaseUrl, log }).initialize(),
  )
  undo.push(() => dataSource.destroy())
  await migrate(dataSource)
  const foundation = createFoundation({ config, dataSource, log })
  const assembly = await assemble(foundation)
  undo.push(() => assembly.stop())
  const port = await listen(assembly.app, config)
  const url = config.publicUrl ?? `http://${reachableHost(config.host)}:${String(port)}`
  await firstRun(foundation, url)
  await assembly.start()
  await claim.publish(url)
  log.info({ url, version: serverVersion, home: config.home }, 'the server is ready')
  const busyPort = config.port !== 0 && port !== config.port ? config.port : null
  if (busyPort !== null) log.warn({ busyPort, port }, 'the port was taken, so another one is used')
  return { url, busyPort }
}

const startDatabase = async (config: Config, log: Logger, undo: (() => Promise<unknown>)[]): Promise<string> => {
  const postgres = await orStartError('postgres', config.home, () => startEmbeddedPostgres({ home: config.home, log }))
  undo.push(() => postgres.stop())
  return postgres.url
}

/** Listen on the port asked for, or the next free one of the twenty after it, or any. Answers which. */
const listen = async (app: FastifyInstance, { host, port }: Config): Promise<number> => {
  const candidates = port === 0 ? [0] : [...Array.from({ length: 20 }, (_, step) => port + step), 0]
  for (const candidate of candidates.filter((each) => each <= 65_535)) {
    try {
      await app.listen({ host, port: candidate })
      const address = app.server.address()
      return typeof address === 'object' && address !== null ? address.port : candidate
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE')
        throw new StartError('address', `${host}:${String(candidate)}`, error)
    }
  }
  throw new Error(`No port is free on ${host}.`)
}

const withoutPassword = (url: string): string => url.replace(/:\/\/([^:@/]*):.*@/, '://$1@')

/** An address that can be opened: `0.0.0.0` means everywhere, so also here. */
const reachableHost = (host: string): string =>
  host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host

/**
 * Close a server when the process is asked to end (SIGINT, SIGTERM), then end the process. A second request ends it at
 * once: jobs and PostgreSQL survive that, and the next start takes them up again.
 */
export const closeOnSignals = (server: RunningServer): void => {
  let asked = false
  const onSignal = (signal: NodeJS.Signals) => {
    if (asked) process.exit(signal === 'SIGINT' ? 130 : 143)
    asked = true
    void server.close().finally(() => process.exit(0))
  }
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal)
}
