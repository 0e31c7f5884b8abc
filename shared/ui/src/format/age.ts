import type { Locale } from '@novabrain/contracts'
import { formatDuration, type DurationWords } from './duration.js'

/** Words an age is made of. */
export interface AgeWords extends DurationWords {
  readonly justNow: string
  /** `{age}` stands for the duration. */
  readonly ago: string
}

const largest: readonly [number, keyof DurationWords][] = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1000, 'second'],
]

const dateFormats = new Map<Locale, Intl.DateTimeFormat>()

/** Making one costs a hundred times what using it does, and a list has thousands of dates. */
const dateFormat = (locale: Locale): Intl.DateTimeFormat => {
  const known = dateFormats.get(locale)
  if (known !== undefined) return known
  const made = new Intl.DateTimeFormat(locale)
  dateFormats.set(locale, made)
  return made
}

/** How long ago an instant was, in one unit: `just now`, `4 min ago`, `3 d ago`; after 30 days its date. */
export const formatAge = (at: string, nowMs: number, words: AgeWords, locale: Locale): string => {
  const ageMs = nowMs - Date.parse(at)
  if (ageMs < 10_000) return words.justNow
  if (ageMs > 30 * 86_400_000) return dateFormat(locale).format(new Date(at))
  const [unitMs] = largest.find(([unit]) => ageMs >= unit) ?? [1000]
  return words.ago.replace('{age}', formatDuration(Math.floor(ageMs / unitMs) * unitMs, words))
}

/** An instant in full, in the time zone of the reader. */
export const formatInstant = (at: string, locale: Locale): string =>
  new Date(at).toLocaleString(locale, { dateStyle: 'medium', timeStyle: 'medium' })
