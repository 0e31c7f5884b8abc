import { createHash, randomBytes } from 'node:crypto'
import { plainSha256, sha256 } from '../../extensions/jupyterlab/src/models/sha256.js'

test.each([0, 1, 55, 56, 63, 64, 65, 119, 120, 1000, 100_003])(
  'the hash written out for pages without crypto agrees with that of Node for %i bytes',
  (length) => {
    const bytes = randomBytes(length)
    expect(Buffer.from(plainSha256(bytes)).toString('hex')).toBe(createHash('sha256').update(bytes).digest('hex'))
  },
)

test('the browser’s own hash is used where there is one', async () => {
  expect(await sha256(new TextEncoder().encode('abc'))).toBe(createHash('sha256').update('abc').digest('hex'))
})
