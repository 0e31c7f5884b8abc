import { setImmediate as turn } from 'node:timers/promises'
import { askTogether } from '../../server/src/db/ask-together.js'

const open = () => {
  const asked: (readonly string[])[] = []
  const answers: (() => void)[] = []
  let held = false
  const ask = askTogether(async (ids) => {
    asked.push(ids)
    if (held) await new Promise<void>((resolve) => answers.push(resolve))
    if (ids.includes('broken')) throw new Error('broken')
    return new Map(ids.filter((id) => id !== 'nobody').map((id) => [id, `the ${id}`]))
  })
  return {
    ask,
    asked,
    hold: () => (held = true),
    answer() {
      held = false
      for (const each of answers.splice(0)) each()
    },
  }
}

test('what is asked while a question is under way goes with the next, each id once', async () => {
  const { ask, asked, hold, answer } = open()
  hold()
  const first = ask('a')
  await turn()
  const rest = ['b', 'c', 'b', 'nobody'].map(ask)
  await turn()
  answer()
  await expect(first).resolves.toBe('the a')
  await expect(Promise.all(rest)).resolves.toEqual(['the b', 'the c', 'the b', undefined])
  expect(asked).toEqual([['a'], ['b', 'c', 'nobody']])
})

test('a question that fails fails those who asked it, and the next is asked', async () => {
  const { ask } = open()
  await expect(ask('broken')).rejects.toThrow('broken')
  await expect(ask('a')).resolves.toBe('the a')
})
