/** Amounts of the three resources a quota counts. Whole numbers: GPU and CPU in thousandths, memory in MiB. */
export interface ResourceVector {
  readonly gpuMilli: number
  readonly cpuMilli: number
  readonly memoryMib: number
}

/** Limits on the same resources; `null` means no limit. */
export interface ResourceLimits {
  readonly gpuMilli: number | null
  readonly cpuMilli: number | null
  readonly memoryMib: number | null
}

/** One of the three counted resources. */
export type ResourceName = keyof ResourceVector

/** The counted resources, in the order in which constraints are checked and told. */
export const resourceNames: readonly ResourceName[] = ['gpuMilli', 'cpuMilli', 'memoryMib']

/** No limit on anything. */
export const unlimited: ResourceLimits = { gpuMilli: null, cpuMilli: null, memoryMib: null }

/** Nothing of anything. */
export const nothing: ResourceVector = { gpuMilli: 0, cpuMilli: 0, memoryMib: 0 }

/** The sum of two amounts. */
export const plus = (left: ResourceVector, right: ResourceVector): ResourceVector => ({
  gpuMilli: left.gpuMilli + right.gpuMilli,
  cpuMilli: left.cpuMilli + right.cpuMilli,
  memoryMib: left.memoryMib + right.memoryMib,
})
