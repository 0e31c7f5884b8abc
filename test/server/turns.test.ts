import { createTurns } from '../../server/src/scheduling/turns.js'

test('work goes one after another, what is urgent before all that waits, and what fails keeps nobody waiting', async () => {
  const inTurn = createTurns()
  const done: string[] = []
  let open: () => void = () => undefined
  const gate = new Promise<void>((resolve) => (open = resolve))
  const first = inTurn(() => gate.then(() => void done.push('first')))
  const question = inTurn(() => Promise.resolve(done.push('question')))
  const fault = inTurn(() => Promise.reject(new Error('no')))
  const last = inTurn(() => Promise.resolve(done.push('last')))
  const round = inTurn(() => Promise.resolve(done.push('round')), true)
  open()
  await expect(fault).rejects.toThrow('no')
  await Promise.all([first, question, last, round])
  expect(done).toEqual(['first', 'round', 'question', 'last'])
  await inTurn(() => Promise.resolve(done.push('later')))
  expect(done.at(-1)).toBe('later')
})
