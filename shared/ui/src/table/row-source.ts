import type { RunGroup } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { RunData, type RunQuery, type TableRun } from './run-data.js'

/** A line of the table: a run, the head of a group, or nothing known yet. */
export type TableLine =
  | { readonly kind: 'run'; readonly run: TableRun }
  | { readonly kind: 'group'; readonly group: RunGroup; readonly key: string; readonly open: boolean }
  | { readonly kind: 'blank' }

/** Where a grid has its lines from. */
export interface RowSource {
  /** How many lines; `null` while it is not known. */
  readonly count: number | null
  readonly error: unknown
  at(index: number): TableLine
  want(first: number, last: number, columns: readonly string[]): void
}

const blank: TableLine = { kind: 'blank' }

/** The lines of a table that is not grouped. */
export const plainSource = (data: RunData): RowSource => ({
  get count() {
    return data.total
  },
  get error() {
    return data.error
  },
  at(index) {
    const run = data.at(index)
    return run === null ? blank : { kind: 'run', run }
  },
  want: (first, last, columns) => data.want(first, last, columns),
})

const groupsAtOnce = 200

/** The same group is the same key, whatever it counts. */
const keyOf = ({ values }: RunGroup): string => JSON.stringify(values)

/**
 * Groups, and the runs of those that are open, as one list of lines. Groups are read two hundred at a time, as they come into
 * view.
 */
export class GroupedSource implements RowSource {
  error: unknown = null
  total = 0
  #groups: RunGroup[] = []
  #metrics: readonly string[] = []
  #open = new Map<string, RunData>()
  #reading = false
  #known = false
  #ended = false

  constructor(
    private readonly host: Host,
    private readonly query: RunQuery,
    private readonly by: readonly string[],
    private readonly changed: () => void,
  ) {}

  get count(): number | null {
    return this.#known ? (this.#starts().at(-1) ?? 0) : null
  }
  /** The metrics whose spread the groups have, as columns. */
  get metrics(): readonly string[] {
    return this.#metrics
  }

  at(index: number): TableLine {
    const starts = this.#starts()
    const place = starts.findLastIndex((start) => start <= index)
    const group = this.#groups[place]
    const start = starts[place]
    if (group === undefined || start === undefined) return blank
    const key = keyOf(group)
    const data = this.#open.get(key)
    if (index === start) return { kind: 'group', group, key, open: data !== undefined }
    const run = data?.at(index - start - 1) ?? null
    return run === null ? blank : { kind: 'run', run }
  }

  want(first: number, last: number, columns: readonly string[]): void {
    const metrics = columns.filter((column) => column.startsWith('metrics.')).slice(0, 12)
    const more = metrics.filter((metric) => !this.#metrics.includes(metric))
    if (more.length > 0 && !this.#reading) {
      this.#metrics = [...new Set([...metrics, ...this.#metrics])].slice(0, 12)
      void this.#read(0, Math.max(groupsAtOnce, this.#groups.length))
    } else if (!this.#known && !this.#reading) void this.#read(0, groupsAtOnce)
    else if (last >= (this.count ?? 0) - 1 && !this.#ended && !this.#reading && this.#known)
      void this.#read(this.#groups.length, groupsAtOnce)
    const starts = this.#starts()
    for (const [place, group] of this.#groups.entries()) {
      const data = this.#open.get(keyOf(group))
      const start = (starts[place] ?? 0) + 1
      const end = starts[place + 1] ?? start
      if (data !== undefined && start < last && end > first)
        data.want(Math.max(0, first - start), Math.min(end, last) - start, columns)
    }
  }

  /** Open or close a group. */
  toggle(key: string): void {
    const group = this.#groups.find((each) => keyOf(each) === key)
    const open = this.#open.get(key)
    if (open !== undefined) {
      open.dispose()
      this.#open.delete(key)
    } else if (group !== undefined) {
      const within = this.by.map((column, index) => ({ column, value: group.values[index] ?? null }))
      const known = { total: group.runCount, upToMs: null }
      this.#open.set(key, new RunData(this.host, { ...this.query, within }, this.changed, known))
    }
    this.changed()
  }

  refresh(runIds: readonly string[]): void {
    for (const data of this.#open.values()) data.refresh(runIds)
  }
  of(runId: string): TableRun | null {
    for (const data of this.#open.values()) {
      const found = data.of(runId)
      if (found !== null) return found
    }
    return null
  }
  dispose(): void {
    for (const data of this.#open.values()) data.dispose()
  }

  /** Where each group begins, and where the last ends. */
  #starts(): readonly number[] {
    const starts = [0]
    for (const group of this.#groups)
      starts.push((starts.at(-1) ?? 0) + 1 + (this.#open.has(keyOf(group)) ? group.runCount : 0))
    return starts
  }

  async #read(offset: number, limit: number): Promise<void> {
    this.#reading = true
    const { client, projectId } = this.host
    const { experimentIds, filter } = this.query
    const metrics = this.#metrics.map((column) => column.slice('metrics.'.length))
    try {
      const body = {
        experimentIds: [...experimentIds],
        filter,
        by: [...this.by],
        metrics,
        offset,
        limit: Math.min(200, limit),
      }
      const answer = await client.groupRuns({ params: { projectId }, body })
      this.#groups = [...this.#groups.slice(0, offset), ...answer.groups]
      this.total = answer.total
      this.#ended = answer.groups.length < Math.min(200, limit)
      this.#known = true
      this.error = null
    } catch (error) {
      this.error = error
    }
    this.#reading = false
    this.changed()
  }
}
