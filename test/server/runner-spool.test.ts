import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openLogSpool } from '../../server/src/runner/log-spool.js'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'novabrain-spool-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

test('what is appended at once stands in the file in the order it was given', async () => {
  const spool = await openLogSpool(join(folder, 'log'))
  await Promise.all(['a', 'b', 'c', 'd'].map((text) => spool.append(Buffer.from(text))))
  await spool.close()
  expect(await readFile(join(folder, 'log'), 'utf8')).toBe('abcd')
  expect(spool.size()).toBe(4)
})

test("NovaBrain's own lines never run into a line of the task", async () => {
  const spool = await openLogSpool(join(folder, 'log'))
  await spool.note('first')
  await spool.append(Buffer.from('50%'))
  await spool.note('second')
  await spool.close()
  expect(await readFile(join(folder, 'log'), 'utf8')).toBe('[novabrain] first\n50%\n[novabrain] second\n')
})

test('the tail is the last 64 KiB, however it came', async () => {
  const spool = await openLogSpool(join(folder, 'log'))
  await spool.append(Buffer.alloc(200_000, 'a'))
  await spool.append(Buffer.from('end'))
  expect(spool.tail()).toHaveLength(65_536)
  expect(spool.tail().endsWith('aaaend')).toBe(true)
  await spool.close()
})

test('on a full disk output is left out and remembered, and the tail is still known', async () => {
  const spool = await openLogSpool('/dev/full')
  await spool.append(Buffer.from('OSError: no room'))
  expect(spool.size()).toBe(0)
  expect(spool.wasFull()).toBe(true)
  expect(spool.tail()).toBe('OSError: no room')
  await spool.close()
})
