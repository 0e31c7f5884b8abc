import type { Layout } from '../steps/cluster.js'
import { greatestNode, idleMilliOn, type Rule } from './rule.js'

const greatestDivisor = (left: number, right: number): number =>
  right === 0 ? left : greatestDivisor(right, left % right)

/**
 * Dot product: the less what is free and what is asked point the same way, the better, so that large holes stay. The
 * score is ⌊100 · (1 − ½·(c·r_c/C² + g·r_g/G²))⌋, greatest first, GPUs of a node merged and amounts taken as parts of the
 * greatest node (alignment of Tetris: Grandl et al., SIGCOMM'14, as computed by Weng et al., ATC'23). A share goes to
 * the fullest device. Ties: first node by name.
 */
export const dotProduct = (layout: Layout): Rule => {
  const { cpuMilli, gpuMilli } = greatestNode(layout)
  const divisor = greatestDivisor(cpuMilli, gpuMilli)
  const cpuSide = (gpuMilli / divisor) ** 2
  const gpuSide = (cpuMilli / divisor) ** 2
  const whole = cpuMilli * cpuMilli * cpuSide
  return {
    looksAtCpu: true,
    score(free, node, request) {
      const cpu = (free.cpu[node] ?? 0) * request.cpuMilli
      const gpu = idleMilliOn(layout, free, node) * request.gpuCount * request.gpuMilli
      return -Math.floor((100 * whole - 50 * (cpu * cpuSide + gpu * gpuSide)) / whole)
    },
    device: () => null,
  }
}
