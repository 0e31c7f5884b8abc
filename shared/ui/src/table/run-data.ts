import type { RunCell, RunGroupValue, RunOrderKey, RunTablePage, RunTableRow } from '@novabrain/contracts'
import type { Host } from '../host.js'

/** A run of a table, with the values read so far. */
export interface TableRun {
  readonly row: RunTableRow
  readonly cells: ReadonlyMap<string, RunCell>
}

/** What a table is of. */
export interface RunQuery {
  readonly experimentIds: readonly string[]
  readonly filter: string
  readonly order: readonly RunOrderKey[]
  /** Only the runs of a group. */
  readonly within?: readonly RunGroupValue[]
}

const pageRows = 100
/** Pages that are kept; those far from what is looked at go first. */
const mostPages = 60
/** Reads under way at once: more would only wait for one another. */
const mostReads = 2

interface Piece {
  /** Ids in order; a piece that is being read has none yet. */
  ids: readonly string[] | null
  readonly columns: Set<string>
}

/**
 * The runs of a table, read in pieces of a hundred as they come into view, with only the columns that are in view. The first
 * piece says how many there are and when the newest began; later ones leave out what began since, so that positions stay.
 * Call `want` whenever what is in view changes; `changed` is called whenever there is more to draw.
 */
export class RunData {
  total: number | null = null
  /** Runs that began since the table was read. */
  newer = 0
  error: unknown = null
  upToMs: number | null = null
  #query: RunQuery
  #pieces = new Map<number, Piece>()
  #runs = new Map<string, { row: RunTableRow; cells: Map<string, RunCell> }>()
  #wanted: { readonly first: number; readonly last: number; readonly columns: readonly string[] } = {
    first: 0,
    last: 0,
    columns: [],
  }
  #reads = 0
  #generation = 0
  #stale = new Set<string>()
  #timer: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly host: Host,
    query: RunQuery,
    private readonly changed: () => void,
    /** How many there are, where it is known; then they are not counted. */
    known: { readonly total: number; readonly upToMs: number | null } | null = null,
  ) {
    this.#query = query
    if (known !== null) [this.total, this.upToMs] = [known.total, known.upToMs]
  }

  /** Whether nothing is known yet. */
  get beginning(): boolean {
    return this.total === null && this.error === null
  }

  /** The run at a position, or `null` while it is being read. */
  at(index: number): TableRun | null {
    const id = this.#pieces.get(Math.floor(index / pageRows))?.ids?.[index % pageRows]
    return id === undefined ? null : (this.#runs.get(id) ?? null)
  }

  /** A run that was read, wherever it is. */
  of(runId: string): TableRun | null {
    return this.#runs.get(runId) ?? null
  }

  /** Whether a value was asked of the server and answered. */
  has(run: TableRun, column: string): boolean {
    return run.cells.has(column)
  }

  /** The runs between two positions that are read, in order. */
  between(first: number, last: number): TableRun[] {
    return [...Array(Math.max(0, last - first)).keys()].flatMap((i) => this.at(first + i) ?? [])
  }

  /** Say what is in view. */
  want(first: number, last: number, columns: readonly string[]): void {
    this.#wanted = { first, last, columns: columns.filter((column) => !column.startsWith('attributes.')) }
    this.#read()
  }

  /** Read again what is in view of these runs, soon: they changed. Those that were never read are passed over. */
  refresh(runIds: readonly string[]): void {
    for (const id of runIds) if (this.#runs.has(id)) this.#stale.add(id)
    if (this.#stale.size > 0) this.#soon()
  }

  /** Count again how many began since, soon. */
  recount(): void {
    if (this.beginning) return
    this.#counting = true
    this.#soon()
  }
  #counting = false

  #soon(): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      void this.#catchUp()
    }, 700)
  }

  /** Read everything anew. */
  reload(query: RunQuery = this.#query): void {
    this.#generation += 1
    this.#query = query
    this.#reads = 0
    this.#pieces = new Map()
    ;[this.upToMs, this.error, this.newer] = [null, null, 0]
    this.total = null
    this.#read()
  }

  dispose(): void {
    this.#generation += 1
    clearTimeout(this.#timer)
  }

  #read(): void {
    const { first, last, columns } = this.#wanted
    const [from, to] = [Math.floor(first / pageRows), Math.floor(Math.max(first, last - 1) / pageRows)]
    for (let page = from; page <= to && this.#reads < mostReads; page += 1) {
      const piece = this.#pieces.get(page)
      if (this.error !== null) return
      if (piece === undefined) {
        if (this.total === null ? this.#reads === 0 : page * pageRows < this.total) void this.#readPiece(page, columns)
      } else if (piece.ids !== null) {
        const lacking = columns.filter((column) => !piece.columns.has(column))
        if (lacking.length > 0) void this.#readColumns(piece, piece.ids, lacking)
      }
    }
  }

  async #readPiece(page: number, columns: readonly string[]): Promise<void> {
    const piece: Piece = { ids: null, columns: new Set(columns) }
    this.#pieces.set(page, piece)
    const count = this.total === null
    await this.#ask(
      ({ client, projectId }) =>
        client.searchRunTable({
          params: { projectId },
          body: {
            ...plain(this.#query),
            columns: [...columns],
            offset: page * pageRows,
            limit: pageRows,
            ...(this.upToMs === null ? {} : { upToMs: this.upToMs }),
            ...(count ? { count } : {}),
          },
        }),
      (answer: RunTablePage) => {
        piece.ids = answer.rows.map(({ id }) => id)
        for (const row of answer.rows) this.#keep(row, columns)
        if (count) this.total = answer.total
        this.upToMs ??= answer.upToMs
        this.#forget(page)
      },
      () => this.#pieces.delete(page),
    )
  }

  async #readColumns(piece: Piece, runIds: readonly string[], columns: readonly string[]): Promise<void> {
    for (const column of columns) piece.columns.add(column)
    await this.#ask(
      ({ client, projectId }) =>
        client.readRunRows({ params: { projectId }, body: { runIds: [...runIds], columns: [...columns] } }),
      ({ rows }) => {
        for (const row of rows) this.#keep(row, columns)
      },
      () => columns.forEach((column) => piece.columns.delete(column)),
    )
  }

  async #catchUp(): Promise<void> {
    const { first, last, columns } = this.#wanted
    const shown = new Set(this.between(first, last).map(({ row }) => row.id))
    const runIds = [...this.#stale].filter((id) => shown.has(id)).slice(0, 500)
    // What is out of view is read when it comes into view.
    for (const id of this.#stale) if (!shown.has(id)) this.#drop(id)
    this.#stale.clear()
    const counting = this.#counting
    this.#counting = false
    if (runIds.length > 0)
      await this.#ask(
        ({ client, projectId }) =>
          client.readRunRows({ params: { projectId }, body: { runIds, columns: [...columns] } }),
        ({ rows }) => {
          for (const row of rows) this.#keep(row, columns)
        },
      )
    if (counting && this.upToMs !== null && this.total !== null) {
      const body = { ...plain(this.#query), columns: [], offset: 0, limit: 0, upToMs: this.upToMs, count: true }
      await this.#ask(
        ({ client, projectId }) => client.searchRunTable({ params: { projectId }, body }),
        ({ newer }) => {
          this.newer = newer ?? 0
        },
      )
    }
    if (counting && (this.total === null || this.total === 0)) this.reload()
  }

  /** The piece of a run that is out of view is read again when it is wanted. */
  #drop(runId: string): void {
    for (const [page, { ids }] of this.#pieces) if (ids?.includes(runId) === true) this.#pieces.delete(page)
  }

  async #ask<T>(call: (host: Host) => Promise<T>, take: (answer: T) => void, lost: () => void = () => undefined) {
    const generation = this.#generation
    this.#reads += 1
    try {
      const answer = await call(this.host)
      if (generation !== this.#generation) return
      take(answer)
      this.error = null
    } catch (error) {
      if (generation !== this.#generation) return
      lost()
      this.error = error
    }
    this.#reads -= 1
    this.changed()
    this.#read()
  }

  #keep(row: RunTableRow, columns: readonly string[]): void {
    const cells = this.#runs.get(row.id)?.cells ?? new Map<string, RunCell>()
    columns.forEach((column, i) => cells.set(column, row.cells[i] ?? null))
    this.#runs.set(row.id, { row, cells })
  }

  #forget(near: number): void {
    if (this.#pieces.size <= mostPages) return
    const [farthest = near] = [...this.#pieces.keys()].sort((a, b) => Math.abs(b - near) - Math.abs(a - near))
    for (const id of this.#pieces.get(farthest)?.ids ?? []) this.#runs.delete(id)
    this.#pieces.delete(farthest)
  }
}

/** A query as the body of a request takes it. */
const plain = ({ experimentIds, filter, order, within }: RunQuery) => ({
  experimentIds: [...experimentIds],
  filter,
  order: [...order],
  ...(within === undefined ? {} : { within: [...within] }),
})
