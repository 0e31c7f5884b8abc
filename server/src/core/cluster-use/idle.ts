/** Up to this much of a GPU, in thousandths, counts as hardly used: a framework that waits still wakes now and then. */
export const idleMilliPerGpu = 50

/** A job is told of as idle once it has been so for this long. */
export const idleAfterMs = 600_000

/**
 * Since when an attempt hardly uses its GPUs, after some more samples in the order of time; `null` while it uses them. A
 * sample without a measure tells nothing.
 */
export const idleSince = (
  before: string | null,
  samples: readonly { readonly atMs: number; readonly gpuMilli: number | null }[],
  gpuCount: number,
): string | null =>
  samples.reduce<string | null>((since, { atMs, gpuMilli }) => {
    if (gpuMilli === null) return since
    if (gpuMilli > idleMilliPerGpu * gpuCount) return null
    return since ?? new Date(atMs).toISOString()
  }, before)
