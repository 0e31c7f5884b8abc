import type { Layout } from '../steps/cluster.js'
import { greatestNode, idleMilliOn, type Rule } from './rule.js'

/**
 * Least remainder: of what stays free, CPU and GPU count half each, as parts of the greatest node. The score is
 * ⌊100 · (1 − ½·(c − r_c)/C − ½·(g − r_g)/G)⌋, greatest first, as BestFit is computed in the study of fragmentation
 * gradient descent (Weng et al., ATC'23). A share goes to the fullest device. Ties: first node by name.
 */
export const leastRemainder = (layout: Layout): Rule => {
  const { cpuMilli, gpuMilli } = greatestNode(layout)
  const whole = cpuMilli * gpuMilli
  return {
    looksAtCpu: true,
    score(free, node, request) {
      const cpu = (free.cpu[node] ?? 0) - request.cpuMilli
      const gpu = idleMilliOn(layout, free, node) - request.gpuCount * request.gpuMilli
      return -Math.floor((100 * whole - 50 * (cpu * gpuMilli + gpu * cpuMilli)) / whole)
    },
    device: () => null,
  }
}
