import {
  normalizeName,
  type Distribution,
  type EnvironmentCapture,
  type EnvironmentConflict,
} from '@novabrain/contracts'
import { holds, markerEnvironment, parseRequirement } from './requirement.js'
import { compareVersions, meets, parseVersion, splitSpecifiers } from './version.js'

/** Two requirements that cannot hold together, before anyone asked what would help. */
export interface Clash extends Omit<EnvironmentConflict, 'suggestion'> {
  /** The requirement that what is installed does not meet. */
  readonly broken: { readonly specifiers: string; readonly by: Distribution }
}

interface Ask {
  readonly by: Distribution
  readonly specifiers: string
}

/**
 * The requirements that installed distributions break, each against the one that goes with what is installed: another
 * distribution's that excludes it, else the installed version itself. What is not installed at all breaks nothing here,
 * since packages are often installed without what they would only sometimes need.
 */
export const findClashes = (capture: EnvironmentCapture): Clash[] => {
  const asks = asksByName(capture)
  return capture.distributions
    .flatMap((installed) => {
      const name = normalizeName(installed.name)
      const all = asks.get(name) ?? []
      return all
        .filter((ask) => meets(installed.version, ask.specifiers) === false)
        .map((ask) => clashOf(name, installed, ask, all))
    })
    .sort((a, b) => (key(a) < key(b) ? -1 : 1))
}

const key = (clash: Clash): string => `${clash.package} ${clash.left.requiredBy} ${clash.left.requirement}`

const asksByName = (capture: EnvironmentCapture): Map<string, Ask[]> => {
  const environment = markerEnvironment(capture)
  const asks = new Map<string, Ask[]>()
  for (const by of capture.distributions)
    for (const text of by.requires ?? []) {
      const requirement = parseRequirement(text)
      if (requirement === null || requirement.url !== null || requirement.specifiers === '') continue
      if (holds(requirement.marker, environment) !== true) continue
      asks.set(requirement.name, [...(asks.get(requirement.name) ?? []), { by, specifiers: requirement.specifiers }])
    }
  return asks
}

const clashOf = (name: string, installed: Distribution, broken: Ask, all: readonly Ask[]): Clash => {
  const other = all.find(
    (ask) => ask.by !== broken.by && meets(installed.version, ask.specifiers) === true && disagree(ask, broken),
  )
  return {
    package: name,
    installed: installed.version,
    left: { requirement: `${name}${broken.specifiers}`, requiredBy: `${broken.by.name} ${broken.by.version}` },
    right:
      other === undefined
        ? { requirement: `${name}==${installed.version}`, requiredBy: `${installed.name} ${installed.version}` }
        : { requirement: `${name}${other.specifiers}`, requiredBy: `${other.by.name} ${other.by.version}` },
    broken,
  }
}

/** Whether no bound of the one is met by a bound of the other: then not even another version would please both. */
const disagree = (a: Ask, b: Ask): boolean => {
  const bounds = [...splitSpecifiers(a.specifiers), ...splitSpecifiers(b.specifiers)].flatMap((specifier) => {
    const version = specifier.replace(/^[~=!<>]+\s*/, '').replace(/\.\*$/, '')
    return parseVersion(version) === null ? [] : [version, `${version}.0.1`, ...before(version)]
  })
  return !bounds.some((version) => meets(version, a.specifiers) === true && meets(version, b.specifiers) === true)
}

/** A version shortly before another, to try whether `<` leaves room. */
const before = (version: string): string[] => {
  const parts = version.split('.').map(Number)
  const last = parts.findLastIndex((part) => part > 0)
  if (last < 0 || parts.some(Number.isNaN)) return []
  return [
    parts
      .map((part, index) => (index < last ? part : index === last ? part - 1 : 9999))
      .concat(9999)
      .join('.'),
  ]
}

/**
 * In which direction the nearest version lies that meets the broken requirement: `down` when what is installed is above
 * a bound, else `up`.
 */
export const directionOf = (clash: Clash): 'up' | 'down' => {
  const installed = parseVersion(clash.installed ?? '')
  const above = splitSpecifiers(clash.broken.specifiers).some((specifier) => {
    const [, operator = '', text = ''] = /^([~=!<>]+)\s*(.+?)(?:\.\*)?$/.exec(specifier) ?? []
    const bound = parseVersion(text)
    return (
      installed !== null && bound !== null && /^(<|<=|==|~=)$/.test(operator) && compareVersions(installed, bound) >= 0
    )
  })
  return above ? 'down' : 'up'
}
