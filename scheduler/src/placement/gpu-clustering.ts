import { widthOf, widths, type Free, type Layout } from '../steps/cluster.js'
import { greatestNode, idleMilliOn, type Rule } from './rule.js'

/** How far a node is from the width of a job: 3 runs only such, 2 also such, 1 nothing, 0 only others. */
const kinship = (free: Free, node: number, width: number): number => {
  let others = 0
  for (let other = 0; other < widths; other += 1) {
    if (other !== width && (free.pods[node * widths + other] ?? 0) > 0) others += 1
  }
  if ((free.pods[node * widths + width] ?? 0) > 0) return others === 0 ? 3 : 2
  return others === 0 ? 1 : 0
}

/**
 * Clustering by width: nodes that run only jobs with as many GPUs (shares being one kind) come first, then those that
 * run such among others, then empty ones, then the rest; in each band of 25 the fullest first:
 * 25·band + ⌊25·(G − idle)/G⌋, G being the greatest node (affinity of Gandiva: Xiao et al., OSDI'18, as computed by Weng
 * et al., ATC'23). Jobs without GPU go to the first node. A share goes to the fullest device. Ties: first node by name.
 */
export const gpuClustering = (layout: Layout): Rule => {
  const { gpuMilli } = greatestNode(layout)
  return {
    looksAtCpu: false,
    score(free, node, request) {
      if (request.gpuCount === 0) return 0
      const fullness = Math.floor((25 * (gpuMilli - idleMilliOn(layout, free, node))) / gpuMilli)
      return -(25 * kinship(free, node, widthOf(request.gpuCount, request.gpuMilli)) + fullness)
    },
    device: () => null,
  }
}
