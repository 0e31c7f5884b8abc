import { realpathSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where a history of MLflow is kept: behind a server, in a folder, or in a database. */
export type Place =
  | { readonly kind: 'server'; readonly url: string }
  | { readonly kind: 'folder'; readonly folder: string }
  | { readonly kind: 'database'; readonly url: string; readonly driver: Driver }

/** Where the files of a database lie, beside it, when we or MLflow's own server put them there. */
export const artifactFolder = 'mlartifacts'

/** What Python needs besides `mlflow` to open a database. */
export type Driver = 'sqlite' | 'postgresql' | 'mysql'

/** Why an address cannot be used. */
export type BadPlace = 'empty' | 'password' | 'scheme'

const drivers: Readonly<Record<string, Driver>> = {
  sqlite: 'sqlite',
  postgresql: 'postgresql',
  postgres: 'postgresql',
  mysql: 'mysql',
}

/**
 * Read an address as people write it: what `MLFLOW_TRACKING_URI` has, or the address bar of MLflow's page. A password is
 * refused where `secretAllowed` is not set: other people of a machine read its command lines.
 */
export const readPlace = (
  address: string,
  { secretAllowed }: { readonly secretAllowed: boolean },
): Place | BadPlace => {
  const text = address.trim()
  if (text === '') return 'empty'
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(text)?.[1]?.toLowerCase()
  if (scheme === undefined || scheme === 'file') return { kind: 'folder', folder: folderOf(text, scheme) }
  if (!secretAllowed && /^[^:]+:\/\/[^/@]*:[^/@]+@/.test(text)) return 'password'
  if (scheme === 'http' || scheme === 'https') return { kind: 'server', url: serverUrl(text) }
  const driver = drivers[scheme.split('+')[0] ?? '']
  return driver === undefined ? 'scheme' : { kind: 'database', url: text, driver }
}

const folderOf = (text: string, scheme: string | undefined): string =>
  path.resolve(scheme === undefined ? text : fileURLToPath(text))

/** Without what a page of MLflow adds. */
const serverUrl = (text: string): string => text.replace(/[#?].*$/s, '').replace(/\/+$/, '')

/** The address as SQLAlchemy takes it, with the drivers that we install. */
export const databaseUrl = ({ url, driver }: Extract<Place, { kind: 'database' }>): string => {
  if (driver === 'sqlite') return url
  return url.replace(/^[^:]+:/, driver === 'mysql' ? 'mysql+pymysql:' : 'postgresql+psycopg2:')
}

/** The file of an SQLite database, or `null` for other databases and for one in memory. */
export const sqliteFile = (place: Place): string | null => {
  if (place.kind !== 'database' || place.driver !== 'sqlite') return null
  const [, file = ''] = /^sqlite[^:]*:\/\/\/([^?]*)/i.exec(place.url) ?? []
  return file === '' || file === ':memory:' ? null : path.resolve(file)
}

/** The address as it may be shown and kept: no user, no password, no options. */
export const shownPlace = (place: Place): string => {
  if (place.kind === 'folder') return place.folder
  const file = sqliteFile(place)
  if (file !== null) return `sqlite:///${file}`
  return place.url.replace(/\?.*$/s, '').replace(/^([^:]+:\/\/)[^/@]*@/, '$1')
}

/** By what a source is known when it is imported again: its address, a folder or a file by its real path. */
export const identityOf = (place: Place): string => {
  if (place.kind === 'folder') return realPath(place.folder)
  const file = sqliteFile(place)
  return file === null ? shownPlace(place) : `sqlite:///${realPath(file)}`
}

/** A short name for people, which goes into names that are taken. */
export const labelOf = (place: Place): string => {
  const words = shownPlace(place)
    .replace(/^[^:]+:\/\/+/, '')
    .split('/')
    .filter((word) => word !== '')
  if (place.kind === 'server') return (words[0] ?? 'mlflow').replace(/:\d+$/, '')
  const last = words.at(-1) ?? 'mlflow'
  const name = ['mlruns', 'mlflow.db'].includes(last) ? (words.at(-2) ?? last) : last
  return name.replace(/\.(db|sqlite3?)$/, '').replace(/[:\\]/g, '') || 'mlflow'
}

const realPath = (file: string): string => {
  try {
    return realpathSync(file)
  } catch {
    return file
  }
}
