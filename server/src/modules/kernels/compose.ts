import { createKernelRelays, type KernelRelaysDeps } from './relays.js'
import type { KernelModules } from './routes.js'
import { createKernelService, type KernelDeps } from './service.js'

/** Kernels over jobs, pins and snapshots. */
export const createKernelModules = (deps: KernelRelaysDeps & Omit<KernelDeps, 'relays'>): KernelModules => {
  const relays = createKernelRelays(deps)
  return { relays, kernels: createKernelService({ ...deps, relays }) }
}
