/**
 * Which node, and which of its devices, a job gets: the rule as data. All rules look at the same fitting nodes, round
 * their score as stated, and give equal scores to the first node by name, then id.
 */
export type PlacementPolicy =
  /** The fullest device or node that has room. */
  | { readonly kind: 'best_fit' }
  | FragmentationPolicy
  /** Fragmentation gradient descent alone (Weng et al., ATC'23). */
  | { readonly kind: 'fgd' }
  /** Least remainder of CPU and GPU together (BestFit of the same study). */
  | { readonly kind: 'least_remainder' }
  /** Least product of what is free and what is asked (Tetris: Grandl et al., SIGCOMM'14). */
  | { readonly kind: 'dot_product' }
  /** Shared devices first, then used nodes, then fresh ones (MLaaS: Weng et al., NSDI'22). */
  | { readonly kind: 'gpu_packing' }
  /** Nodes that run jobs of the same width first (Gandiva: Xiao et al., OSDI'18). */
  | { readonly kind: 'gpu_clustering' }
  /** Any node that fits, by lot; equal seeds draw equally. */
  | { readonly kind: 'random'; readonly seed: number }

/** The fragmentation gradient with what it costs to strand GPUs without CPU, and CPU in pieces that no job can use. */
export interface FragmentationPolicy {
  readonly kind: 'fragmentation'
  /** λ, thousandths: weight of GPUs that will lack CPU. */
  readonly cpuStrand: number
  /** μ, thousandths: weight of taking nodes that others must have, for their models, GPUs or cores. */
  readonly scarcity: number
  /** ν, thousandths: weight of CPU left in useless pieces, for jobs without GPU. */
  readonly cpuPieces: number
  /** ν′, thousandths: the same for all jobs, where the demand would use up the CPU as fast as the GPUs. */
  readonly cpuShort: number
  /** Scores that differ by less than so many thousandths of a GPU are equal. */
  readonly stepMilli: number
}
