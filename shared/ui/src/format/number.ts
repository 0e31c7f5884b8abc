import type { MetricValue } from '@novabrain/contracts'

/** A metric for people: four significant digits, no trailing noise, exponents only when they are shorter. */
export const formatMetric = (value: MetricValue): string => {
  if (typeof value === 'string') return value === 'NaN' ? 'NaN' : value === 'Infinity' ? '∞' : '−∞'
  if (Number.isInteger(value) && Math.abs(value) < 1e7) return minus(String(value))
  const size = Math.abs(value)
  if (size >= 1e7 || size < 1e-4) return minus(trimExponent(value.toExponential(3)))
  return minus(String(Number(value.toPrecision(4))))
}

/** A metric as a number a chart can draw: `NaN` and infinities leave a hole. */
export const plottable = (value: MetricValue | undefined): number | null => (typeof value === 'number' ? value : null)

/** A whole number with thin spaces between thousands. */
export const formatCount = (count: number): string => String(count).replace(/\B(?=(\d{3})+$)/g, '\u202f')

const trimExponent = (text: string): string => text.replace(/\.?0+e/, 'e').replace('e+', 'e')
const minus = (text: string): string => text.replace(/-/g, '−')
