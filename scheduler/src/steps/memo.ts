/** What is known for a key, found the first time it is asked for. */
export const memo = <Key, T>(known: Map<Key, T>, key: Key, find: () => T): T => {
  const found = known.get(key)
  if (found !== undefined) return found
  const value = find()
  known.set(key, value)
  return value
}
