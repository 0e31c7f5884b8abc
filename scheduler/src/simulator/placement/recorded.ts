import { readCsv } from '../traces/csv.js'
import { spreadOf, type Spread } from './row.js'
import { readOutPercents } from './protocol.js'

/** What was published of one policy on one variant, over its seeds. */
export interface Recorded {
  readonly metric: string
  readonly variant: string
  readonly policy: string
  readonly seeds: number
  /** By arrived percent. */
  readonly at: Readonly<Record<string, Spread>>
}

/** Reads the published results (`metric, variant, policy, seed, at_50 … at_130`). Throws an Error where a number is none. */
export const readRecorded = (text: string): Recorded[] => {
  const rows = readCsv(text, ['metric', 'variant', 'policy', 'seed', 'at_130'])
  const groups = new Map<string, typeof rows>()
  for (const row of rows) {
    const key = [row.text('metric'), row.text('variant'), row.text('policy')].join('/')
    groups.set(key, [...(groups.get(key) ?? []), row])
  }
  return [...groups.values()].flatMap((group): Recorded[] => {
    const [first] = group
    if (first === undefined) return []
    const at = readOutPercents.map((percent) => [
      String(percent),
      spreadOf(group.map((row) => row.number(`at_${percent}`))),
    ])
    return [
      {
        metric: first.text('metric'),
        variant: first.text('variant'),
        policy: first.text('policy'),
        seeds: group.length,
        at: Object.fromEntries(at),
      },
    ]
  })
}
