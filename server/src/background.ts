/** Work beside the requests: relay, scheduler, janitors. Started after the database, stopped before it. */
export interface Background {
  readonly name: string
  start(): Promise<void>
  /** The server is about to stop: what has to be done while it still answers requests. */
  prepareStop?(): Promise<void>
  /** Stop, finishing what is in hand. */
  stop(): Promise<void>
  /** How it does, for `/health/ready`. */
  check?(): Promise<Check>
}

export interface Check {
  readonly ok: boolean
  readonly detail: string | null
}
