import { fail } from '@novabrain/contracts'
import { stillLasts } from '../core/time/still-lasts.js'

/** Counts failures of a caller; after too many in a window it refuses until the window is over. */
export interface Limiter {
  /** Errors: `too_many_requests` with the seconds to wait. */
  check(caller: string): void
  failed(caller: string): void
  succeeded(caller: string): void
}

/** At most `max` failures in `windowMs` for each caller. */
export const createLimiter = (
  { max, windowMs }: { max: number; windowMs: number },
  clock: { nowMs(): number },
): Limiter => {
  const windows = new Map<string, { failures: number; sinceMs: number }>()
  const current = (caller: string) => {
    const found = windows.get(caller)
    if (found !== undefined && stillLasts(found.sinceMs, windowMs, clock.nowMs())) return found
    windows.delete(caller)
    return null
  }
  return {
    check(caller) {
      const window = current(caller)
      if (window === null || window.failures < max) return
      fail('too_many_requests', { seconds: Math.ceil((window.sinceMs + windowMs - clock.nowMs()) / 1000) })
    },
    failed(caller) {
      if (windows.size > 10_000) windows.clear()
      const window = current(caller) ?? { failures: 0, sinceMs: clock.nowMs() }
      windows.set(caller, { ...window, failures: window.failures + 1 })
    },
    succeeded: (caller) => void windows.delete(caller),
  }
}
