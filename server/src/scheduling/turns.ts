/** Does work when its turn has come; what is urgent goes before all that waits. */
export type InTurn = <T>(work: () => Promise<T>, urgent?: boolean) => Promise<T>

/** Pieces of work that go one after another. */
export const createTurns = (): InTurn => {
  const waiting: (() => Promise<void>)[] = []
  let busy = false
  const go = async (): Promise<void> => {
    if (busy) return
    busy = true
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await next()
    busy = false
  }
  return (work, urgent = false) =>
    new Promise((resolve, reject) => {
      const piece = async () => {
        try {
          resolve(await work())
        } catch (error) {
          reject(error as Error)
        }
      }
      if (urgent) waiting.unshift(piece)
      else waiting.push(piece)
      void go()
    })
}
