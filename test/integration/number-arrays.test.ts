import { Client } from 'pg'
import { bigintArray, doubleArray } from '../../server/src/db/number-arrays.js'

const ask = async (text: string, value: Buffer): Promise<unknown> => {
  const client = new Client(process.env['NOVABRAIN_TEST_DATABASE'] ?? 'postgresql://postgres@127.0.0.1:5432/postgres')
  await client.connect()
  try {
    const { rows } = await client.query<{ answer: unknown }>(text, [value])
    return rows[0]?.answer
  } finally {
    await client.end()
  }
}

const wholes = [
  0,
  -0,
  1,
  -1,
  2 ** 31 - 1,
  2 ** 31,
  -(2 ** 31) - 1,
  2 ** 32,
  -(2 ** 32),
  2 ** 32 - 1,
  1_700_000_000_000,
  Number.MAX_SAFE_INTEGER,
  Number.MIN_SAFE_INTEGER,
]
const halves = [0, 0.1, -1 / 3, Number.MAX_VALUE, Number.MIN_VALUE, 5e-324, 1e21]

test('PostgreSQL reads whole numbers up to 2^53 as they are, in their order', async () => {
  const answer = await ask(
    'SELECT $1::bigint[]::text[] AS answer',
    bigintArray([wholes.slice(0, 2), [], wholes.slice(2)]),
  )
  expect(answer).toEqual(wholes.map((whole) => (whole === 0 ? '0' : String(whole))))
})

test('PostgreSQL reads numbers to their last bit, NaN too', async () => {
  const answer = await ask('SELECT $1::double precision[] AS answer', doubleArray([halves, [Number.NaN]]))
  expect(answer).toEqual([...halves, Number.NaN])
})

test('a list without numbers has none for PostgreSQL', async () => {
  expect(await ask('SELECT cardinality($1::bigint[]) AS answer', bigintArray([]))).toBe(0)
})
