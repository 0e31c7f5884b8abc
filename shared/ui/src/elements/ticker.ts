import type { Unsubscribe } from '@novabrain/contracts'

const listeners = new Set<() => void>()
let timer: ReturnType<typeof setInterval> | undefined

const tick = () => {
  if (document.visibilityState === 'hidden') return
  for (const listener of [...listeners]) listener()
}

/** Be called about once a second while the page is visible, for ages and countdowns; one timer serves all elements. */
export const everySecond = (listener: () => void): Unsubscribe => {
  listeners.add(listener)
  timer ??= setInterval(tick, 1000)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(timer)
    timer = undefined
  }
}
