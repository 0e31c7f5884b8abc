/**
 * Before which instant something must have been deleted for its time to be over; `null` when nothing ever goes (a time of
 * 0). Milliseconds.
 */
export const overSinceMs = (retentionMs: number, nowMs: number): number | null =>
  retentionMs > 0 ? nowMs - retentionMs : null

const unitMs = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 } as const

/** Milliseconds in an age as `mlflow gc --older-than` writes it: `30d`, `8h`, `2d8h5m20s`, `0s`; `null` for any other text. */
export const parseAge = (text: string): number | null => {
  const parts = /^(?:([\d.]+)d)?(?:([\d.]+)h)?(?:([\d.]+)m)?(?:([\d.]+)s)?$/.exec(text)
  if (parts === null || text === '') return null
  const [days, hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0))
  const total = sum([days, hours, minutes, seconds], [unitMs.d, unitMs.h, unitMs.m, unitMs.s])
  return Number.isFinite(total) ? Math.floor(total) : null
}

const sum = (counts: readonly (number | undefined)[], units: readonly number[]): number =>
  units.reduce((total, unit, index) => total + unit * (counts[index] ?? 0), 0)
