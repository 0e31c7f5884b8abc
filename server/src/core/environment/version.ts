/** A version as PEP 440 reads it. Parts that are absent hold what sorts them rightly. */
export interface Version {
  readonly epoch: number
  readonly release: readonly number[]
  /** `['a' | 'b' | 'rc', n]` */
  readonly pre: readonly [string, number] | null
  readonly post: number | null
  readonly dev: number | null
  readonly local: readonly (string | number)[]
}

const pattern =
  /^v?(?:(\d+)!)?(\d+(?:\.\d+)*)(?:[-_.]?(alpha|beta|preview|pre|a|b|c|rc)[-_.]?(\d*))?(?:-(\d+)|[-_.]?(post|rev|r)[-_.]?(\d*))?(?:[-_.]?(dev)[-_.]?(\d*))?(?:\+([a-z0-9]+(?:[-_.][a-z0-9]+)*))?$/

const preNames: Readonly<Record<string, string>> = { alpha: 'a', beta: 'b', c: 'rc', pre: 'rc', preview: 'rc' }

/** Read a version, or `null` for one that PEP 440 does not know. Source: PEP 440, Appendix B. */
export const parseVersion = (text: string): Version | null => {
  const match = pattern.exec(text.trim().toLowerCase())
  if (match === null) return null
  const [, epoch, release = '', pre, preNumber, dashPost, post, postNumber, dev, devNumber, local] = match
  return {
    epoch: Number(epoch ?? 0),
    release: release.split('.').map(Number),
    pre: pre === undefined ? null : [preNames[pre] ?? pre, Number(preNumber ?? 0)],
    post: dashPost !== undefined ? Number(dashPost) : post === undefined ? null : Number(postNumber ?? 0),
    dev: dev === undefined ? null : Number(devNumber ?? 0),
    local: local === undefined ? [] : local.split(/[-_.]/).map((part) => (/^\d+$/.test(part) ? Number(part) : part)),
  }
}

/** Negative, zero or positive as `a` is before, at or after `b`. */
export const compareVersions = (a: Version, b: Version): number =>
  a.epoch - b.epoch ||
  compareReleases(a.release, b.release) ||
  compareNumbers(preRank(a), preRank(b)) ||
  (a.post ?? -1) - (b.post ?? -1) ||
  (a.dev ?? Infinity) - (b.dev ?? Infinity) ||
  compareLocals(a.local, b.local)

/** Whether a version meets a specifier set such as `>=1.2,<2`. `null` when one of the two cannot be read. */
export const meets = (version: string, specifiers: string): boolean | null => {
  const parsed = parseVersion(version)
  const results = splitSpecifiers(specifiers).map((specifier) => meetsOne(version, parsed, specifier))
  if (results.includes(false)) return false
  return results.includes(null) ? null : true
}

/** Each specifier of a set: `>=1.2,<2` becomes `['>=1.2', '<2']`. */
export const splitSpecifiers = (specifiers: string): string[] =>
  specifiers
    .replace(/^\s*\(|\)\s*$/g, '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

const meetsOne = (text: string, version: Version | null, specifier: string): boolean | null => {
  const [, operator = '', wanted = ''] = /^(===|~=|==|!=|<=|>=|<|>)\s*(.+)$/.exec(specifier) ?? []
  if (operator === '===') return text.trim().toLowerCase() === wanted.trim().toLowerCase()
  const prefix = wanted.endsWith('.*')
  const bound = parseVersion(prefix ? wanted.slice(0, -2) : wanted)
  if (version === null || bound === null) return null
  return satisfies(version, operator, bound, prefix)
}

const satisfies = (version: Version, operator: string, bound: Version, prefix: boolean): boolean | null => {
  const plain = bound.local.length > 0 ? version : { ...version, local: [] }
  const order = compareVersions(plain, bound)
  switch (operator) {
    case '==':
      return prefix ? startsWith(version, bound) : order === 0
    case '!=':
      return prefix ? !startsWith(version, bound) : order !== 0
    case '<=':
      return order <= 0
    case '>=':
      return order >= 0
    case '<':
      return order < 0 && (isPre(bound) || !isPre(version) || !sameRelease(version, bound))
    case '>':
      return order > 0 && (bound.post !== null || version.post === null || !sameRelease(version, bound))
    case '~=':
      return (
        order >= 0 &&
        startsWith(version, { ...bound, release: bound.release.slice(0, -1), pre: null, post: null, dev: null })
      )
    default:
      return null
  }
}

const isPre = (version: Version): boolean => version.pre !== null || version.dev !== null

const sameRelease = (a: Version, b: Version): boolean =>
  a.epoch === b.epoch && compareReleases(a.release, b.release) === 0

const startsWith = (version: Version, prefix: Version): boolean =>
  version.epoch === prefix.epoch &&
  prefix.release.every((part, index) => (version.release[index] ?? 0) === part) &&
  (prefix.pre === null || (version.pre?.[0] === prefix.pre[0] && version.pre[1] === prefix.pre[1]))

const compareReleases = (a: readonly number[], b: readonly number[]): number => {
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const difference = (a[index] ?? 0) - (b[index] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}

/** A development release of nothing else comes before every pre-release; a final one after them. */
const preRank = (version: Version): readonly [number, number] => {
  if (version.pre !== null) return [['a', 'b', 'rc'].indexOf(version.pre[0]), version.pre[1]]
  return version.post === null && version.dev !== null ? [-1, 0] : [3, 0]
}

const compareNumbers = (a: readonly [number, number], b: readonly [number, number]): number =>
  a[0] - b[0] || a[1] - b[1]

const compareLocals = (a: Version['local'], b: Version['local']): number => {
  for (let index = 0; index < Math.max(a.length, b.length); index += 1) {
    const [left, right] = [a[index], b[index]]
    if (left === right) continue
    if (left === undefined || right === undefined) return left === undefined ? -1 : 1
    if (typeof left !== typeof right) return typeof left === 'number' ? 1 : -1
    return left < right ? -1 : 1
  }
  return 0
}
