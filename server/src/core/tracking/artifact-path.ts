/** An address of the artifact proxy: whose folder it is in, and where there. `path` is empty for the folder itself. */
export interface ArtifactAddress {
  readonly experimentId: string
  readonly owner: { readonly kind: 'run' | 'logged_model' | 'trace' | 'version'; readonly id: string }
  readonly path: string
}

/**
 * Whether a path stays inside its folder: relative, forward slashes, no empty, `.` or `..` segment, no control
 * characters, at most 1,024 characters.
 */
export const isSafePath = (path: string): boolean =>
  path.length > 0 &&
  path.length <= 1024 &&
  // eslint-disable-next-line no-control-regex -- control characters are what is refused
  !/[\\\u0000-\u001f\u007f]/.test(path) &&
  !/^[A-Za-z]:/.test(path) &&
  path.split('/').every((segment) => segment !== '' && segment !== '.' && segment !== '..')

/** Whether a file or folder is another one, or lies in it, or holds it; `''` is the top. */
export const overlaps = (left: string, right: string): boolean => {
  const holds = (outer: string, inner: string) => outer === '' || outer === inner || inner.startsWith(`${outer}/`)
  return holds(left, right) || holds(right, left)
}

/**
 * Read `<experiment>/<run>/artifacts/<path>`, `<experiment>/models/<model>/artifacts/<path>`,
 * `<experiment>/traces/<trace>/artifacts/<path>` or `<experiment>/versions/<version>/artifacts/<path>`: the only places that the proxy has. `null` for any other.
 */
export const parseArtifactAddress = (address: string): ArtifactAddress | null => {
  const [experimentId, ...rest] = address.replace(/\/+$/, '').split('/')
  if (experimentId === undefined || !/^\d{1,18}$/.test(experimentId)) return null
  const kind = kinds[rest[0] ?? ''] ?? 'run'
  const [id, folder, ...inside] = kind === 'run' ? rest : rest.slice(1)
  if (id === undefined || folder !== 'artifacts') return null
  const path = inside.join('/')
  return path === '' || isSafePath(path) ? { experimentId, owner: { kind, id }, path } : null
}

const kinds: Readonly<Record<string, ArtifactAddress['owner']['kind']>> = {
  models: 'logged_model',
  traces: 'trace',
  versions: 'version',
}
