export interface GroupCommitOptions<Request> {
  /**
   * Commit requests together, in one transaction. Answers for each request `null`, or why it alone was refused; a throw
   * means that nothing was written.
   */
  commit(requests: readonly Request[]): Promise<readonly (Error | null)[]>
  /** Requests are committed together only within a group (a project, whose transaction is under its scope). */
  groupOf(request: Request): string
  /** Requests with the same lane (a run) are never in two transactions at once, and keep their order. */
  laneOf(request: Request): string
  /** How much work a request is: its points, params and tags. */
  weightOf(request: Request): number
  /** How many transactions may be open at once. */
  readonly writers: number
  /** How much work one transaction takes at most. */
  readonly maxWeight: number
}

export interface GroupCommit<Request> {
  /** Resolves when the request is on the disk, rejects when it was refused. */
  submit(request: Request): Promise<void>
}

interface Waiting<Request> {
  readonly request: Request
  resolve(): void
  reject(error: Error): void
}

/**
 * Group commit: what arrives while a transaction is under way is committed together by the next. One request alone waits
 * for nobody. When a transaction fails, each of its requests is tried again by itself, so that one bad request never
 * fails another.
 */
export const createGroupCommit = <Request>(options: GroupCommitOptions<Request>): GroupCommit<Request> => {
  let waiting: Waiting<Request>[] = []
  let open = 0
  const busyLanes = new Set<string>()

  const takeBatch = (): Waiting<Request>[] => {
    const batch: Waiting<Request>[] = []
    const rest: Waiting<Request>[] = []
    let group: string | null = null
    let weight = 0
    for (const item of waiting) {
      const fits = weight < options.maxWeight && !busyLanes.has(options.laneOf(item.request))
      if (fits && (group === null || group === options.groupOf(item.request))) {
        group = options.groupOf(item.request)
        weight += options.weightOf(item.request)
        batch.push(item)
      } else rest.push(item)
    }
    waiting = rest
    return batch
  }

  const settle = async (batch: readonly Waiting<Request>[]): Promise<void> => {
    try {
      const outcomes = await options.commit(batch.map((item) => item.request))
      batch.forEach((item, index) => {
        const refusal = outcomes[index] ?? null
        if (refusal === null) item.resolve()
        else item.reject(refusal)
      })
    } catch (error) {
      const [only] = batch
      if (batch.length === 1 && only !== undefined) only.reject(asError(error))
      else for (const item of batch) await settle([item])
    }
  }

  const pump = (): void => {
    while (open < options.writers && waiting.length > 0) {
      const batch = takeBatch()
      if (batch.length === 0) return
      const lanes = new Set(batch.map((item) => options.laneOf(item.request)))
      for (const lane of lanes) busyLanes.add(lane)
      open += 1
      void settle(batch).finally(() => {
        for (const lane of lanes) busyLanes.delete(lane)
        open -= 1
        pump()
      })
    }
  }

  return {
    submit: (request) =>
      new Promise((resolve, reject) => {
        waiting.push({ request, resolve, reject })
        // After the requests that arrive in the same turn of the event loop, so that they go together.
        setImmediate(pump)
      }),
  }
}

const asError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)))
