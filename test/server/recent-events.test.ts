import { createRecentEvents } from '../../server/src/realtime/recent-events.js'
import type { FramedEvent } from '../../server/src/realtime/records.js'
import { createTurns } from '../../server/src/realtime/turns.js'

const event = (cursor: number, size = 10): FramedEvent => ({
  cursor,
  tenantId: null,
  projectId: null,
  frame: 'x'.repeat(size),
})
const cursors = (events: readonly FramedEvent[] | null) => events?.map(({ cursor }) => cursor) ?? null

test('what came after a number is given in order and in pages', () => {
  const recent = createRecentEvents(5, 1000)
  recent.add([event(6), event(7)])
  recent.add([event(8)])
  expect(cursors(recent.after(5, 10))).toEqual([6, 7, 8])
  expect(cursors(recent.after(6, 1))).toEqual([7])
  expect(cursors(recent.after(8, 10))).toEqual([])
})

test('a number from before what is remembered is not answered, rather than with a gap', () => {
  const recent = createRecentEvents(5, 30)
  expect(recent.after(4, 10)).toBeNull()
  recent.add([event(6), event(7), event(8), event(9)])
  expect(recent.after(5, 10)).toBeNull()
  expect(cursors(recent.after(6, 10))).toEqual([7, 8, 9])
})

test('one event larger than all the room is let go and leaves no gap unseen', () => {
  const recent = createRecentEvents(0, 30)
  recent.add([event(1), event(2, 100)])
  expect(recent.after(1, 10)).toBeNull()
  expect(cursors(recent.after(2, 10))).toEqual([])
})

test('only so many work at once, and all get their turn, also after a failure', async () => {
  const turns = createTurns(2)
  let [running, most] = [0, 0]
  const work = (n: number) => async () => {
    running += 1
    most = Math.max(most, running)
    await Promise.resolve()
    running -= 1
    if (n === 3) throw new Error('third')
    return n
  }
  const answers = await Promise.allSettled([1, 2, 3, 4, 5, 6].map((n) => turns(work(n))))
  expect(answers.map(({ status }) => status === 'fulfilled')).toEqual([true, true, false, true, true, true])
  expect(most).toBe(2)
})
