import { setTimeout as delay } from 'node:timers/promises'
import type { Visitors } from '../deps.js'

/** So long work that can be gathered stands back at most; what streams for minutes is no reason to wait. */
const patienceMs = 50
/** So long new work waits at most for a server that is at ease. */
const mostPatienceMs = 100
/** Whoever looks comes again: so long after a visitor another is expected. */
const expectedMs = 2000
/** Up to this share of its time an event loop may be busy and whoever comes still finds it soon. */
const mostBusy = 0.6
const lookAgainMs = 5

/**
 * Who looks at a page goes before work that loses nothing by waiting a moment, since it is gathered meanwhile. All share few
 * processors: whoever comes finds the database and the event loop the sooner at rest.
 */
export const createVisitors = (): Visitors => {
  let inside = 0
  let leftMs = Number.NEGATIVE_INFINITY
  const waiting = new Set<() => void>()
  let used = performance.eventLoopUtilization()

  const letAllGo = (): void => {
    for (const go of [...waiting]) go()
  }
  const leave = (): void => {
    inside -= 1
    leftMs = performance.now()
    if (inside === 0) letAllGo()
  }
  const untilNoneWait = (): Promise<void> => {
    if (inside === 0) return Promise.resolve()
    return new Promise((resolve) => {
      const go = (): void => {
        clearTimeout(timer)
        waiting.delete(go)
        resolve()
      }
      const timer = setTimeout(go, patienceMs)
      waiting.add(go)
    })
  }
  const areExpected = (): boolean => inside > 0 || performance.now() - leftMs < expectedMs
  const isBusy = (): boolean => performance.eventLoopUtilization(used).utilization > mostBusy
  return {
    come() {
      inside += 1
      let left = false
      return () => {
        if (!left) leave()
        left = true
      }
    },
    untilNoneWait,
    async untilAtEase() {
      const untilMs = performance.now() + mostPatienceMs
      while (areExpected() && isBusy() && performance.now() < untilMs) await delay(lookAgainMs)
      await untilNoneWait()
      used = performance.eventLoopUtilization()
    },
  }
}
