import { normalizeName } from '@novabrain/contracts'

/** What uv said, as far as it matters here. */
export type ResolverReport =
  /** No index has these, or not for this platform. */
  | { readonly kind: 'missing'; readonly names: readonly string[] }
  /** Without the network these could not be looked up. */
  | { readonly kind: 'not_cached'; readonly names: readonly string[] }
  /** The index did not answer. */
  | { readonly kind: 'unreachable' }
  /** A package refuses this Python. */
  | { readonly kind: 'python'; readonly name: string; readonly version: string; readonly requires: string }
  | { readonly kind: 'other'; readonly detail: string }

/** Read the error output of `uv pip compile`. */
export const readReport = (stderr: string): ResolverReport => {
  const text = stderr.replace(/\s+/g, ' ')
  const notCached = namesIn(text, /\b([\w.-]+) was not found in the cache\b/g)
  if (notCached.length > 0) return { kind: 'not_cached', names: notCached }
  const python = /\b([\w.-]+)==(\S+) depends on Python([<>=!~][^\s,]*(?:,[<>=!~][^\s,]*)*)/.exec(text)
  const [, name, version, requires] = python ?? []
  if (name !== undefined && version !== undefined && requires !== undefined)
    return { kind: 'python', name: normalizeName(name), version, requires }
  const missing = [
    ...namesIn(text, /\b([\w.-]+) was not found in the (?:package registry|provided package locations)/g),
    ...namesIn(text, /there (?:is|are) no versions? of ([\w.-]+?)(?:==|[\s<>])/g),
    ...namesIn(text, /\b([\w.-]+)==\S+ has no (?:usable |compatible )?(?:wheels|source distribution)/g),
    ...namesIn(text, /\b([\w.-]+)==\S+ (?:was yanked|is not available)/g),
  ]
  if (missing.length > 0) return { kind: 'missing', names: [...new Set(missing)] }
  if (/Failed to fetch|client error \(Connect\)|dns error|operation timed out|error sending request/i.test(text))
    return { kind: 'unreachable' }
  return { kind: 'other', detail: withoutSecrets(lastWords(stderr)) }
}

/** Text without the credentials that addresses may carry. */
export const withoutSecrets = (text: string): string => text.replace(/(\w+:\/\/)[^\s/@]+@/g, '$1')

const namesIn = (text: string, pattern: RegExp): string[] => [
  ...new Set([...text.matchAll(pattern)].map(([, name = '']) => normalizeName(name))),
]

const lastWords = (stderr: string): string =>
  stderr
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('warning:'))
    .join('\n')
    .slice(0, 2000)
    .trim()
