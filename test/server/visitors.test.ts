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

test('work that stood back for a visitor who stays is forgotten', async () => {
  const visitors = createVisitors()
  const leave = visitors.come()
  let begun = 0
  for (let round = 0; round < 3; round += 1) void visitors.untilNoneWait().then(() => (begun += 1))
  await jest.advanceTimersByTimeAsync(50)
  expect(begun).toBe(3)
  leave()
  expect(jest.getTimerCount()).toBe(0)
})

describe('new work', () => {
  beforeEach(() => jest.useRealTimers())

  const beBusy = (ms: number): void => {
    for (const untilMs = performance.now() + ms; performance.now() < untilMs;);
  }
  const waited = async (work: Promise<void>): Promise<number> => {
    const begunMs = performance.now()
    await work
    return performance.now() - begunMs
  }

  test('begins at once where nobody looks, however busy the server is', async () => {
    const visitors = createVisitors()
    beBusy(100)
    const work = watch(visitors.untilAtEase())
    for (let turns = 0; turns < 10; turns += 1) await Promise.resolve()
    expect(work.over).toBe(true)
  })

  test('lets a busy server have some rest first where visitors are expected', async () => {
    const visitors = createVisitors()
    visitors.come()()
    beBusy(100)
    expect(await waited(visitors.untilAtEase())).toBeGreaterThan(20)
  })

  test('begins after a while anyway', async () => {
    const visitors = createVisitors()
    visitors.come()()
    beBusy(1000)
    expect(await waited(visitors.untilAtEase())).toBeLessThan(450)
  })
})
