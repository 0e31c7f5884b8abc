const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

/** Whether two plain values say the same. */
export const saysTheSame = (left: unknown, right: unknown): boolean => {
  if (left === right) return true
  if (!isRecord(left) || !isRecord(right) || Array.isArray(left) !== Array.isArray(right)) return false
  const keys = Object.keys(left)
  return keys.length === Object.keys(right).length && keys.every((key) => saysTheSame(left[key], right[key]))
}

/** The value known before where the new one says the same: so that those who hold it need not look into it. */
export const knownOr = <T>(known: T | undefined, fresh: T): T =>
  known !== undefined && saysTheSame(known, fresh) ? known : fresh
