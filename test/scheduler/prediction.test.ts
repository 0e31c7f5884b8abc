import { calibrate, openRunTimeHistory } from '@novabrain/scheduler'
import { openRandom } from '@novabrain/scheduler/simulator'

const minute = 60_000

test('nothing is foreseen before anything ended', () => {
  expect(openRunTimeHistory().foresee(['ann train.py'])).toBeNull()
})

test('the most special group that is known says most, drawn a little towards the wider one', () => {
  const history = openRunTimeHistory()
  for (let run = 0; run < 50; run += 1) history.learn(['bob other.py', 'bob'], 100 * minute)
  history.learn(['ann train.py', 'ann'], minute)
  const unknown = history.foresee(['cid new.py', 'cid'])
  expect(unknown?.likelyMs).toBe(100 * minute)
  const once = history.foresee(['ann train.py', 'ann'])
  expect(once?.likelyMs).toBeGreaterThan(minute)
  expect(once?.likelyMs).toBeLessThan(50 * minute)
  for (let run = 0; run < 20; run += 1) history.learn(['ann train.py', 'ann'], minute)
  const often = history.foresee(['ann train.py', 'ann'])
  expect(often?.likelyMs).toBeLessThan(2 * minute)
  expect(often?.samples).toBe(21)
})

test('one forgotten job does not make all others look long', () => {
  const history = openRunTimeHistory()
  for (const minutes of [2, 2, 2, 2, 10_000]) history.learn(['ann'], minutes * minute)
  expect(history.foresee(['ann'])?.likelyMs).toBe(2 * minute)
})

test('what was outlived: those that ran longer count, and where none did the time grows', () => {
  const history = openRunTimeHistory()
  for (const minutes of [1, 1, 1, 1, 60, 80, 100]) history.learn(['ann'], minutes * minute)
  expect(history.foresee(['ann'])?.likelyMs).toBe(minute)
  expect(history.foresee(['ann'], 10 * minute)?.likelyMs).toBe(70 * minute)
  const beyond = history.foresee(['ann'], 200 * minute)
  expect(beyond?.likelyMs).toBeGreaterThan(0)
  expect(beyond?.likelyMs).toBeLessThanOrEqual(200 * minute)
})

test('one of a special group that ran longer counts as much as all of the wider one together', () => {
  const history = openRunTimeHistory()
  for (let run = 0; run < 50; run += 1) history.learn(['bob'], 1000 * minute)
  for (const minutes of [...Array.from({ length: 30 }, () => 1), 10]) history.learn(['ann'], minutes * minute)
  const left = history.foresee(['ann'], 5 * minute)?.likelyMs ?? 0
  expect(Math.round(left / minute)).toBe(95)
})

test('foresight from ended jobs only is calibrated: half stay within the median, nine of ten within the cautious time', () => {
  const random = openRandom(5)
  const jobs = Array.from({ length: 4000 }, (_, index) => {
    const user = `user${random.below(12)}`
    const script = `${user} script${random.below(4)}`
    const level = 1 + ((script.length * 7919 + script.charCodeAt(script.length - 1) * 104_729) % 5)
    const runMs = Math.round(Math.exp(level + 0.5 * random.normal()) * 1000)
    return { keys: [script, user], submitMs: index * 60_000, endMs: index * 60_000 + runMs, runMs }
  })
  const report = calibrate(jobs)
  expect(report.foreseen + report.unforeseen).toBe(4000)
  expect(Math.abs(report.withinLikely - 0.5)).toBeLessThan(0.05)
  expect(Math.abs(report.withinCautious - 0.9)).toBeLessThan(0.04)
  expect(report.logError).toBeLessThan(0.75)
})

test('only the newest 512 of a group are kept', () => {
  const history = openRunTimeHistory()
  for (let run = 0; run < 600; run += 1) history.learn(['a'], minute)
  for (let run = 0; run < 512; run += 1) history.learn(['a'], 5 * minute)
  expect(history.foresee(['a'])).toMatchObject({ likelyMs: 5 * minute, samples: 512 })
})
