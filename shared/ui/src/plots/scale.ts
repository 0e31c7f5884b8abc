import type { RunCell } from '@novabrain/contracts'
import { numberOf } from '../table/cell-text.js'

/** How the values of a column lie along an axis, from 0 to 1; `null` has no place. */
export interface Scale {
  readonly kind: 'linear' | 'log' | 'places'
  /** From a value of the column to a number of the axis: itself, or the place of a text. */
  numberOf(value: RunCell): number | null
  /** From a number of the axis to its part of the way. */
  part(number: number): number
  /** And back. */
  at(part: number): number
  /** Numbers of the axis that are named, a few. */
  readonly ticks: readonly { readonly number: number; readonly text: string }[]
}

/** More texts than this are not named one by one. */
const mostNames = 12
const logFrom = 1000

/** The scale that fits the values of a column: of numbers unless one is a text; logarithmic when they are far apart. */
export const scaleOf = (values: readonly RunCell[], format: (value: number) => string): Scale => {
  const present = values.filter((value) => value !== null && value !== 'NaN')
  const numbers = present.map(numberOf)
  const isText = numbers.some((number) => number === null) || present.length === 0
  return isText
    ? placesOf(present.map(String))
    : numericScale(
        numbers.filter((number) => number !== null),
        format,
      )
}

const placesOf = (texts: readonly string[]): Scale => {
  const names = [...new Set(texts)].sort((a, b) => (a < b ? -1 : 1))
  const places = new Map(names.map((name, i) => [name, i]))
  const last = Math.max(1, names.length - 1)
  const step = Math.ceil(names.length / mostNames)
  return {
    kind: 'places',
    numberOf: (value) => (value === null ? null : (places.get(String(value)) ?? null)),
    part: (number) => (names.length < 2 ? 0.5 : number / last),
    at: (part) => part * last,
    ticks: names.map((text, number) => ({ number, text })).filter((_, i) => i % step === 0),
  }
}

const numericScale = (numbers: readonly number[], format: (value: number) => string): Scale => {
  const low = numbers.reduce((least, number) => Math.min(least, number), Infinity)
  const high = numbers.reduce((most, number) => Math.max(most, number), -Infinity)
  const log = low > 0 && high / low >= logFrom
  const [to, from] = log ? [Math.log10, (exponent: number) => 10 ** exponent] : [identity, identity]
  const [start, end] = [to(low), to(high)]
  const span = end - start
  const ticks = log ? powersIn(low, high) : roundIn(low, high, 5)
  return {
    kind: log ? 'log' : 'linear',
    numberOf,
    part: (number) => (span === 0 ? 0.5 : (to(Math.max(number, log ? low : -Infinity)) - start) / span),
    at: (part) => from(start + part * span),
    ticks: ticks.map((number) => ({ number, text: format(number) })),
  }
}

const identity = (value: number): number => value

/** Round numbers between two, about so many. */
export const roundIn = (low: number, high: number, about: number): readonly number[] => {
  if (high <= low) return [low]
  const raw = (high - low) / about
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = ([1, 2, 5, 10].find((each) => each * power >= raw) ?? 10) * power
  const first = Math.ceil(low / step - 1e-9)
  const count = Math.floor(high / step + 1e-9) - first + 1
  return [...Array(Math.max(0, count)).keys()].map((i) => Number(((first + i) * step).toPrecision(12)))
}

const powersIn = (low: number, high: number): readonly number[] => {
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)]
  const step = Math.max(1, Math.ceil((last - first + 1) / 6))
  const count = Math.max(0, Math.floor((last - first) / step) + 1)
  return [...Array(count).keys()].map((i) => 10 ** (first + i * step))
}
