import { routes } from '@novabrain/contracts'
import type { Mount } from '../../http/mount.js'
import type { EnvironmentPinService } from './service.js'

export const mountEnvironmentPins = (mount: Mount, { environmentPins }: { environmentPins: EnvironmentPinService }) => {
  mount(routes.createEnvironmentPin, ({ scope, body }) => environmentPins.pin(scope, body))
  mount(routes.listEnvironmentPins, ({ scope, query }) => environmentPins.list(scope, query))
  mount(routes.getEnvironmentPin, ({ scope, params }) => environmentPins.get(scope, params.digest))
  mount(routes.getEnvironmentLock, async ({ scope, params, reply }) => {
    const lock = await environmentPins.lock(scope, params.digest)
    reply.type('text/plain; charset=utf-8')
    return Buffer.from(lock)
  })
}
