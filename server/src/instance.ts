import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'

/** What a running server tells about itself in `server.json` of its data folder. */
export interface Instance {
  readonly pid: number
  /** `null` while it is starting. */
  readonly url: string | null
  readonly startedAt: string
}

/** Another server works on this data folder; the message says which, for people. */
export class AlreadyRunningError extends Error {
  override readonly name = 'AlreadyRunningError'
  constructor(
    readonly home: string,
    readonly instance: Instance,
  ) {
    const where = instance.url === null ? 'and is just starting' : `at ${instance.url}`
    super(`A NovaBrain server already runs on ${home}: process ${String(instance.pid)} ${where}.`)
  }
}

const fileOf = (home: string): string => path.join(home, 'server.json')

/** What `server.json` says, whether or not that server still lives; `null` if there is none. */
export const readInstance = async (home: string): Promise<Instance | null> => {
  try {
    const value = JSON.parse(await readFile(fileOf(home), 'utf8')) as Partial<Instance>
    return typeof value.pid === 'number'
      ? { pid: value.pid, url: value.url ?? null, startedAt: value.startedAt ?? '' }
      : null
  } catch {
    return null
  }
}

/** The place of a server in its data folder. */
export interface Claim {
  /** Tell where the server answers. */
  publish(url: string): Promise<void>
  release(): Promise<void>
}

/**
 * Take a data folder for this process. Root's folder lets others through, since PostgreSQL runs as another user; what is
 * secret in it has modes of its own. Errors: `AlreadyRunningError`.
 */
export const claimHome = async (home: string, startedAt: string): Promise<Claim> => {
  await mkdir(home, { recursive: true, mode: process.getuid?.() === 0 ? 0o711 : 0o700 })
  const mine: Instance = { pid: process.pid, url: null, startedAt }
  for (;;) {
    if (await writeNew(fileOf(home), mine)) break
    const other = await readInstance(home)
    if (other !== null && other.pid !== process.pid && (await lives(other))) throw new AlreadyRunningError(home, other)
    await rm(fileOf(home), { force: true })
  }
  return {
    async publish(url) {
      const draft = `${fileOf(home)}.new`
      await writeFile(draft, `${JSON.stringify({ ...mine, url }, null, 2)}\n`, { mode: 0o600 })
      await rename(draft, fileOf(home))
    },
    async release() {
      if ((await readInstance(home))?.pid === process.pid) await rm(fileOf(home), { force: true })
    },
  }
}

const writeNew = async (file: string, instance: Instance): Promise<boolean> => {
  try {
    await writeFile(file, `${JSON.stringify(instance, null, 2)}\n`, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

/**
 * Whether the server of a file lives. Process numbers are used again, so being alive is not enough: it must answer, or, if
 * it is busy or still starting, be a Node program as far as one can tell.
 */
const lives = async ({ pid, url }: Instance): Promise<boolean> => {
  if (!isAlive(pid)) return false
  if (url !== null && (await answers(url))) return true
  const command = await readFile(`/proc/${String(pid)}/cmdline`, 'utf8').catch(() => 'node')
  return /node|novabrain/i.test(command)
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

const answers = (url: string): Promise<boolean> =>
  fetch(`${url}/health/live`, { signal: AbortSignal.timeout(2000) }).then(
    (response) => response.ok,
    () => false,
  )
