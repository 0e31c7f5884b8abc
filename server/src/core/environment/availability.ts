import {
  normalizeName,
  type Distribution,
  type EnvironmentCapture,
  type UnavailablePackage,
} from '@novabrain/contracts'
import { withoutSecrets } from './resolver-report.js'
import { parseVersion } from './version.js'

/** What of an environment an index may have, and what it cannot. */
export interface Availability {
  readonly indexed: readonly Distribution[]
  readonly unavailable: readonly UnavailablePackage[]
}

/** Split what is installed by where it came from; of the rest, only an index knows. Both sorted by name. */
export const splitByOrigin = (capture: EnvironmentCapture): Availability => {
  const sorted = [...capture.distributions].sort((a, b) => (normalizeName(a.name) < normalizeName(b.name) ? -1 : 1))
  const unavailable = sorted.flatMap((distribution) => {
    const reason = reasonByOrigin(distribution)
    return reason === null ? [] : [unavailableOf(distribution, reason)]
  })
  return { indexed: sorted.filter((distribution) => reasonByOrigin(distribution) === null), unavailable }
}

/** A distribution that no index has, with the reason by who installed it. */
export const missingFromIndex = (distribution: Distribution): UnavailablePackage =>
  unavailableOf(distribution, distribution.installer === 'conda' ? 'conda_only' : 'not_on_index')

/** Whether name and version are such as an index can have; others never reach a resolver's input. */
export const isOrdinary = ({ name, version }: Pick<Distribution, 'name' | 'version'>): boolean =>
  /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/.test(name) && parseVersion(version) !== null && !/\s/.test(version)

const reasonByOrigin = (distribution: Distribution): UnavailablePackage['reason'] | null => {
  if (distribution.editable === true) return 'editable'
  if (!isOrdinary(distribution)) return 'not_on_index'
  const url = distribution.directUrl
  return url === undefined || isBuildFolder(distribution, url) ? null : 'local'
}

/** Conda and other distributors leave the folder they built in as the origin; the package is an ordinary one all the same. */
const isBuildFolder = ({ installer }: Distribution, url: string): boolean =>
  url.startsWith('file:') && (installer === 'conda' || /\/(croot|conda-bld|feedstock_root|work\/dist)\b/.test(url))

/** Where PyTorch keeps the builds that PyPI has not. */
const torchIndex = (version: string): string | null => {
  const build = /\+(cu\d+|cpu|rocm[\d.]+|xpu)$/.exec(version)?.[1]
  return build === undefined ? null : `https://download.pytorch.org/whl/${build}`
}

/** An address without what lets one in: credentials before the host, and the query, where tokens are kept too. */
const originOf = (url: string | undefined): string | undefined =>
  url === undefined ? undefined : withoutSecrets(url).replace(/\?[^#]*/, '')

const unavailableOf = (distribution: Distribution, reason: UnavailablePackage['reason']): UnavailablePackage => ({
  name: normalizeName(distribution.name),
  version: distribution.version,
  reason,
  origin: originOf(distribution.directUrl) ?? torchIndex(distribution.version),
})
