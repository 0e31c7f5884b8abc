import { formatDuration, type DurationWords } from './duration.js'

/** Words a short duration is made of, beside those of longer ones. */
export interface ShortDurationWords extends DurationWords {
  readonly microsecond: string
  readonly millisecond: string
}

/** How long something took, to three digits: `320 µs`, `12.3 ms`, `1.25 s`; from a minute on in its two largest units. */
export const formatMicros = (us: number, words: ShortDurationWords): string => {
  const size = Math.max(0, us)
  if (size < 1000) return `${String(Math.round(size))}${words.microsecond}`
  if (size < 1_000_000) return `${digits(size / 1000)}${words.millisecond}`
  if (size < 60_000_000) return `${digits(size / 1_000_000)}${words.second}`
  return formatDuration(size / 1000, words)
}

const digits = (value: number): string => (value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3))))
