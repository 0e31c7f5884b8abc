/** A unit of time that people choose, with its length in milliseconds, the longest first. */
export const timeUnits = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
] as const
export type TimeUnit = (typeof timeUnits)[number][0]

/** A length in the largest unit in which it is a whole number; zero is in minutes, and less than a second is told in seconds. */
export const inUnit = (ms: number): { readonly amount: number; readonly unit: TimeUnit } => {
  if (ms === 0) return { amount: 0, unit: 'minute' }
  const [unit, unitMs] = timeUnits.find(([, length]) => ms % length === 0) ?? (['second', 1000] as const)
  return { amount: ms / unitMs, unit }
}

/** The length of so many units, to the millisecond. */
export const inMs = (amount: number, unit: TimeUnit): number =>
  Math.round(amount * (timeUnits.find(([name]) => name === unit)?.[1] ?? 1000))
