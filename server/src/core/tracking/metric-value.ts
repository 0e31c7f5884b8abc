import type { MetricValue } from '@novabrain/contracts'

/** A value on the wire: JSON has no NaN and no infinities, so these travel as text, as in MLflow. */
export const wireValue = (value: number): MetricValue => {
  if (Number.isNaN(value)) return 'NaN'
  if (value === Number.POSITIVE_INFINITY) return 'Infinity'
  if (value === Number.NEGATIVE_INFINITY) return '-Infinity'
  return value
}

/** A value as it is kept: MLflow's stores keep infinities as the largest finite numbers, so that orders stay total. */
export const storedValue = (value: number): number => {
  if (value === Number.POSITIVE_INFINITY) return Number.MAX_VALUE
  if (value === Number.NEGATIVE_INFINITY) return -Number.MAX_VALUE
  return value
}

/** A value from the wire. */
export const readValue = (value: MetricValue): number => (typeof value === 'number' ? value : Number(value))
