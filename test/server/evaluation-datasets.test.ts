import { placeOfToken, tokenOfPlace } from '../../server/src/core/evaluation-datasets/record-page.js'
import { withFields, type FieldType } from '../../server/src/core/evaluation-datasets/schema.js'

const inputs = (key: string, type: string): FieldType => ({ section: 'inputs', key, type })
const outputs = (key: string | null, type: string): FieldType => ({ section: 'outputs', key, type })

test('a schema grows with its records, and a field keeps the type it was first seen with', () => {
  const first = withFields(null, [inputs('q', 'string'), outputs('a', 'integer')])
  expect(first).toEqual({ inputs: { q: 'string' }, outputs: { a: 'integer' }, expectations: {}, version: '1.0' })
  expect(withFields(first, [inputs('q', 'object'), inputs('n', 'float')]).inputs).toEqual({ q: 'string', n: 'float' })
})

test('outputs that are one value have one type, unless they had fields before', () => {
  const whole = withFields(null, [outputs(null, 'string')])
  expect(whole.outputs).toBe('string')
  expect(withFields(whole, [outputs('a', 'integer'), outputs(null, 'array')]).outputs).toBe('string')
  expect(withFields(withFields(null, [outputs('a', 'integer')]), [outputs(null, 'string')]).outputs).toEqual({
    a: 'integer',
  })
})

test('a field may have any name', () => {
  expect(withFields(null, [inputs('constructor', 'string')]).inputs).toEqual({ constructor: 'string' })
})

test('a page of records ends at a place, and the next begins after it', () => {
  const place = { createdAtMs: 1_764_000_000_000, id: 'dr-0abc' }
  expect(placeOfToken(tokenOfPlace(place))).toEqual(place)
  expect(Buffer.from(tokenOfPlace(place), 'base64').toString()).toBe('1764000000000:dr-0abc')
  for (const token of ['nonsense', '', '12', Buffer.from('x:dr-1').toString('base64')])
    expect(placeOfToken(token)).toBeNull()
})
