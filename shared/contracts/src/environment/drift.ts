import type { Distribution } from '../schema/environment.js'
import { diffEnvironments } from './diff.js'

/** The pin a notebook last ran with. Versions by normalised name, to say what has changed since. */
export interface RememberedPin {
  readonly digest: string
  readonly captureDigest: string
  readonly pythonVersion: string
  readonly versions: Readonly<Record<string, string>>
}

/** What is known of an environment beside the pin it last ran with; each change is a short line. */
export type EnvironmentState =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'pinned'; readonly packageCount: number }
  | { readonly kind: 'drifted'; readonly changes: readonly string[] }

/** Compare what the interpreter has now with what the notebook or script was last pinned to; each change is a short line. */
export const driftOf = (
  pin: RememberedPin | null,
  now: {
    readonly captureDigest: string
    readonly pythonVersion: string
    readonly distributions: readonly Distribution[]
  },
): EnvironmentState => {
  if (pin === null) return { kind: 'unknown' }
  const packageCount = Object.keys(pin.versions).length
  if (pin.captureDigest === now.captureDigest) return { kind: 'pinned', packageCount }
  const changes = [...pythonChange(pin.pythonVersion, now.pythonVersion), ...packageChanges(pin, now.distributions)]
  return changes.length === 0 ? { kind: 'pinned', packageCount } : { kind: 'drifted', changes }
}

const pythonChange = (from: string, to: string): string[] => (from === to ? [] : [`Python ${from} → ${to}`])

const packageChanges = (pin: RememberedPin, distributions: readonly Distribution[]): string[] => {
  const before = Object.entries(pin.versions).map(([name, version]) => ({ name, version }))
  const { added, removed, changed } = diffEnvironments(before, distributions)
  return [
    ...changed.map(({ name, from, to }) => `${name} ${from} → ${to}`),
    ...added.map(({ name, version }) => `+ ${name} ${version}`),
    ...removed.map(({ name, version }) => `− ${name} ${version}`),
  ]
}
