import { inMs, inUnit, timeUnits } from '../../shared/ui/src/format/duration-unit.js'

test.each([
  [0, 0, 'minute'],
  [90_000, 90, 'second'],
  [3_600_000, 1, 'hour'],
  [259_200_000, 3, 'day'],
  [5_400_000, 90, 'minute'],
  [1500, 1.5, 'second'],
] as const)('%d ms are told as %d %s', (ms, amount, unit) => {
  expect(inUnit(ms)).toEqual({ amount, unit })
  expect(inMs(amount, unit)).toBe(ms)
})

test('every unit leads back to its own length', () => {
  expect(timeUnits.map(([unit]) => inMs(1, unit))).toEqual(timeUnits.map(([, length]) => length))
})
