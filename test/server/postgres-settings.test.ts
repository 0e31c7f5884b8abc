import { settingsFor, sharedBuffersMib } from '../../server/src/postgres/settings.js'

const gib = 1024 ** 3

test.each([
  [1, 128],
  [4, 256],
  [16, 1024],
  [512, 1024],
])('a machine of %i GiB gives its database %i MiB for tables', (memory, buffers) => {
  expect(sharedBuffersMib(memory * gib)).toBe(buffers)
  expect(settingsFor(memory * gib)).toContain(`shared_buffers=${String(buffers)}MB`)
})
