import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { uvEvidence } from './environment-evidence.js'
import { replaceFile } from './files.js'
import { withBuildLock } from './build-lock.js'
import type { Uv } from './uv.js'

/** An environment to be had: a lock (a requirements file with hashes) and the Python it was made for. */
export interface EnvironmentRequest {
  /** Names its folder; equal digests, equal environments. */
  readonly digest: string
  /** A version such as `3.11.7`, or a range such as `>=3.10`. */
  readonly pythonVersion: string
  readonly lock: string
}

/** The environment could not be made; the message is the evidence. */
export class EnvironmentFailedError extends Error {
  override readonly name = 'EnvironmentFailedError'
}

const marker = '.novabrain-ready'

/** The digest that names an environment which has no pin of its own, such as that of the notebook tools. */
export const digestOf = (lock: string): string => createHash('sha256').update(lock).digest('hex')

/** The interpreter of an environment. */
export const pythonOf = (environmentDir: string): string => join(environmentDir, 'bin', 'python')

/**
 * The folder of the environment, made if the cache has none. It is made aside and renamed into place when it is whole, so
 * whoever sees the folder may use it; of several runners that want the same one, one makes it and the others wait. uv is
 * looked for only when there is something to make.
 */
export const materialise = async (
  request: EnvironmentRequest,
  cacheDir: string,
  findUv: () => Promise<Uv>,
  tell: (line: string) => void,
): Promise<string> => {
  const folder = join(cacheDir, 'envs', request.digest)
  if (await isReady(folder)) return folder
  await mkdir(join(cacheDir, 'envs'), { recursive: true })
  const waiting = () => tell('waiting for another job that prepares the same environment')
  await withBuildLock(`${folder}.lock`, waiting, async () => {
    if (!(await isReady(folder))) await build(request, folder, await findUv(), tell)
  })
  return folder
}

/**
 * The marker is written last and says what was installed then: a job that installed something into its environment has
 * spoiled it for the next, which gets a new one. A base interpreter that was removed since makes it useless too.
 */
const isReady = async (folder: string): Promise<boolean> => {
  const path = join(folder, marker)
  const [said, installed] = await Promise.all([readMarker(path), installedIn(folder).catch(() => null)])
  if (said === null || installed === null || !existsSync(pythonOf(folder))) return false
  if (said.join() !== installed.join()) return false
  const now = new Date()
  await utimes(path, now, now).catch(() => undefined)
  return true
}

/** What was installed when the environment was made; `null` when the marker is not there, cut off or of another version. */
const readMarker = async (path: string): Promise<readonly string[] | null> => {
  try {
    const { distributions } = JSON.parse(await readFile(path, 'utf8')) as { distributions?: unknown }
    return Array.isArray(distributions) ? distributions.map(String) : null
  } catch {
    return null
  }
}

/** The names and versions of what is installed, as the names of its metadata folders say. */
const installedIn = async (folder: string): Promise<readonly string[]> => {
  const names = await readdir(await sitePackagesOf(folder))
  return names.filter((name) => name.endsWith('.dist-info')).sort()
}

const sitePackagesOf = async (folder: string): Promise<string> => {
  const [version = ''] = (await readdir(join(folder, 'lib'))).filter((name) => name.startsWith('python'))
  return join(folder, 'lib', version, 'site-packages')
}

/** Whether an environment has a package that can be imported by this name; its Python need not be started for it. */
export const hasPackage = async (folder: string, name: string): Promise<boolean> =>
  existsSync(join(await sitePackagesOf(folder), name))

const build = async (request: EnvironmentRequest, folder: string, uv: Uv, tell: (line: string) => void) => {
  const making = `${folder}.${process.pid}.making`
  try {
    await rm(making, { recursive: true, force: true })
    const python = await findPython(request.pythonVersion, uv, tell)
    await succeed(uv, ['venv', '--relocatable', '--no-project', '--python', python, making], tell)
    await install(request.lock, making, uv, tell)
    await writeFile(
      join(making, marker),
      JSON.stringify({ digest: request.digest, python, distributions: await installedIn(making) }),
    )
    await rm(folder, { recursive: true, force: true })
    await rename(making, folder)
  } finally {
    await rm(making, { recursive: true, force: true })
  }
}

/** First from the cache alone, which needs no network and asks nobody; then, if something was not in it, with the index. */
const install = async (lock: string, folder: string, uv: Uv, tell: (line: string) => void): Promise<void> => {
  const file = join(folder, 'novabrain.lock')
  await replaceFile(file, lock)
  const sync = ['pip', 'sync', '--require-hashes', '--allow-empty-requirements', '--python', pythonOf(folder), file]
  const cached = await uv.run([...sync, '--offline'], (line) => {
    if (progress.test(line)) tell(line)
  })
  if (cached.exitCode === 0) return
  if (!wantsNetwork.test(cached.stderr)) throw new EnvironmentFailedError(uvEvidence(cached.stderr))
  tell('downloading packages')
  await succeed(uv, sync, tell)
}

/** Lines of uv that tell of work; the pin lists the packages already. */
const progress = /^\s*(Downloading|Downloaded|Building|Built|Prepared|Installed) /
const wantsNetwork = /network (was|is) disabled|in the cache|connectivity is disabled|offline/i

const succeed = async (uv: Uv, args: readonly string[], tell: (line: string) => void): Promise<void> => {
  const { exitCode, stderr } = await uv.run(args, (line) => {
    if (progress.test(line)) tell(line)
  })
  if (exitCode !== 0) throw new EnvironmentFailedError(uvEvidence(stderr))
}

/** The interpreter of this version; else one of the same minor version, which is said; else one that uv fetches. */
const findPython = async (version: string, uv: Uv, tell: (line: string) => void): Promise<string> => {
  const exact = await uv.find(version)
  if (exact !== null) return exact
  const minor = /^\d+\.\d+/.exec(version)?.[0] ?? version
  const near = await uv.find(minor)
  if (near !== null) {
    tell(`Python ${version} is pinned and not on this machine; ${near} of the same minor version is used`)
    return near
  }
  tell(`Python ${version} is not on this machine; trying to download it`)
  const { exitCode, stderr } = await uv.run(['python', 'install', '--no-bin', version], tell)
  const fetched = exitCode === 0 ? await uv.find(version) : null
  if (fetched !== null) return fetched
  throw new EnvironmentFailedError(`Python ${version} is pinned and not on this machine: ${uvEvidence(stderr)}`)
}
