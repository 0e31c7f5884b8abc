import {
  fail,
  normalizeName,
  type Distribution,
  type EnvironmentCapture,
  type EnvironmentConflict,
  type LockedPackage,
  type UnavailablePackage,
} from '@novabrain/contracts'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { missingFromIndex, splitByOrigin } from '../../core/environment/availability.js'
import { parseLock } from '../../core/environment/lock.js'
import { uvPlatform } from '../../core/environment/platform.js'
import { stillLasts } from '../../core/time/still-lasts.js'
import { readReport } from '../../core/environment/resolver-report.js'
import type { Clock } from '../../deps.js'
import type { Uv, UvEnd } from './uv.js'

/** What resolving gave: the exact set with its hashes and what no index has, or the package that refuses this Python. */
export type Resolution =
  | {
      readonly kind: 'locked'
      readonly packages: readonly LockedPackage[]
      readonly unavailable: readonly UnavailablePackage[]
    }
  | { readonly kind: 'refused'; readonly conflict: Omit<EnvironmentConflict, 'suggestion'> }

export interface Resolver {
  /**
   * Lock exactly what was captured. Errors: `environment_resolver_missing`, `package_index_unreachable`,
   * `environment_resolve_failed`.
   */
  lock(capture: EnvironmentCapture): Promise<Resolution>
  /**
   * Really resolve requirements with everything they ask for; the versions that came out by name, or `null`. `nearest`:
   * whether the highest or the lowest fitting version of what is asked for is wanted.
   */
  resolve(
    capture: EnvironmentCapture,
    requirements: readonly string[],
    nearest: 'highest' | 'lowest',
  ): Promise<ReadonlyMap<string, string> | null>
}

const lockTimeLimitMs = 120_000
const adviceTimeLimitMs = 8000

/** How long after the index could not be reached it is not asked again. */
const quietMs = 60_000

/** More packages than this are not named one by one. */
const mostNamed = 20

/**
 * The resolver over uv. Packages are asked for by exact version and without their dependencies, since what is installed
 * is the truth; each is given metadata of its own, so that uv builds nothing and runs no code of packages here.
 */
export const createResolver = (
  uv: Uv,
  { clock, python }: { readonly clock: Pick<Clock, 'nowMs'>; readonly python: string | null },
): Resolver => {
  const interpreter = python === null ? [] : ['--python', python]

  let quietSinceMs = -Infinity
  const isQuiet = (): boolean => stillLasts(quietSinceMs, quietMs, clock.nowMs())
  const compile = async (capture: EnvironmentCapture, wanted: readonly Distribution[], offline: boolean) =>
    found(
      await uv.run([...lockArguments(capture, offline), ...interpreter], {
        timeLimitMs: lockTimeLimitMs,
        prepare: async (folder) => {
          await writeFile(join(folder, 'uv.toml'), wanted.map(metadataOf).join('\n'))
          await writeFile(join(folder, 'requirements.in'), wanted.map((d) => `${d.name}==${d.version}\n`).join(''))
        },
      }),
    )

  const lockWith = async (capture: EnvironmentCapture, offline: boolean): Promise<Resolution | 'unreachable'> => {
    const { indexed, unavailable } = splitByOrigin(capture)
    const missing: Distribution[] = []
    const uncached: string[] = []
    let wanted = indexed
    for (;;) {
      const end = await compile(capture, wanted, offline)
      if (end.exitCode === 0) {
        if (uncached.length > 0) return fail('package_index_unreachable', { packages: named(uncached) })
        const all = [...unavailable, ...missing.map(missingFromIndex)]
        return { kind: 'locked', packages: parseLock(end.stdout), unavailable: all }
      }
      const report = readReport(end.stderr)
      if (report.kind === 'unreachable') return 'unreachable'
      if (report.kind === 'python') return { kind: 'refused', conflict: refusalOf(capture, report) }
      if (report.kind === 'other')
        return fail('environment_resolve_failed', { detail: report.detail || 'uv took too long' })
      const away = new Set(report.names)
      const left = wanted.filter((distribution) => !away.has(normalizeName(distribution.name)))
      if (left.length === wanted.length) return fail('environment_resolve_failed', { detail: report.names.join(', ') })
      if (report.kind === 'not_cached') uncached.push(...report.names)
      else missing.push(...wanted.filter((distribution) => away.has(normalizeName(distribution.name))))
      wanted = left
    }
  }

  return {
    async lock(capture) {
      if (!isQuiet()) {
        const online = await lockWith(capture, false)
        if (online !== 'unreachable') return online
        quietSinceMs = clock.nowMs()
      }
      const offline = await lockWith(capture, true)
      return offline === 'unreachable' ? fail('package_index_unreachable', { packages: '?' }) : offline
    },

    async resolve(capture, requirements, nearest) {
      const end = await uv.run([...adviceArguments(capture, nearest, isQuiet()), ...interpreter], {
        timeLimitMs: adviceTimeLimitMs,
        prepare: (folder) =>
          writeFile(join(folder, 'requirements.in'), requirements.map((line) => `${line}\n`).join('')),
      })
      if (end?.exitCode !== 0) return null
      return new Map(parseLock(end.stdout).map(({ name, version }) => [name, version]))
    },
  }
}

const found = (end: UvEnd | null): UvEnd => end ?? fail('environment_resolver_missing')

const common = (capture: EnvironmentCapture, offline: boolean): string[] => {
  const platform = uvPlatform(capture)
  return [
    ...['pip', 'compile', 'requirements.in', '--no-header', '--no-annotate', '--no-strip-extras'],
    ...['--python-version', capture.pythonVersion],
    ...(platform === null ? [] : ['--python-platform', platform]),
    ...(offline ? ['--offline'] : []),
  ]
}

const lockArguments = (capture: EnvironmentCapture, offline: boolean): string[] => [
  ...common(capture, offline),
  ...['--no-deps', '--generate-hashes', '--prerelease', 'allow', '--config-file', 'uv.toml'],
]

/** With dependencies, uv reads the metadata of packages; it may not build any. */
const adviceArguments = (capture: EnvironmentCapture, nearest: 'highest' | 'lowest', offline: boolean): string[] => [
  ...common(capture, offline),
  ...['--no-build', '--no-config', '--resolution', nearest === 'highest' ? 'highest' : 'lowest-direct'],
]

/** TOML's basic strings are JSON's. */
const metadataOf = ({ name, version }: Distribution): string =>
  `[[dependency-metadata]]\nname = ${JSON.stringify(name)}\nversion = ${JSON.stringify(version)}\nrequires-dist = []\n`

const refusalOf = (
  capture: EnvironmentCapture,
  { name, version, requires }: { name: string; version: string; requires: string },
): Omit<EnvironmentConflict, 'suggestion'> => ({
  package: name,
  installed: version,
  left: { requirement: `python${requires}`, requiredBy: `${name} ${version}` },
  right: { requirement: `python==${capture.pythonVersion}`, requiredBy: `Python ${capture.pythonVersion}` },
})

const named = (names: readonly string[]): string => {
  const first = names.slice(0, mostNamed).join(', ')
  return names.length > mostNamed ? `${first}, … (${names.length})` : first
}
