import { normalizeName, type EnvironmentCapture, type EnvironmentConflict } from '@novabrain/contracts'
import { isOrdinary } from '../../core/environment/availability.js'
import { directionOf, type Clash } from '../../core/environment/conflicts.js'
import { holds, markerEnvironment, parseRequirement } from '../../core/environment/requirement.js'
import type { Resolver } from './resolver.js'

/** More conflicts than this are told without advice: each takes uv a moment. */
const mostAdvised = 4

/**
 * Conflicts with the nearest change that resolves each, as uv really finds it: another version of the package that all
 * who ask for it accept; failing that, another version of the one whose requirement is broken.
 */
export const advise = (
  resolver: Pick<Resolver, 'resolve'>,
  capture: EnvironmentCapture,
  clashes: readonly Clash[],
): Promise<EnvironmentConflict[]> =>
  Promise.all(
    clashes.map(async ({ broken, ...clash }, index) => ({
      ...clash,
      suggestion: index < mostAdvised ? await adviceFor(resolver, capture, { broken, ...clash }) : null,
    })),
  )

const adviceFor = async (
  resolver: Pick<Resolver, 'resolve'>,
  capture: EnvironmentCapture,
  clash: Clash,
): Promise<string | null> => {
  const askers = askersOf(capture, clash.package)
  const nearest = directionOf(clash) === 'down' ? 'highest' : 'lowest'
  const first = await resolver.resolve(capture, [clash.package, ...askers], nearest)
  const version = first?.get(clash.package)
  if (version !== undefined) return `${clash.package}==${version}`
  if (!isOrdinary(clash.broken.by) || !isOrdinary({ name: clash.package, version: clash.installed ?? '' })) return null
  const culprit = normalizeName(clash.broken.by.name)
  const others = askers.filter((asker) => !asker.startsWith(`${culprit}==`))
  const installed = `${clash.package}==${clash.installed ?? ''}`
  const second = await resolver.resolve(capture, [culprit, installed, ...others], 'highest')
  const other = second?.get(culprit)
  return other === undefined || other === clash.broken.by.version ? null : `${culprit}==${other}`
}

/** Who asks for a package, pinned to what is installed. */
const askersOf = (capture: EnvironmentCapture, name: string): string[] => {
  const environment = markerEnvironment(capture)
  return capture.distributions
    .filter(
      (distribution) =>
        distribution.editable !== true && distribution.directUrl === undefined && isOrdinary(distribution),
    )
    .filter((distribution) =>
      (distribution.requires ?? []).some((text) => {
        const requirement = parseRequirement(text)
        return requirement?.name === name && holds(requirement.marker, environment) === true
      }),
    )
    .map((distribution) => `${normalizeName(distribution.name)}==${distribution.version}`)
}
