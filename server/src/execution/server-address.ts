import type { FastifyInstance } from 'fastify'

/** Where programs on this machine find this server; known once it listens. */
export interface ServerAddress {
  /** `http://127.0.0.1:7077`. Throws before the server listens. */
  url(): string
  /** Learn the address of an application as soon as it listens. */
  follow(app: FastifyInstance): void
}

export const createServerAddress = (): ServerAddress => {
  let known: string | null = null
  return {
    url() {
      if (known === null) throw new Error('The server does not listen yet')
      return known
    },
    follow(app) {
      app.addHook('onListen', async () => {
        const address = app.server.address()
        if (address === null || typeof address === 'string') return
        const everywhere = ['0.0.0.0', '::', '::1'].includes(address.address)
        known = `http://${everywhere ? '127.0.0.1' : address.address}:${String(address.port)}`
        return Promise.resolve()
      })
    },
  }
}
