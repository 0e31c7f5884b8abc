import type { FastifyInstance } from 'fastify'
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { DataSource } from 'typeorm'
import type { RetentionService } from '../modules/retention/service.js'

/** What other parts count; read when somebody asks for `/metrics`. */
export interface Gauges {
  /** Events that were committed and have no number yet. */
  readonly unnumberedEvents: () => Promise<number>
  /** Sockets that are open. */
  readonly socketClients: () => number
  /** What was cleared up, and what the blob store holds. */
  readonly retention: Pick<RetentionService, 'lived' | 'held'>
}

/** Prometheus's figures at `/metrics`: requests by route, database pool, event relay, sockets, the process. */
export const measure = (app: FastifyInstance, dataSource: DataSource, gauges: Gauges): void => {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const latency = new Histogram({
    name: 'novabrain_http_request_duration_seconds',
    help: 'How long requests took, by route',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    registers: [registry],
  })
  gauge(
    registry,
    'novabrain_database_connections_open',
    'Connections to PostgreSQL',
    () => poolOf(dataSource).totalCount,
  )
  gauge(registry, 'novabrain_database_connections_idle', 'Connections at rest', () => poolOf(dataSource).idleCount)
  gauge(
    registry,
    'novabrain_database_requests_waiting',
    'Waiting for a connection',
    () => poolOf(dataSource).waitingCount,
  )
  gauge(registry, 'novabrain_socket_clients', 'Open WebSockets', gauges.socketClients)
  gauge(registry, 'novabrain_events_unnumbered', 'Events the relay has still to number', gauges.unnumberedEvents)

  measureRetention(registry, gauges.retention)

  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none'
    latency.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000)
  })
  app.get('/metrics', { schema: { hide: true }, config: { access: 'anyone' } }, async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  )
}

/** What the rounds of this process took away, by kind, and what the blob store holds. */
const measureRetention = (registry: Registry, { lived, held }: Gauges['retention']): void => {
  new Counter({
    name: 'novabrain_gc_collected_total',
    help: 'What was cleared up since the start, by kind; bytesMarked and bytesRemoved are in bytes, all others are counts',
    labelNames: ['kind'],
    registers: [registry],
    collect() {
      this.reset()
      for (const [kind, count] of Object.entries(lived().totals)) this.inc({ kind }, count)
    },
  })
  gauge(registry, 'novabrain_gc_rounds', 'Rounds that ended well since the start', () => lived().rounds)
  gauge(registry, 'novabrain_gc_failures', 'Rounds that failed since the start', () => lived().failures)
  gauge(
    registry,
    'novabrain_gc_last_round_seconds',
    'When the last round ended well, seconds since 1970; 0 for never',
    () => Math.floor((lived().lastEndedAtMs ?? 0) / 1000),
  )
  gauge(registry, 'novabrain_blobs', 'Different contents in the blob store', async () => (await held()).blobs)
  gauge(registry, 'novabrain_blob_bytes', 'What they are together', async () => (await held()).bytes)
}

/** A gauge that is read when asked for. A figure that cannot be had is left as it was. */
const gauge = (registry: Registry, name: string, help: string, read: () => number | Promise<number>): void => {
  new Gauge({
    name,
    help,
    registers: [registry],
    async collect() {
      const value = await Promise.resolve()
        .then(read)
        .catch(() => null)
      if (value !== null) this.set(value)
    },
  })
}

interface Pool {
  readonly totalCount: number
  readonly idleCount: number
  readonly waitingCount: number
}

/** The `pg` pool inside the data source; TypeORM does not type it. */
const poolOf = (dataSource: DataSource): Pool =>
  (dataSource.driver as unknown as { master?: Pool }).master ?? { totalCount: 0, idleCount: 0, waitingCount: 0 }
