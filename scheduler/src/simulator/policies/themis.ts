import type { PolicyMaker } from '../engine/policy.js'
import type { OracleMaker } from '../engine/core-policy.js'
import { truth } from '../engine/oracles.js'
import { openBeliefs } from './beliefs.js'
import { widthOf } from '../engine/trace.js'
import { rankedPolicy } from './ranked.js'

/** A lease after Themis: so long a start is not questioned. */
const leaseMs = 20 * 60_000

/**
 * Finish-time fairness (Themis: Mahajan et al., NSDI'20): ρ is the completion time a job will have, going on from now,
 * over the one it would have had alone on its share of the cluster, 1 / jobs that were there when it came. The greatest ρ
 * goes first; leases of 20 minutes. Its auction is replaced by this order; run times are exact unless another oracle is given.
 */
export const themis = (oracle: OracleMaker = truth): PolicyMaker =>
  rankedPolicy({
    name: 'Themis',
    open(view) {
      const beliefs = openBeliefs(view, oracle)
      const devices = view.trace.nodes.reduce((sum, node) => sum + node.devices.length, 0)
      const here = new Set<string>()
      const aloneMs = new Map<string, number>()
      const come = (id: string, runMs: number, width: number): number => {
        const known = aloneMs.get(id)
        if (known !== undefined) return known
        here.add(id)
        const share = Math.max(1, devices / here.size)
        const ideal = runMs * Math.max(1, width / share)
        aloneMs.set(id, ideal)
        return ideal
      }
      return {
        key(job, nowMs) {
          const leftMs = beliefs.leftMs(job, nowMs)
          const ideal = come(job.id, leftMs, widthOf(job))
          const startedAtMs = view.startedAtMs(job.id)
          const onLeaseMs = startedAtMs === null ? 0 : nowMs - startedAtMs
          if (startedAtMs !== null && (onLeaseMs === 0 || onLeaseMs % leaseMs !== 0)) return Number.NEGATIVE_INFINITY
          return -(nowMs - job.submitMs + leftMs) / ideal
        },
        changesMs(job, nowMs) {
          const startedAtMs = view.startedAtMs(job.id) ?? nowMs
          return startedAtMs + (Math.floor((nowMs - startedAtMs) / leaseMs) + 1) * leaseMs
        },
        ended(job) {
          here.delete(job.id)
          beliefs.ended(job)
        },
        reorders(nowMs) {
          beliefs.renew(nowMs)
          return true
        },
      }
    },
  })
