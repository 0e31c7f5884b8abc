import type { EnvironmentCapture, EnvironmentPin } from '../schema/environment.js'

/** What differs between two sets of packages, by normalised name, sorted. */
export interface EnvironmentDiff {
  readonly added: readonly { name: string; version: string }[]
  readonly removed: readonly { name: string; version: string }[]
  readonly changed: readonly { name: string; from: string; to: string }[]
}

interface Versioned {
  readonly name: string
  readonly version: string
}

/** A project name as PEP 503 normalises it. */
export const normalizeName = (name: string): string => name.toLowerCase().replace(/[-_.]+/g, '-')

/** What must change in `from` to become `to`. */
export const diffEnvironments = (from: readonly Versioned[], to: readonly Versioned[]): EnvironmentDiff => {
  const before = byName(from)
  const after = byName(to)
  const missing = (these: Map<string, string>, those: Map<string, string>) =>
    [...these].filter(([name]) => !those.has(name)).map(([name, version]) => ({ name, version }))
  return {
    added: missing(after, before),
    removed: missing(before, after),
    changed: [...before].flatMap(([name, version]) => {
      const next = after.get(name)
      return next === undefined || next === version ? [] : [{ name, from: version, to: next }]
    }),
  }
}

/** How an interpreter has moved away from the pin it once was. */
export interface EnvironmentDrift extends EnvironmentDiff {
  readonly python: { readonly from: string; readonly to: string } | null
}

/**
 * What differs between a pin and what an interpreter says now. Packages that the pin left out because no index has them
 * count with the version they had.
 */
export const driftFrom = (
  pin: Pick<EnvironmentPin, 'pythonVersion' | 'packages' | 'unavailable'>,
  capture: Pick<EnvironmentCapture, 'pythonVersion' | 'distributions'>,
): EnvironmentDrift => ({
  ...diffEnvironments([...pin.packages, ...pin.unavailable], capture.distributions),
  python: pin.pythonVersion === capture.pythonVersion ? null : { from: pin.pythonVersion, to: capture.pythonVersion },
})

/** Whether nothing differs. */
export const hasDrifted = ({ python, added, removed, changed }: EnvironmentDrift): boolean =>
  python !== null || added.length + removed.length + changed.length > 0

const byName = (packages: readonly Versioned[]): Map<string, string> =>
  new Map(packages.map((p) => [normalizeName(p.name), p.version] as const).sort(([a], [b]) => (a < b ? -1 : 1)))
