import type { FastifyInstance } from 'fastify'
import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type { DataSource } from 'typeorm'

/** What other parts count; read when somebody asks for `/metrics`. */
export interface Gauges {
  /** Events that were committed and have no number yet. */
  readonly unnumberedEvents: () => Promise<number>
  /** Sockets that are open. */
  readonly socketClients: () => number
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

  app.addHook('onResponse', async (request, reply) => {
    const route = request.routeOptions.url ?? 'none'
    latency.observe({ method: request.method, route, status: reply.statusCode }, reply.elapsedTime / 1000)
  })
  app.get('/metrics', { schema: { hide: true }, config: { access: 'anyone' } }, async (_request, reply) =>
    reply.type(registry.contentType).send(await registry.metrics()),
  )
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
