/** Words a duration is made of, in one language; `join` stands between the larger and the smaller part. */
export interface DurationWords {
  readonly day: string
  readonly hour: string
  readonly minute: string
  readonly second: string
  readonly join: string
}

/**
 * A duration in its two largest units: `8 s`, `2 min 5 s`, `3 h 20 min`, `12 d 4 h`. Negative durations (clocks that
 * disagree) count as zero.
 */
export const formatDuration = (durationMs: number, words: DurationWords): string => {
  const seconds = Math.max(0, Math.floor(durationMs / 1000))
  const parts: readonly [number, string][] = [
    [Math.floor(seconds / 86_400), words.day],
    [Math.floor(seconds / 3600) % 24, words.hour],
    [Math.floor(seconds / 60) % 60, words.minute],
    [seconds % 60, words.second],
  ]
  const first = parts.findIndex(([count]) => count > 0)
  if (first === -1) return `0${words.second}`
  const shown = parts.slice(first, first + 2).filter(([count]) => count > 0)
  return shown.map(([count, word]) => `${count}${word}`).join(words.join)
}

/** Milliseconds between two instants of the API, or up to `nowMs` when the second has not come; `null` before the first. */
export const durationBetween = (from: string | null, to: string | null, nowMs: number): number | null =>
  from === null ? null : Math.max(0, (to === null ? nowMs : Date.parse(to)) - Date.parse(from))
