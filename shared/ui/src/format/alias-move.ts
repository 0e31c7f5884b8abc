import type { AliasMove } from '@novabrain/contracts'
import { fill, type Strings } from '../locales/strings.js'

/** What a move of an alias was, seen from one version. */
export const moveWords = ({ alias, from, to }: AliasMove, version: number, { version: t }: Strings): string => {
  if (to === null) return fill(t.moveRemoved, { alias })
  if (to !== version) return fill(t.moveAway, { alias, to })
  return from === null || from === version ? fill(t.moveSet, { alias }) : fill(t.moveHere, { alias, from })
}
