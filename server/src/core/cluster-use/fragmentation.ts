/** What is free of a node. */
export interface FreeNode {
  readonly cpuMilli: number
  readonly memoryMib: number
  readonly gpus: readonly { readonly model: string; readonly milli: number; readonly memoryMib: number }[]
}

/** A request that was made so often. */
export interface RequestClass {
  readonly gpuCount: number
  readonly gpuMilli: number
  readonly gpuMemoryMib: number
  readonly gpuModel: string | null
  readonly cpuMilli: number
  readonly memoryMib: number
  readonly count: number
}

/**
 * How much of what is free on GPUs, in thousandths, typical requests could not use where it lies: 0 when every one of them
 * could use all of it, 1000 when none could use any. After F of fragmentation gradient descent (Weng et al., USENIX ATC'23,
 * §4.2): on a node where a request cannot run at all everything free is lost to it, elsewhere the pieces that are too small,
 * weighed by how often the request was made. `null` with nothing free or no requests for GPUs.
 */
export const fragmentation = (nodes: readonly FreeNode[], requests: readonly RequestClass[]): number | null => {
  const asked = requests.filter(({ gpuCount }) => gpuCount > 0)
  const total = sum(asked.map(({ count }) => count))
  const free = sum(nodes.map(freeMilli))
  if (total === 0 || free === 0) return null
  const lost = sum(asked.flatMap((request) => nodes.map((node) => (lostTo(node, request) * request.count) / total)))
  return Math.round((1000 * lost) / free)
}

const sum = (amounts: readonly number[]): number => amounts.reduce((total, amount) => total + amount, 0)

const freeMilli = ({ gpus }: FreeNode): number => sum(gpus.map(({ milli }) => milli))

const lostTo = (node: FreeNode, request: RequestClass): number => {
  const useful = node.gpus.filter(
    ({ model, milli, memoryMib }) =>
      milli >= request.gpuMilli &&
      memoryMib >= request.gpuMemoryMib &&
      (request.gpuModel === null || request.gpuModel === model),
  )
  const runs =
    useful.length >= request.gpuCount && node.cpuMilli >= request.cpuMilli && node.memoryMib >= request.memoryMib
  return freeMilli(node) - (runs ? sum(useful.map(({ milli }) => milli)) : 0)
}
