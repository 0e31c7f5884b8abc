import type { JobRequest } from '../model/request.js'
import type { Free, Layout } from '../steps/cluster.js'
import { orderedDevices } from '../steps/place.js'
import { idleMilliOn, isShare, type Rule } from './rule.js'

const tightestShare = (layout: Layout, free: Free, node: number, request: JobRequest): number => {
  const device = orderedDevices(layout, free, node, request, false)[0] ?? 0
  const milli = free.deviceMilli[device] ?? 0
  return milli >= 1000 ? 2000 : milli
}

const step = 2 ** 20

/**
 * Best fit: a share goes to the fullest device that still has room and opens a fresh one last; whole devices and jobs
 * without device go where the least GPU stays idle, then where the fewest cores stay idle. Ties: first node by name.
 */
export const bestFit = (layout: Layout): Rule => ({
  looksAtCpu: false,
  score(free, node, request) {
    const idleMilli = Math.min(step - 1, idleMilliOn(layout, free, node))
    const idleCores = Math.max(0, Math.min(step - 1, Math.floor((free.cpu[node] ?? 0) / 1000)))
    if (!isShare(request)) return idleMilli * step + idleCores
    return tightestShare(layout, free, node, request) * step + idleMilli
  },
  device: () => null,
})
