import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'
import type { DataSource } from 'typeorm'
import { createBell } from '../../server/src/db/bell.js'

const open = (answer: (rung: readonly string[]) => Promise<unknown> = () => Promise.resolve()) => {
  const rung: (readonly string[])[] = []
  const warned: string[] = []
  const dataSource = {
    query(_statement: string, [channels]: [readonly string[]]) {
      rung.push(channels)
      return answer(channels)
    },
  } as unknown as DataSource
  const log = { warn: (_facts: object, message: string) => warned.push(message) } as unknown as Logger
  return { bell: createBell(dataSource, log), rung, warned }
}

test('who rings while it rings goes together, each channel once', async () => {
  const { bell, rung } = open()
  bell.ring(['a'])
  bell.ring(['b', 'c'])
  bell.ring(['b'])
  await delay(30)
  expect(rung).toEqual([['a'], ['b', 'c']])
})

test('nobody who rings again and again is left unheard', async () => {
  const { bell, rung } = open()
  for (let count = 0; count < 40; count += 1) {
    bell.ring([String(count)])
    // Moments before, at and after the one at which the bell falls silent.
    await delay(5)
    for (let turns = count % 7; turns > 0; turns -= 1) await Promise.resolve()
  }
  await delay(30)
  expect(rung.flat()).toEqual(Array.from({ length: 40 }, (_, count) => String(count)))
})

test('a bell that failed is told of, and rings the next time', async () => {
  const { bell, rung, warned } = open(([channel]) =>
    channel === 'a' ? Promise.reject(new Error('gone')) : Promise.resolve(),
  )
  bell.ring(['a'])
  await delay(20)
  bell.ring(['b'])
  await delay(20)
  expect(rung).toEqual([['a'], ['b']])
  expect(warned).toHaveLength(1)
})

test('nothing to ring for asks nothing of the database', async () => {
  const { bell, rung } = open()
  bell.ring([])
  await delay(20)
  expect(rung).toEqual([])
})
