import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { chown, lstat, mkdir, readFile, realpath, rename, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'
import { promisify } from 'node:util'
import { mayEnter, type OperatingUser } from './operating-user.js'

/** Where an embedded PostgreSQL lives. */
export interface DataFolder {
  /** `<home>/postgres`: secrets, port and log; ours. */
  readonly folder: string
  /** The data directory; PostgreSQL's. */
  readonly data: string
  readonly secrets: Secrets
  readonly user: OperatingUser | null
}

export interface Secrets {
  readonly superuser: string
  readonly app: string
}

/** Where root keeps what PostgreSQL's user may not reach under root's own home; a link in the home leads there. */
const commonFolder = '/var/lib/novabrain'

/** A folder under `home`, or, where `user` may not enter that, its stand-in outside. */
export const reachableFolder = async (user: OperatingUser | null, home: string): Promise<string> => {
  const folder = path.join(home, 'postgres')
  if (await mayEnter(user, folder)) return folder
  const name = createHash('sha256').update(path.resolve(home)).digest('hex').slice(0, 16)
  return path.join(commonFolder, name)
}

/** The data folder of `home`, made with `initdb` if it was not there yet. */
export const openDataFolder = async (
  home: string,
  native: string,
  user: OperatingUser | null,
  onCreate: () => void,
): Promise<DataFolder> => {
  const folder = path.join(home, 'postgres')
  await mkdir(folder, { recursive: true, mode: user === null ? 0o700 : 0o711 })
  const secrets = await readSecrets(folder)
  const data = await placeOfData(folder, home, user)
  const opened = { folder, data, secrets, user }
  if (await exists(path.join(data, 'PG_VERSION'))) return opened
  onCreate()
  await initialise(opened, native)
  return opened
}

const placeOfData = async (folder: string, home: string, user: OperatingUser | null): Promise<string> => {
  const usual = path.join(folder, 'data')
  if (await exists(usual)) return realpath(usual)
  const reachable = await reachableFolder(user, home)
  if (reachable === folder) return usual
  await mkdir(reachable, { recursive: true, mode: 0o755 })
  await symlink(path.join(reachable, 'data'), usual)
  return path.join(reachable, 'data')
}

/** `initdb` in a draft that is renamed at the end, so that a kill in between leaves nothing half made. */
const initialise = async ({ data, secrets, user }: DataFolder, native: string): Promise<void> => {
  const draft = `${data}.new`
  await rm(draft, { recursive: true, force: true })
  await mkdir(draft, { recursive: true, mode: 0o700 })
  const passwordFile = path.join(draft, 'password')
  const cluster = path.join(draft, 'cluster')
  await mkdir(cluster, { mode: 0o700 })
  await writeFile(passwordFile, secrets.superuser, { mode: 0o600 })
  if (user !== null) for (const each of [draft, passwordFile, cluster]) await chown(each, user.uid, user.gid)
  const options = ['--encoding=UTF8', '--locale=C', '--auth=scram-sha-256', '--username=postgres', '--no-instructions']
  await promisify(execFile)(
    path.join(native, 'bin', executable('initdb')),
    [...options, `--pwfile=${passwordFile}`, `--pgdata=${cluster}`],
    { ...(user ?? {}), cwd: draft, timeout: 120_000 },
  )
  await rename(cluster, data)
  await rm(draft, { recursive: true, force: true })
}

/** The name of a program on this platform. */
export const executable = (name: string): string => (process.platform === 'win32' ? `${name}.exe` : name)

const readSecrets = async (folder: string): Promise<Secrets> => {
  const file = path.join(folder, 'secrets.json')
  const known = await readFile(file, 'utf8').catch(() => null)
  if (known !== null) return JSON.parse(known) as Secrets
  const secrets = { superuser: randomBytes(24).toString('hex'), app: randomBytes(24).toString('hex') }
  await writeFile(`${file}.new`, JSON.stringify(secrets), { mode: 0o600 })
  await rename(`${file}.new`, file)
  return secrets
}

/** The port kept for this data folder if it is free, else a free one, which is kept from then on. */
export const choosePort = async (folder: string): Promise<number> => {
  const file = path.join(folder, 'port')
  const kept = Number(await readFile(file, 'utf8').catch(() => '0'))
  const port = (kept > 0 ? await tryPort(kept) : null) ?? (await tryPort(0))
  if (port === null) throw new Error('No free port for PostgreSQL was found on 127.0.0.1.')
  if (port !== kept) await keepPort(folder, port)
  return port
}

/** Write down which port PostgreSQL listens on. */
export const keepPort = (folder: string, port: number): Promise<void> =>
  writeFile(path.join(folder, 'port'), String(port), { mode: 0o600 })

/** The port if it can be had (0: any), else `null`. */
const tryPort = (wanted: number): Promise<number | null> =>
  new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(null))
    server.listen(wanted, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : null
      server.close(() => resolve(port))
    })
  })

const exists = (file: string): Promise<boolean> =>
  lstat(file).then(
    () => true,
    () => false,
  )
