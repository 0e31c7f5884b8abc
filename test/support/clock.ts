import type { Clock } from '../../server/src/deps.js'

/** A clock that stands still until it is moved. */
export interface FakeClock extends Clock {
  advance(ms: number): void
  set(iso: string): void
}

/** A fake clock at an instant. */
export const fakeClock = (start = '2026-01-15T08:00:00.000Z'): FakeClock => {
  let nowMs = Date.parse(start)
  return {
    nowMs: () => nowMs,
    now: () => new Date(nowMs).toISOString(),
    advance: (ms) => {
      nowMs += ms
    },
    set: (iso) => {
      nowMs = Date.parse(iso)
    },
  }
}
