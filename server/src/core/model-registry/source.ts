import { parseArtifactAddress, type ArtifactAddress } from '../tracking/artifact-path.js'

/**
 * What a version of a registered model is made of, by its address. Addresses are MLflow's: a logged model
 * (`models:/m-…`), another version (`models:/name/3`, `models:/name@alias`, `models:/name/latest`), files of a run
 * (`runs:/…`), files that the server keeps (`mlflow-artifacts:`, or its proxy by HTTP), and other stores.
 */
export type ModelSource =
  | { readonly kind: 'logged_model'; readonly modelId: string }
  | { readonly kind: 'version'; readonly name: string; readonly which: VersionReference }
  | { readonly kind: 'run'; readonly runId: string }
  | { readonly kind: 'kept' }
  | { readonly kind: 'local' }
  | { readonly kind: 'elsewhere' }
  /** It climbs out of a folder, names nothing, or a registry that is not this one. */
  | { readonly kind: 'malformed'; readonly why: 'relative' | 'reference' | 'registry' }

export type VersionReference =
  { readonly version: number } | { readonly alias: string } | { readonly latest: true; readonly stage: string | null }

/** Read the address of a source. */
export const readSource = (source: string): ModelSource => {
  const { scheme, authority, parts } = partsOf(source)
  if (isLocal(scheme)) return { kind: 'local' }
  if (climbs(source)) return { kind: 'malformed', why: 'relative' }
  if (scheme === 'models') return authority === '' ? readModels(parts) : { kind: 'malformed', why: 'registry' }
  if (scheme === 'runs') {
    const [runId = ''] = parts
    return authority === '' && runId !== '' ? { kind: 'run', runId } : { kind: 'malformed', why: 'reference' }
  }
  if (scheme === 'mlflow-artifacts' || isProxy(scheme, parts)) return { kind: 'kept' }
  return { kind: 'elsewhere' }
}

/** Whether an address lies in the folder of another, or is that folder. */
export const liesWithin = (source: string, root: string): boolean => {
  const [inner, outer] = [partsOf(source), partsOf(root)]
  return (
    inner.scheme === outer.scheme &&
    inner.authority === outer.authority &&
    outer.parts.length > 0 &&
    outer.parts.every((part, index) => inner.parts[index] === part)
  )
}

/** The folder that an address of files names: whose, and where there; `null` when the server has no such files. */
export const folderOfSource = (location: string): Pick<ArtifactAddress, 'owner' | 'path'> | null => {
  if (climbs(location)) return null
  const { scheme, parts } = partsOf(location)
  const [runId = '', ...inside] = parts
  if (scheme === 'runs') return runId === '' ? null : { owner: { kind: 'run', id: runId }, path: inside.join('/') }
  if (scheme === 'mlflow-artifacts') return parseArtifactAddress(parts.join('/'))
  if (!isProxy(scheme, parts)) return null
  const at = parts.findIndex((_, index) => proxyRoute.every((part, offset) => parts[index + offset] === part))
  return parseArtifactAddress(parts.slice(at + proxyRoute.length).join('/'))
}

const readModels = (parts: readonly string[]): ModelSource => {
  const [first = '', second] = parts
  if (first === '' || parts.length > 2) return { kind: 'malformed', why: 'reference' }
  if (second === undefined) {
    const [, name = '', alias = ''] = /^(.+)@([^@]+)$/.exec(first) ?? []
    if (alias !== '') return { kind: 'version', name, which: { alias } }
    return { kind: 'logged_model', modelId: first }
  }
  if (/^\d{1,9}$/.test(second)) return { kind: 'version', name: first, which: { version: Number(second) } }
  const stage = second.toLowerCase() === 'latest' ? null : second
  return { kind: 'version', name: first, which: { latest: true, stage } }
}

/** No scheme, `file:`, or the letter of a drive. */
const isLocal = (scheme: string): boolean => scheme === '' || scheme === 'file' || scheme.length === 1

const proxyRoute = ['api', '2.0', 'mlflow-artifacts', 'artifacts']
const isProxy = (scheme: string, parts: readonly string[]): boolean =>
  (scheme === 'http' || scheme === 'https') &&
  parts.some((_, at) => proxyRoute.every((part, index) => parts[at + index] === part))

/** `..` in any disguise, or a NUL. */
const climbs = (source: string): boolean => {
  const plain = unquoted(source.replaceAll('+', ' '))
  return plain.includes('\u0000') || plain.split(/[/?#]/).includes('..')
}

const unquoted = (text: string): string => {
  for (let last = text; ;) {
    const next = decoded(last)
    if (next === last) return last
    last = next
  }
}

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

const partsOf = (uri: string) => {
  const [, scheme = '', rest = uri] = /^([a-zA-Z][a-zA-Z0-9+.-]*):(.*)$/s.exec(uri) ?? []
  const [, authority = '', path = rest] = /^\/\/([^/?#]*)(.*)$/s.exec(rest) ?? []
  const [plain = ''] = path.split(/[?#]/)
  const parts = plain.split('/').filter((part) => part !== '')
  return { scheme: scheme.toLowerCase(), authority: authority.toLowerCase(), parts: parts.map(unquoted) }
}
