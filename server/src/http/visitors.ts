import type { Visitors } from '../deps.js'

/** So long work that can be gathered stands back at most; what streams for minutes is no reason to wait. */
const patienceMs = 50

/**
 * Who looks at a page goes before work that loses nothing by waiting a moment, since it is gathered meanwhile. All share few
 * processors: whoever comes finds the database and the event loop the sooner at rest.
 */
export const createVisitors = (): Visitors => {
  let inside = 0
  let waiting: (() => void)[] = []

  const letAllGo = (): void => {
    const all = waiting
    waiting = []
    for (const go of all) go()
  }
  const leave = (): void => {
    inside -= 1
    if (inside === 0) letAllGo()
  }
  return {
    come() {
      inside += 1
      let left = false
      return () => {
        if (!left) leave()
        left = true
      }
    },
    untilNoneWait() {
      if (inside === 0) return Promise.resolve()
      return new Promise((resolve) => {
        const timer = setTimeout(resolve, patienceMs)
        waiting.push(() => {
          clearTimeout(timer)
          resolve()
        })
      })
    },
  }
}
