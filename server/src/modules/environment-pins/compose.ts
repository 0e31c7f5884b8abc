import type { Deps } from '../../deps.js'
import { createResolver } from './resolver.js'
import { createEnvironmentPinService, type EnvironmentPinService } from './service.js'
import { createUv } from './uv.js'

/** The pins of environments over the uv of this machine. */
export const createEnvironmentPins = (deps: Deps): EnvironmentPinService => {
  const { home, uvPath, pythonPath } = deps.config
  const uv = createUv({ path: uvPath, home, environment: process.env })
  return createEnvironmentPinService(deps, createResolver(uv, { clock: deps.clock, python: pythonPath ?? null }))
}
