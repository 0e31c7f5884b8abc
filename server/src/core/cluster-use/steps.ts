import type { UseWindow } from '@novabrain/contracts'

const hour = 3_600_000
const day = 24 * hour

/** The steps in which a window is drawn. */
const steps: Readonly<Record<UseWindow, { readonly stepMs: number; readonly count: number }>> = {
  day: { stepMs: hour, count: 24 },
  week: { stepMs: 6 * hour, count: 28 },
  month: { stepMs: day, count: 30 },
}

/** A window in equal steps that end on a whole step, the last of which has just begun. */
export interface SteppedWindow {
  readonly fromMs: number
  readonly toMs: number
  readonly stepMs: number
  readonly count: number
}

/** The window that ends now. */
export const windowUntil = (window: UseWindow, nowMs: number): SteppedWindow => {
  const { stepMs, count } = steps[window]
  const lastBegan = Math.floor(nowMs / stepMs) * stepMs
  return { fromMs: lastBegan - (count - 1) * stepMs, toMs: nowMs, stepMs, count }
}

/** How much of each step lies in the past and after the beginning of history, milliseconds. */
export const lengthsOf = ({ fromMs, toMs, stepMs, count }: SteppedWindow, beganMs: number): number[] =>
  Array.from({ length: count }, (_, step) => {
    const [begin, end] = [fromMs + step * stepMs, Math.min(toMs, fromMs + (step + 1) * stepMs)]
    return Math.max(0, end - Math.max(begin, beganMs))
  })

/** A part of a whole in thousandths; `null` of nothing. More than the whole is the whole: devices come and go. */
export const permille = (part: number, whole: number): number | null =>
  whole <= 0 ? null : Math.min(1000, Math.max(0, Math.round((1000 * part) / whole)))
