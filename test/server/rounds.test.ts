import { pino } from 'pino'
import { createRounds } from '../../server/src/execution/rounds.js'

const log = pino({ level: 'silent' })
const never = () => 2_147_483_647

/** Work that waits to be released, and counts. */
const gatedWork = () => {
  const gates: (() => void)[] = []
  let [begun, atOnce, most] = [0, 0, 0]
  return {
    async work() {
      begun += 1
      atOnce += 1
      most = Math.max(most, atOnce)
      await new Promise<void>((resolve) => gates.push(resolve))
      atOnce -= 1
    },
    release: () => gates.shift()?.(),
    begun: () => begun,
    most: () => most,
  }
}

const turn = () => new Promise((resolve) => setImmediate(resolve))

test('wakes during a round make one more round after it, never one beside it', async () => {
  const gated = gatedWork()
  const rounds = createRounds({ work: gated.work, everyMs: never, log, name: 'test' })
  rounds.start()
  rounds.wake()
  rounds.wake()
  rounds.wake()
  expect(gated.begun()).toBe(1)
  gated.release()
  await turn()
  expect(gated.begun()).toBe(2)
  gated.release()
  await turn()
  expect([gated.begun(), gated.most()]).toEqual([2, 1])
  await rounds.stop()
})

test('a round that fails does not end the rounds', async () => {
  let count = 0
  const work = () => {
    count += 1
    return count === 1 ? Promise.reject(new Error('once')) : Promise.resolve()
  }
  const rounds = createRounds({ work, everyMs: never, log, name: 'test' })
  rounds.start()
  await rounds.settle()
  expect(count).toBeGreaterThan(1)
  await rounds.stop()
})

test('nothing goes round after the end, and the end waits for the round in hand', async () => {
  const gated = gatedWork()
  const rounds = createRounds({ work: gated.work, everyMs: never, log, name: 'test' })
  rounds.start()
  let stopped = false
  const stop = rounds.stop().then(() => {
    stopped = true
  })
  await turn()
  expect(stopped).toBe(false)
  gated.release()
  await stop
  rounds.wake()
  expect(gated.begun()).toBe(1)
})

test('rounds keep their pause from each other, also when nobody woke them meanwhile', async () => {
  const begunAtMs: number[] = []
  const work = () => {
    begunAtMs.push(performance.now())
    return Promise.resolve()
  }
  const rounds = createRounds({ work, everyMs: never, log, name: 'test', pauseMs: 50 })
  rounds.start()
  await turn()
  await rounds.settle()
  await rounds.stop()
  const [first = 0, second = 0] = begunAtMs
  // A timer counts in whole milliseconds, and may be one early at both ends.
  expect(second - first).toBeGreaterThanOrEqual(48)
})
