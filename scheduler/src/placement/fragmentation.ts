import type { JobRequest } from '../model/request.js'
import type { Free, Layout } from '../steps/cluster.js'
import { openEconomy, priceOfPieces } from './economy.js'
import { openGradient } from './gradient.js'
import type { FragmentationPolicy } from './policy.js'
import { idleMilliOn, type Rule } from './rule.js'
import type { Typical, TypicalRequest } from './typical.js'
import { openUsable } from './usable.js'

/** Thousandths of cores that are in pieces: c times the part of the requests without GPU that need more than c. */
export const openPieces = (classes: readonly TypicalRequest[]): ((cpuMilli: number) => number) => {
  const without = classes
    .filter(({ request }) => request.gpuCount === 0)
    .sort((left, right) => right.request.cpuMilli - left.request.cpuMilli)
  const weight = without.reduce((sum, one) => sum + one.weight, 0)
  return (cpuMilli) => {
    if (cpuMilli <= 0 || weight === 0) return 0
    let lost = 0
    for (const one of without) {
      if (one.request.cpuMilli <= cpuMilli) break
      lost += one.weight
    }
    return Math.floor((cpuMilli * lost) / weight)
  }
}

/**
 * Fragmentation gradient descent (Weng et al., ATC'23) with what it leaves out. On the node and device where this is most,
 * rounded down to steps of `stepMilli`:
 *
 *   ΔF + λ·ΔS − μ·r·scarcity + ν·ΔC
 *
 * ΔF: by how much the GPUs shrink that the typical requests cannot use. S = max(0, idle GPU − CPU left / c̄): GPUs that
 * will lack CPU, c̄ being the cores that go with a GPU in the demand. r·scarcity: what the job takes, by how much others
 * must have such a node. C: CPU in pieces too small for the typical requests without GPU, in GPUs
 * by c̄; ν is `cpuPieces` for jobs without GPU, and `cpuShort` times the price of pieces more for all.
 *
 * All in thousandths of a thousandth of a GPU, each term rounded down. Ties: first device by index, first node by name.
 */
export const fragmentation = (layout: Layout, typical: Typical, policy: FragmentationPolicy): Rule => {
  const usable = openUsable(layout, typical)
  const gradient = openGradient(layout, usable)
  const economy = openEconomy(layout, typical.all)
  const pieces = openPieces(typical.classes)
  const short = Math.floor((policy.cpuShort * priceOfPieces(economy.cpuNeed)) / 1000)
  const inGpu = (cpuMilli: number): number => Math.floor((Math.max(0, cpuMilli) * economy.gpuPerCpu) / 1_000_000)

  const strandDrop = (idle: number, cpuMilli: number, request: JobRequest): number => {
    const before = Math.max(0, idle - inGpu(cpuMilli))
    const left = idle - request.gpuCount * request.gpuMilli
    return policy.cpuStrand * (before - Math.max(0, left - inGpu(cpuMilli - request.cpuMilli)))
  }
  const piecesDrop = (cpuMilli: number, request: JobRequest): number => {
    const weight = short + (request.gpuCount === 0 ? policy.cpuPieces : 0)
    if (weight === 0) return 0
    return weight * (inGpu(pieces(cpuMilli)) - inGpu(pieces(cpuMilli - request.cpuMilli)))
  }
  const scarcityOf = (node: number, request: JobRequest): number => {
    const milli = request.gpuCount * request.gpuMilli
    return Math.floor((policy.scarcity * milli * (economy.scarcity[node] ?? 0)) / 1000)
  }
  const best = (free: Free, node: number, request: JobRequest) => {
    const cpuMilli = free.cpu[node] ?? 0
    const others =
      strandDrop(idleMilliOn(layout, free, node), cpuMilli, request) +
      piecesDrop(cpuMilli, request) -
      scarcityOf(node, request)
    const level = (weighted: number): number =>
      Math.floor((Math.floor((weighted * 1000) / usable.weight) + others) / (1000 * policy.stepMilli))
    const drop = gradient.drop(free, node, request, (one, other) => level(one) > level(other))
    return { level: level(drop.weighted), device: drop.device }
  }
  return {
    looksAtCpu: true,
    score: (free, node, request) => 0 - best(free, node, request).level,
    device: (free, node, request) => best(free, node, request).device,
  }
}
