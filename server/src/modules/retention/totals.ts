/** What a round took away, or would. Counts are of things; sizes are in bytes. */
export interface Totals {
  readonly runs: number
  readonly loggedModels: number
  readonly experiments: number
  readonly traces: number
  /** Points of metrics of runs that are gone. */
  readonly points: number
  /** Files of what is gone: names, each with a reference to bytes. */
  readonly files: number
  /** Overdue, and left because a version of a registered model needs them. */
  readonly needed: number
  /** Bytes that nobody refers to, marked this time. */
  readonly blobsMarked: number
  readonly bytesMarked: number
  readonly blobsRemoved: number
  readonly bytesRemoved: number
  /** Uploads that were begun and never ended. */
  readonly uploads: number
}

export const nothing: Totals = {
  runs: 0,
  loggedModels: 0,
  experiments: 0,
  traces: 0,
  points: 0,
  files: 0,
  needed: 0,
  blobsMarked: 0,
  bytesMarked: 0,
  blobsRemoved: 0,
  bytesRemoved: 0,
  uploads: 0,
}

/** Both together. */
export const plus = (left: Totals, right: Partial<Totals>): Totals => ({
  runs: left.runs + (right.runs ?? 0),
  loggedModels: left.loggedModels + (right.loggedModels ?? 0),
  experiments: left.experiments + (right.experiments ?? 0),
  traces: left.traces + (right.traces ?? 0),
  points: left.points + (right.points ?? 0),
  files: left.files + (right.files ?? 0),
  needed: left.needed + (right.needed ?? 0),
  blobsMarked: left.blobsMarked + (right.blobsMarked ?? 0),
  bytesMarked: left.bytesMarked + (right.bytesMarked ?? 0),
  blobsRemoved: left.blobsRemoved + (right.blobsRemoved ?? 0),
  bytesRemoved: left.bytesRemoved + (right.bytesRemoved ?? 0),
  uploads: left.uploads + (right.uploads ?? 0),
})

/** Told after every small step, so that whoever waits sees it move, and may stop it by a signal. */
export type Told = (step: Partial<Totals>) => void
