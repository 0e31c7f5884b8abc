import { spawn } from 'node:child_process'
import { open, readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { choosePort, executable, keepPort, type DataFolder } from './data-folder.js'
import { machineMemoryBytes } from '../system.js'
import { settingsFor } from './settings.js'

/** A PostgreSQL that answers on 127.0.0.1. */
export interface Postmaster {
  readonly pid: number
  readonly port: number
  /** Whether it was running already, left by a server that was killed. */
  readonly adopted: boolean
  /** Settles when the process is gone, whatever the reason. */
  readonly ended: Promise<void>
}

/** How long a start may take; after a crash PostgreSQL replays its log first. */
const startLimitMs = 120_000

/**
 * Start PostgreSQL, or take over the one that runs on this data folder already. Its lock file is never touched. A restart
 * names the `port` that clients know; a first start takes the one kept in the folder, or another if that is busy.
 */
export const startPostmaster = async (at: DataFolder, native: string, port?: number): Promise<Postmaster> =>
  (await adopt(at)) ?? (await launch(at, native, port ?? (await choosePort(at.folder))))

/** What a living server wrote into `postmaster.pid`: the process on line 1, the port on line 4. */
const readLockFile = async (data: string): Promise<{ pid: number; port: number } | null> => {
  const lines = (await readFile(path.join(data, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n')
  const [pid, port] = [Number(lines[0]), Number(lines[3])]
  return pid > 0 && port > 0 ? { pid, port } : null
}

const adopt = async (at: DataFolder): Promise<Postmaster | null> => {
  const found = await readLockFile(at.data)
  if (found === null || !isAlive(found.pid)) return null
  const alive = () => isAlive(found.pid)
  if (!(await answers(at, found.port, alive, 10_000))) return null
  await keepPort(at.folder, found.port)
  return { ...found, adopted: true, ended: untilGone(found.pid) }
}

const launch = async (at: DataFolder, native: string, port: number): Promise<Postmaster> => {
  const logFile = path.join(at.folder, 'postgres.log')
  const log = await open(logFile, (await sizeOf(logFile)) > 10_000_000 ? 'w' : 'a', 0o600)
  const flags = [
    '-D',
    at.data,
    '-p',
    String(port),
    ...settingsFor(machineMemoryBytes()).flatMap((setting) => ['-c', setting]),
  ]
  // Detached: a Ctrl-C in the terminal reaches only us, and we end PostgreSQL when nobody needs it any more.
  const child = spawn(path.join(native, 'bin', executable('postgres')), flags, {
    ...(at.user ?? {}),
    cwd: at.data,
    detached: true,
    stdio: ['ignore', log.fd, log.fd],
    windowsHide: true,
  })
  let over = false
  const ended = new Promise<void>((resolve) => {
    const finish = () => {
      over = true
      resolve()
    }
    child.once('exit', finish)
    child.once('error', finish)
  })
  await log.close()
  child.unref()
  if (await answers(at, port, () => !over, startLimitMs)) return { pid: child.pid ?? 0, port, adopted: false, ended }
  throw new Error(`PostgreSQL did not start. Its log ${logFile} ends with: ${await lastLines(logFile)}`)
}

/** Whether the server on a port is ours: it takes our password and works on our data. Asked until it is so. */
const answers = async (at: DataFolder, port: number, alive: () => boolean, limitMs: number): Promise<boolean> => {
  const deadline = Date.now() + limitMs
  while (alive() && Date.now() < deadline) {
    if (await isOurs(at, port)) return true
    await delay(25)
  }
  return false
}

const isOurs = async (at: DataFolder, port: number): Promise<boolean> => {
  try {
    const { rows } = await asSuperuser(at, port, (client) => client.query<{ folder: string }>(whichData))
    return path.resolve(rows[0]?.folder ?? '') === path.resolve(at.data)
  } catch {
    return false
  }
}

const whichData = `SELECT current_setting('data_directory') AS folder`

/** One connection as PostgreSQL's superuser, for what only it may do. */
export const asSuperuser = async <T>(
  at: Pick<DataFolder, 'secrets'>,
  port: number,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> => {
  const client = new pg.Client({
    host: '127.0.0.1',
    port,
    user: 'postgres',
    password: at.secrets.superuser,
    database: 'postgres',
    connectionTimeoutMillis: 5000,
  })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await work(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}

/** End PostgreSQL: at once for its clients, in order for its data; after 30 s by force, which its log survives. */
export const stopPostmaster = async ({ pid, ended }: Pick<Postmaster, 'pid' | 'ended'>): Promise<void> => {
  signal(pid, 'SIGINT')
  const force = setTimeout(() => signal(pid, 'SIGQUIT'), 30_000)
  // The process does not keep us here (it may outlive us), and neither does the timer once it has fired.
  const stay = setInterval(() => undefined, 1000)
  await ended
  clearTimeout(force)
  clearInterval(stay)
}

const signal = (pid: number, name: NodeJS.Signals): void => {
  try {
    process.kill(pid, name)
  } catch {
    // It is gone already.
  }
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** A process that is not our child tells nobody of its end; it is looked for twice a second. */
const untilGone = async (pid: number): Promise<void> => {
  while (isAlive(pid)) await delay(500, undefined, { ref: false })
}

const sizeOf = (file: string): Promise<number> =>
  stat(file).then(
    ({ size }) => size,
    () => 0,
  )

const lastLines = async (file: string): Promise<string> =>
  (await readFile(file, 'utf8').catch(() => '')).trimEnd().split('\n').slice(-5).join(' | ')
