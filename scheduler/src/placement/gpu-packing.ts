import type { JobRequest } from '../model/request.js'
import type { Free, Layout } from '../steps/cluster.js'
import type { Rule } from './rule.js'

const usedOnly = 100
const usedNode = 50
const freshNode = 33

/** The idle parts of the GPUs of a node that have room for a share of the request, fullest device first. */
const roomyParts = (layout: Layout, free: Free, node: number, request: JobRequest): number[] => {
  const parts: number[] = []
  const end = layout.firstDevice[node + 1] ?? 0
  for (let device = layout.firstDevice[node] ?? 0; device < end; device += 1) {
    const milli = free.deviceMilli[device] ?? 0
    if (layout.deviceIsGpu[device] === 1 && milli >= request.gpuMilli) parts.push(milli)
  }
  return parts.sort((left, right) => left - right)
}

const isFresh = (layout: Layout, free: Free, node: number): boolean => {
  const end = layout.firstDevice[node + 1] ?? 0
  for (let device = layout.firstDevice[node] ?? 0; device < end; device += 1) {
    if (layout.deviceIsGpu[device] === 1 && (free.deviceMilli[device] ?? 0) < 1000) return false
  }
  return true
}

/**
 * Packing of GPUs in three bands, greatest score first: devices already shared (100 less a tenth of their idle
 * percentage, at least 50), then idle devices of a used node (50 less their number, at least 33), then a fresh node (33
 * less its GPUs), so that whole nodes stay free (Weng et al., NSDI'22, as computed by the same authors in ATC'23). Jobs
 * without GPU go to the first node. A share goes to the fullest device. Ties: first node by name.
 */
export const gpuPacking = (layout: Layout): Rule => ({
  looksAtCpu: false,
  score(free, node, request) {
    if (request.gpuCount === 0) return 0
    const parts = roomyParts(layout, free, node, request)
    if (isFresh(layout, free, node)) return -Math.max(freshNode - parts.length, parts.length)
    const chosen = parts.slice(0, request.gpuCount)
    const idle = chosen.filter((milli) => milli === 1000).length
    if (idle > 0) return -Math.max(usedNode - idle, freshNode)
    const idlePercent = chosen.reduce((sum, milli) => sum + Math.floor(milli / 10), 0)
    return -Math.max(usedOnly - Math.floor(idlePercent / 10), usedNode)
  },
  device: () => null,
})
