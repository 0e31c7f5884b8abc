import type { Dirent } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { NovaBrainError } from '@novabrain/contracts'
import type { ServerLink } from './link.js'

/** The client holds a file in memory while it sends it. */
const mostBytes = 1024 * 1024 * 1024

/** Where a task leaves files to be kept, and how they looked before it ran. */
export interface OutputsFolder {
  readonly path: string
  /** Size and change time by path, of files that came with the snapshot. */
  readonly before: ReadonlyMap<string, string>
}

/** Note what is in an outputs folder before the task runs. */
export const openOutputsFolder = async (path: string): Promise<OutputsFolder> => {
  const files = await filesIn(path)
  return { path, before: new Map(await Promise.all(files.map(async (file) => [file, await look(file)] as const))) }
}

/** Keep what the task wrote or changed, as artifacts `outputs/…`. What cannot be kept is told, and the rest still is. */
export const keepOutputs = async (
  folder: OutputsFolder,
  link: ServerLink,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<void> => {
  for (const file of await filesIn(folder.path)) {
    if (folder.before.get(file) === (await look(file))) continue
    const name = `outputs/${relative(folder.path, file).split(sep).join('/')}`
    await keepFile(link, name, file, tell, signal)
  }
}

/** Keep one file under this name; says why when it is refused. */
export const keepFile = async (
  link: ServerLink,
  name: string,
  file: string,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<void> => {
  const { size } = await stat(file)
  if (size > mostBytes) return tell(`${name} is left out: ${size} bytes are more than a job's output may have`)
  try {
    await link.putOutput(name, await readFile(file), signal)
  } catch (error) {
    if (!(error instanceof NovaBrainError)) throw error
    tell(`${name} is left out: ${error.message}`)
  }
}

/** Plain files only: a link could lead anywhere on the node. */
const filesIn = async (folder: string): Promise<readonly string[]> => {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true }).catch((): Dirent[] => [])
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
}

const look = async (file: string): Promise<string> => {
  const { size, mtimeMs } = await stat(file)
  return `${size} ${mtimeMs}`
}
