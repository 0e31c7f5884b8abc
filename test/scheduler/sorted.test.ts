import fc from 'fast-check'
import { createSorted } from '../../scheduler/src/steps/sorted.js'

interface Item {
  readonly key: number
}
const byKey = (left: Item, right: Item): number => left.key - right.key

test('law: whatever comes and goes, a sorted list is what sorting it anew would give, and its marks go with its items', () => {
  const rounds = fc.array(
    fc.record({
      come: fc.uniqueArray(fc.nat(300), { maxLength: 40 }),
      go: fc.array(fc.nat(1000), { maxLength: 40 }),
    }),
    { maxLength: 8 },
  )
  fc.assert(
    fc.property(rounds, (all) => {
      const list = createSorted<Item>(byKey, ({ key }) => 2 * key)
      let present: Item[] = []
      for (const { come, go } of all) {
        const gone = new Set(present.length === 0 ? [] : go.map((at) => present[at % present.length]))
        present = present.filter((item) => !gone.has(item))
        for (const item of gone) if (item !== undefined) list.remove(item)
        // Some new ones stand in the very places of those that went.
        const fresh = come.filter((key) => present.every((item) => item.key !== key)).map((key) => ({ key }))
        for (const item of fresh) list.add(item)
        present = [...present, ...fresh].sort(byKey)
        expect(list.size()).toBe(present.length)
        const items = list.items()
        expect(items.length).toBe(present.length)
        expect(items.every((item, at) => item === present[at])).toBe(true)
        expect(list.marks()).toEqual(present.map(({ key }) => 2 * key))
      }
    }),
  )
})
