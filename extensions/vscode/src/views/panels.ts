import type { Unsubscribe } from '@novabrain/contracts'
import type { ModelTarget, RunTab } from '@novabrain/ui'
import type { PageTarget } from '../bridge.js'

/** The editor tabs with pages of ours. */
export interface Panels {
  /** Open or bring to the front. `quietly` leaves the focus where it is. */
  openRun(
    target: { readonly runId?: string; readonly jobId?: string },
    tab?: RunTab,
    options?: { readonly quietly?: boolean },
  ): Promise<void>
  openCompare(runIds: readonly string[]): Promise<void>
  openModel(target: ModelTarget): Promise<void>
  /** The page of the queue and the GPUs. */
  openQueue(): Promise<void>
  /** The table of all runs of the project. */
  openTable(): Promise<void>
  /** The runs whose pages are in front, so that nobody is told what they see. */
  watched(): readonly string[]
  /** How long the last page took to its first painting, milliseconds. */
  painted(afterMs: number): void
  onPainted(listener: (afterMs: number) => void): Unsubscribe
}

/** The same page is the same tab. */
export const pageKey = (target: PageTarget): string => {
  switch (target.kind) {
    case 'run':
      return `run:${target.runId ?? target.jobId ?? ''}`
    case 'compare':
      return `compare:${[...target.runIds].sort().join(',')}`
    case 'queue':
      return 'queue'
    case 'table':
      return 'table'
    case 'models':
      return 'models'
    case 'model':
      return `model:${target.name}`
    case 'version':
      return `version:${String(target.version)}:${target.name}`
  }
}
