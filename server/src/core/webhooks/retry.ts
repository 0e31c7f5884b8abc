/** What became of one try to deliver a message: the status of the answer, or why there was none. */
export type Delivered =
  | { readonly kind: 'answered'; readonly status: number; readonly retryAfterMs: number | null }
  | { readonly kind: 'unanswered'; readonly why: string }
  /** Nothing was sent, and trying again would not help. */
  | { readonly kind: 'refused'; readonly why: string }

export type NextTry =
  { readonly kind: 'delivered' } | { readonly kind: 'failed' } | { readonly kind: 'later'; readonly afterMs: number }

/** How often a message is tried: once, and again after 1, 4, 16, 64, 256 s, 17 min, 68 min and 4.5 h. */
export const maxTries = 9
const longestMs = 6 * 3_600_000

/** Answers after which trying again may help: those that MLflow retries, and two that say the same. */
const passing = new Set([408, 425, 429, 500, 502, 503, 504])

/**
 * What follows a try, the `tries`-th. A receiver that says when to come back (`Retry-After`) is not asked earlier. `chance`,
 * from 0 to 1, adds up to a quarter to each wait, so that those who failed together do not come back together.
 */
export const nextTry = (outcome: Delivered, tries: number, chance: number): NextTry => {
  if (outcome.kind === 'refused') return { kind: 'failed' }
  if (outcome.kind === 'answered') {
    if (outcome.status >= 200 && outcome.status < 300) return { kind: 'delivered' }
    if (!passing.has(outcome.status)) return { kind: 'failed' }
  }
  if (tries >= maxTries) return { kind: 'failed' }
  const backoffMs = 1000 * 4 ** (tries - 1) * (1 + chance / 4)
  const askedMs = outcome.kind === 'answered' ? (outcome.retryAfterMs ?? 0) : 0
  return { kind: 'later', afterMs: Math.min(longestMs, Math.round(Math.max(backoffMs, askedMs))) }
}

/** How long `Retry-After` asks to wait: seconds, or an instant; `null` when it asks nothing that can be read. */
export const retryAfterMs = (header: string | undefined, nowMs: number): number | null => {
  if (header === undefined) return null
  if (/^\d{1,9}$/.test(header.trim())) return Number(header) * 1000
  const at = Date.parse(header)
  return Number.isNaN(at) ? null : Math.max(0, at - nowMs)
}
