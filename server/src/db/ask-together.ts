/** Asks for one thing by its id; `undefined` when there is none. */
export type AskOne<T> = (id: string) => Promise<T | undefined>

interface Asking<T> {
  readonly id: string
  resolve(answer: T | undefined): void
  reject(error: unknown): void
}

/**
 * Questions that come while one is under way are asked together by the next. `askMany` answers what it found, by id. One
 * question alone waits for nobody.
 */
export const askTogether = <T>(askMany: (ids: readonly string[]) => Promise<ReadonlyMap<string, T>>): AskOne<T> => {
  let waiting: Asking<T>[] = []
  let isAsking = false

  const askAll = async (asking: readonly Asking<T>[]): Promise<void> => {
    try {
      const found = await askMany([...new Set(asking.map(({ id }) => id))])
      for (const { id, resolve } of asking) resolve(found.get(id))
    } catch (error) {
      for (const { reject } of asking) reject(error)
    }
  }

  const pump = async (): Promise<void> => {
    if (isAsking) return
    isAsking = true
    while (waiting.length > 0) {
      const asking = waiting
      waiting = []
      await askAll(asking)
    }
    isAsking = false
  }

  return (id) =>
    new Promise((resolve, reject) => {
      waiting.push({ id, resolve, reject })
      // After the others of the same turn of the event loop.
      setImmediate(() => void pump())
    })
}
