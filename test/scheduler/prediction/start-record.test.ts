import fc from 'fast-check'
import {
  afterAsking,
  askEveryMs,
  emptyStartRecord,
  noCorrection,
  openCorrector,
  type EstimatedStart,
  type StartCorrection,
  type StartRecord,
  type WaitEnd,
} from '@novabrain/scheduler'

const [minute, hour] = [60_000, 3_600_000]
const after = (p50Ms: number, p90Ms: number, nowMs = 0): EstimatedStart => ({
  p50Ms: nowMs + p50Ms,
  p90Ms: nowMs + p90Ms,
})

const ask = (
  record: StartRecord,
  nowMs: number,
  foretold: readonly (readonly [string, EstimatedStart])[],
  ends: Readonly<Record<string, WaitEnd>> = {},
): StartRecord =>
  afterAsking(record, {
    nowMs,
    foretold: foretold.map(([jobId, estimate]) => ({ jobId, estimate })),
    endOf: ({ jobId }) => ends[jobId] ?? null,
  })

/** Every hour another job is told that it waits half an hour, at most an hour, and waits `factor` times as long. */
const wrongBy = (factor: number, rounds: number): StartRecord => {
  let record = emptyStartRecord
  const ends: Record<string, WaitEnd> = {}
  for (let round = 0; round < rounds; round += 1) {
    const nowMs = round * hour
    const known = Object.fromEntries(Object.entries(ends).filter(([, { atMs }]) => atMs <= nowMs))
    record = ask(record, nowMs, [[`job ${String(round)}`, after(30 * minute, hour, nowMs)]], known)
    // Half of them wait longer still, one in ten much longer.
    const spread = [0.5, 0.6, 0.7, 0.8, 0.9, 1.1, 1.2, 1.4, 1.7, 3][(round * 7) % 10] ?? 1
    ends[`job ${String(round)}`] = { atMs: nowMs + 30 * minute * factor * spread, started: true }
  }
  return record
}

const leaning = fc.record({
  all: fc.double({ min: -2.08, max: 2.08, noNaN: true }),
  byWait: fc.array(fc.double({ min: -2.08, max: 2.08, noNaN: true }), { minLength: 8, maxLength: 8 }),
})
const corrections: fc.Arbitrary<StartCorrection> = fc.record({ likely: leaning, far: leaning })
const waits = fc.oneof(fc.nat(minute), fc.nat(hour), fc.nat(1000 * hour))

test('before anything is known, what is foretold is told', () => {
  const estimate = after(90 * minute, 3 * hour, 7)
  expect(openCorrector(noCorrection).correct(estimate, 7)).toEqual(estimate)
  const once = ask(emptyStartRecord, 7, [['a', estimate]])
  expect(once.correction).toEqual(noCorrection)
  expect(once.tellings).toEqual([{ jobId: 'a', atMs: 7, foretold: estimate, told: estimate }])
})

test('law: whatever was learnt, nobody is told a start in the past, nor a far end before the likely moment', () => {
  fc.assert(
    fc.property(corrections, waits, waits, fc.nat(1_000_000_000), (correction, likely, more, nowMs) => {
      const told = openCorrector(correction).correct(after(likely, likely + more, nowMs), nowMs)
      expect(told.p50Ms).toBeGreaterThanOrEqual(nowMs)
      expect(told.p90Ms).toBeGreaterThanOrEqual(told.p50Ms)
      expect(Number.isInteger(told.p50Ms) && Number.isInteger(told.p90Ms)).toBe(true)
    }),
  )
})

test('law: whatever was learnt, who is foretold a later start is told a later one, or the same', () => {
  fc.assert(
    fc.property(corrections, waits, waits, (correction, wait, more) => {
      const { correct } = openCorrector(correction)
      const [sooner, later] = [correct(after(wait, wait), 0), correct(after(wait + more, wait + more), 0)]
      expect(later.p50Ms).toBeGreaterThanOrEqual(sooner.p50Ms)
      expect(later.p90Ms).toBeGreaterThanOrEqual(sooner.p90Ms)
    }),
  )
})

test('law: the more starts were late, the later the next ones are told', () => {
  const fates = fc.array(fc.tuple(waits, fc.boolean()), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(fates, fc.nat(19), waits, (starts, which, wait) => {
      const told = ask(
        emptyStartRecord,
        0,
        starts.map(([ms], at) => [String(at), after(ms, 2 * ms)]),
      )
      const endsWith = (lateToo: number | null) =>
        Object.fromEntries(
          starts.map(([ms, isLate], at) => [
            String(at),
            { atMs: isLate || at === lateToo ? 2 * ms + 1 : 0, started: true },
          ]),
        )
      const correct = (lateToo: number | null) =>
        openCorrector(ask(told, 2001 * hour, [], endsWith(lateToo)).correction).correct(after(wait, wait), 0)
      expect(correct(which).p50Ms).toBeGreaterThanOrEqual(correct(null).p50Ms)
      expect(correct(which).p90Ms).toBeGreaterThanOrEqual(correct(null).p90Ms)
    }),
  )
})

test('waits that are always four times as long as foretold are told so after a while, and shorter ones shorter', () => {
  const likely = (factor: number) =>
    openCorrector(wrongBy(factor, 400).correction).correct(after(30 * minute, hour), 0).p50Ms / (30 * minute)
  expect(likely(4)).toBeGreaterThan(2.8)
  expect(likely(4)).toBeLessThan(5.6)
  expect(likely(0.25)).toBeGreaterThan(0.17)
  expect(likely(0.25)).toBeLessThan(0.4)
})

test('nine of ten starts come by the far end, and half by the likely moment, whatever the forecast is worth', () => {
  for (const factor of [0.5, 1, 3]) {
    const corrector = openCorrector(wrongBy(factor, 1000).correction)
    const { p50Ms, p90Ms } = corrector.correct(after(30 * minute, hour), 0)
    const usual = 30 * minute * factor
    expect(p50Ms).toBeGreaterThan(0.7 * usual)
    expect(p50Ms).toBeLessThan(1.4 * usual)
    expect(p90Ms).toBeGreaterThan(1.4 * usual)
  }
})

test('who still waits beyond what was told counts as late before anybody knows when it will start', () => {
  const told = ask(emptyStartRecord, 0, [['a', after(10 * minute, 90 * minute)]])
  const first = ask(told, askEveryMs, [])
  expect(first.correction.likely.all).toBeGreaterThan(0)
  expect(first.correction.far.all).toBe(0)
  expect(first.tellings).toMatchObject([{ jobId: 'a', told: { p50Ms: null, p90Ms: 90 * minute } }])
  const second = ask(first, 2 * askEveryMs, [])
  expect(second.correction.likely).toEqual(first.correction.likely)
  expect(second.correction.far.all).toBeGreaterThan(0)
  expect(second.tellings).toEqual([])
  // Once judged, a telling is not judged again when the job does start.
  expect(ask(second, 3 * askEveryMs, [], { a: { atMs: 150 * minute, started: true } })).toEqual(second)
})

test('a job that goes away before its time says nothing, and one that goes away after it was late', () => {
  const told = ask(emptyStartRecord, 0, [['a', after(10 * minute, 90 * minute)]])
  const gone = ask(told, askEveryMs, [], { a: { atMs: 30 * minute, started: false } })
  expect(gone.correction.likely.all).toBeGreaterThan(0)
  expect(gone.correction.far).toEqual(noCorrection.far)
  expect(gone.tellings).toEqual([])
})

test('of a long queue some are asked from front to back, and the record is plain data', () => {
  const queue = Array.from({ length: 1000 }, (_, at) => [String(at), after(at * minute, 2 * at * minute)] as const)
  const record = ask(emptyStartRecord, 0, queue)
  expect(record.tellings).toHaveLength(100)
  expect(record.tellings.map(({ jobId }) => Number(jobId)).slice(0, 3)).toEqual([0, 10, 20])
  expect(record.usual).toBe(100)
  expect(JSON.parse(JSON.stringify(record))).toEqual(record)
})
