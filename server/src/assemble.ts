import type { Access } from '@novabrain/contracts'
import type { FastifyInstance } from 'fastify'
import { createApp } from './app.js'
import type { Foundation } from './foundation.js'
import { createBackground, createServices, mountModules, type Services } from './modules/index.js'
import { serveChannels } from './modules/kernels/channels.js'
import { mountHealth } from './modules/health/routes.js'
import { mountOn } from './http/mount.js'
import { drainConnections } from './plugins/drain-connections.js'
import { serveStream, type Hub } from './realtime/hub.js'
import { serveWeb } from './web/web.js'

/** A whole server over a foundation, without the process around it. */
export interface Assembly {
  readonly app: FastifyInstance
  readonly services: Services
  readonly stream: Hub
  /** Every address that is served: the route table, MLflow's façade, pages. */
  readonly served: readonly { readonly method: string; readonly path: string; readonly access: Access | null }[]
  /** Start the background work, in order. */
  start(): Promise<void>
  /** Let the background work prepare, take no more requests, finish those in hand, stop the work in reverse order. */
  stop(): Promise<void>
}

/** Put services, routes, the live stream and background work together. */
export const assemble = async (foundation: Foundation): Promise<Assembly> => {
  const services = createServices(foundation)
  const background = [services.relay, ...createBackground(foundation, services)]
  let hub: Hub | null = null
  const served: Assembly['served'][number][] = []
  const app = await createApp({
    foundation,
    authenticators: services,
    gauges: {
      unnumberedEvents: () => services.events.unnumbered(),
      socketClients: () => hub?.clientCount() ?? 0,
      retention: services.retention,
    },
    onRoute: ({ method, url, config }) => {
      for (const each of [method].flat()) served.push({ method: each, path: url, access: config?.access ?? null })
    },
    mountAll: async (instance) => {
      mountHealth(mountOn(instance), { database: foundation.database, background })
      await mountModules(instance, services)
      drainConnections(instance)
      await serveWeb(instance, foundation.config)
    },
  })
  const { hints, log, config } = foundation
  const stream = serveStream(app, {
    feed: services.relay,
    events: services.events,
    hints,
    log,
    identities: services.identities,
    allowedOrigins: config.allowedOrigins,
    otherUpgrades: serveChannels(app, { ...services, ...services.kernelModules, newId: foundation.newId, log }),
  })
  hub = stream
  return {
    app,
    services,
    stream,
    served,
    async start() {
      for (const work of background) await work.start()
    },
    async stop() {
      for (const work of background)
        await work
          .prepareStop?.()
          .catch((error: unknown) => log.error({ err: error, name: work.name }, 'a part was not ready to stop'))
      await app.close()
      for (const work of background.toReversed()) await work.stop()
    },
  }
}
