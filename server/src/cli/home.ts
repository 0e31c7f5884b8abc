import { statSync } from 'node:fs'
import path from 'node:path'

/**
 * The data folder: `NOVABRAIN_HOME`, the nearest `.novabrain` upwards, or `.novabrain` here. One of another user counts only
 * when it is named: its configuration says which programs are started, and anybody may leave a folder in `/tmp`.
 */
export const findHome = (environment: Readonly<Record<string, string | undefined>>, from: string): string => {
  const named = environment['NOVABRAIN_HOME']
  if (named !== undefined && named !== '') return path.resolve(from, named)
  for (let folder = from; ; folder = path.dirname(folder)) {
    const candidate = path.join(folder, '.novabrain')
    if (isOurs(candidate)) return candidate
    if (path.dirname(folder) === folder) return path.join(from, '.novabrain')
  }
}

const isOurs = (folder: string): boolean => {
  const owner = statSync(folder, { throwIfNoEntry: false })?.uid
  return owner !== undefined && (process.getuid === undefined || owner === process.getuid())
}
