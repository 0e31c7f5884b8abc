import { extendTail, noTail } from '../../server/src/core/tracking/tail.js'
import { createSeriesMemory } from '../../server/src/modules/metrics/series-memory.js'

const series = (runId: string, key: string) => ({ runId, key, seriesId: `${runId}/${key}`, last: null, tail: null })
const room = (series: number, pieces = 1000) => ({ series, pieces })

test('what is kept is in mind, of its own run and key alone', () => {
  const memory = createSeriesMemory()
  memory.keep([series('a', 'loss'), series('b', 'loss')])
  expect(memory.get('a', 'loss')?.seriesId).toBe('a/loss')
  expect(memory.get('a', 'accuracy')).toBeUndefined()
  expect(memory.get('c', 'loss')).toBeUndefined()
})

test('when there are too many, the runs that were logged to least recently are forgotten whole', () => {
  const memory = createSeriesMemory(room(4))
  memory.keep([series('a', '1'), series('a', '2'), series('b', '1'), series('b', '2')])
  memory.keep([series('a', '1')])
  memory.keep([series('c', '1')])
  expect(memory.get('b', '1')).toBeUndefined()
  const kept = [memory.get('a', '1'), memory.get('a', '2'), memory.get('c', '1')]
  expect(kept.map((each) => each?.seriesId)).toEqual(['a/1', 'a/2', 'c/1'])
})

test('a series that is kept again counts once', () => {
  const memory = createSeriesMemory(room(2))
  for (let time = 0; time < 5; time += 1) memory.keep([series('a', '1'), series('b', '1')])
  expect([memory.get('a', '1'), memory.get('b', '1')].map((each) => each?.seriesId)).toEqual(['a/1', 'b/1'])
})

test('nothing is in mind after it was forgotten', () => {
  const memory = createSeriesMemory()
  memory.keep([series('a', 'loss')])
  memory.forget()
  expect(memory.get('a', 'loss')).toBeUndefined()
})

test('metrics are held when each of them is in mind', () => {
  const memory = createSeriesMemory()
  memory.keep([series('a', 'loss'), series('b', 'loss')])
  expect(memory.holds([series('a', 'loss'), series('b', 'loss'), series('a', 'loss')])).toBe(true)
  expect(memory.holds([series('a', 'loss'), series('a', 'accuracy')])).toBe(false)
})

test('a series that is kept again has the last point that was said then', () => {
  const memory = createSeriesMemory()
  const last = { step: 4, timestampMs: 5, value: 6 }
  memory.keep([series('a', 'loss')])
  memory.keep([{ ...series('a', 'loss'), last }])
  expect(memory.get('a', 'loss')?.last).toBe(last)
})

test('tails take room too, and give it back when they are told or forgotten', () => {
  const memory = createSeriesMemory(room(10, 4))
  const count = 300
  const list = Array.from({ length: count }, (_, index) => index)
  const tail = extendTail(noTail, { runId: 'a', key: 'loss', steps: list, timestampsMs: list, values: list })
  expect(tail.pieces.length).toBe(3)
  memory.keep([{ ...series('a', 'loss'), tail }])
  memory.keep([{ ...series('a', 'loss'), tail }, series('b', 'loss')])
  expect([memory.get('a', 'loss')?.tail, memory.get('b', 'loss')?.seriesId]).toEqual([tail, 'b/loss'])
  memory.keep([{ ...series('b', 'loss'), tail }])
  expect([memory.get('a', 'loss'), memory.get('b', 'loss')?.tail]).toEqual([undefined, tail])
  memory.keep([series('b', 'loss')])
  memory.keep([{ ...series('c', 'loss'), tail }])
  expect([memory.get('b', 'loss')?.tail, memory.get('c', 'loss')?.tail]).toEqual([null, tail])
})
