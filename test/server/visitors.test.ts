import { createVisitors } from '../../server/src/http/visitors.js'

beforeEach(() => jest.useFakeTimers())
afterEach(() => jest.useRealTimers())

const watch = (waiting: Promise<void>) => {
  const seen = { over: false }
  void waiting.then(() => (seen.over = true))
  return seen
}

test('with nobody inside nobody waits', async () => {
  await expect(createVisitors().untilNoneWait()).resolves.toBeUndefined()
})

test('work stands back until the last visitor is answered', async () => {
  const visitors = createVisitors()
  const [leaveFirst, leaveSecond] = [visitors.come(), visitors.come()]
  const work = watch(visitors.untilNoneWait())
  leaveFirst()
  leaveFirst()
  await jest.advanceTimersByTimeAsync(10)
  expect(work.over).toBe(false)
  leaveSecond()
  await jest.advanceTimersByTimeAsync(0)
  expect(work.over).toBe(true)
})

test('work stands back only a moment for a visitor who stays', async () => {
  const visitors = createVisitors()
  visitors.come()
  const work = watch(visitors.untilNoneWait())
  await jest.advanceTimersByTimeAsync(49)
  expect(work.over).toBe(false)
  await jest.advanceTimersByTimeAsync(1)
  expect(work.over).toBe(true)
})
