import { normalizeName, type LockedPackage, type UnavailablePackage } from '@novabrain/contracts'

/** Everything that a lock says. */
export interface LockContent {
  readonly pythonVersion: string
  readonly implementation: string
  readonly platform: string
  readonly cudaVersion: string | null
  readonly packages: readonly LockedPackage[]
  readonly unavailable: readonly UnavailablePackage[]
}

/**
 * A lock as bytes (in text): a requirements file with hashes that pip and uv install, the same for the same content. It
 * names no paths, times, addresses or tools, so that the digest is that of the environment and of nothing else.
 */
export const renderLock = (content: LockContent): string => {
  const { pythonVersion, implementation, platform, cudaVersion, packages, unavailable } = content
  const lines = [
    '# NovaBrain environment lock 1',
    `# python ${onOneLine(`${pythonVersion} ${implementation}`)}`,
    `# platform ${onOneLine(platform)}`,
    ...(cudaVersion === null ? [] : [`# cuda ${onOneLine(cudaVersion)}`]),
    ...byName(unavailable).map(
      ({ name, version, reason }) => `# without ${onOneLine(`${name}==${version}`)} (${reason})`,
    ),
    ...byName(packages).map(renderPackage),
  ]
  return `${lines.join('\n')}\n`
}

/** The packages of a requirements file with hashes, as `renderLock` or uv writes it, sorted by name. */
export const parseLock = (text: string): LockedPackage[] => {
  const entries = text
    .replace(/\\\r?\n/g, ' ')
    .split('\n')
    .flatMap((line) => {
      const match = /^([A-Za-z0-9][\w.-]*)(?:\[[^\]]*\])?\s*==\s*([^\s;\\]+)(.*)$/.exec(line)
      const [, name, version, rest = ''] = match ?? []
      if (name === undefined || version === undefined) return []
      const hashes = [...rest.matchAll(/--hash=(\S+)/g)].map(([, hash = '']) => hash)
      return [{ name: normalizeName(name), version, hashes: [...new Set(hashes)].sort() }]
    })
  return byName(entries)
}

/** What a capture says may hold anything; nothing of it may begin a line of its own. */
const onOneLine = (text: string): string => text.replace(/[\p{Control}\p{Zl}\p{Zp}]/gu, ' ')

const renderPackage = ({ name, version, hashes }: LockedPackage): string =>
  [`${normalizeName(name)}==${version}`, ...[...hashes].sort().map((hash) => `    --hash=${hash}`)].join(' \\\n')

const byName = <T extends { readonly name: string }>(packages: readonly T[]): T[] =>
  [...packages].sort((a, b) => (normalizeName(a.name) < normalizeName(b.name) ? -1 : 1))
