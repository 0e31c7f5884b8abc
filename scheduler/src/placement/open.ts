import { assertNever } from '../assert-never.js'
import type { DemandShare } from '../model/demand.js'
import type { Layout } from '../steps/cluster.js'
import { bestFit } from './best-fit.js'
import { dotProduct } from './dot-product.js'
import { fgd } from './fgd.js'
import { fragmentation } from './fragmentation.js'
import { gpuClustering } from './gpu-clustering.js'
import { gpuPacking } from './gpu-packing.js'
import { leastRemainder } from './least-remainder.js'
import type { PlacementPolicy } from './policy.js'
import { randomPlacement } from './random.js'
import type { Rule } from './rule.js'
import { typicalOf } from './typical.js'

/** Opens a rule for a layout; `demand` is asked for only by rules that look at it. */
export const openRule = (policy: PlacementPolicy, layout: Layout, demand: () => readonly DemandShare[]): Rule => {
  switch (policy.kind) {
    case 'best_fit':
      return bestFit(layout)
    case 'fragmentation':
      return fragmentation(layout, typicalOf(demand()), policy)
    case 'fgd':
      return fgd(layout, typicalOf(demand()))
    case 'least_remainder':
      return leastRemainder(layout)
    case 'dot_product':
      return dotProduct(layout)
    case 'gpu_packing':
      return gpuPacking(layout)
    case 'gpu_clustering':
      return gpuClustering(layout)
    case 'random':
      return randomPlacement(layout, policy.seed)
    default:
      return assertNever(policy)
  }
}
