import { chmod, mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AttemptResult } from '@novabrain/contracts'
import type { ProcessMark } from './processes.js'

/** What a runner says of itself in `runner.json`. */
export interface RunnerReport extends ProcessMark {
  readonly result: AttemptResult | null
}

/** The scratch folders of attempts, one each, under one root. */
export const createWorkFolders = (root: string) => {
  const folderOf = (attemptId: string) => join(root, attemptId)
  const markPath = (attemptId: string) => join(folderOf(attemptId), 'process.json')
  return {
    folderOf,

    /** Make the folder and put the token in it, readable by this user only. Answers the path of the token. */
    async prepare(attemptId: string, token: string): Promise<string> {
      await mkdir(folderOf(attemptId), { recursive: true, mode: 0o700 })
      const path = join(folderOf(attemptId), 'token')
      await writeFile(path, token, { mode: 0o600 })
      await chmod(path, 0o600)
      return path
    },

    /** Whether there is a folder. It is made before the runner is started, so without one nothing was. */
    exists: (attemptId: string): Promise<boolean> =>
      stat(folderOf(attemptId)).then(
        () => true,
        () => false,
      ),

    /** Remember which process was started. */
    async mark(attemptId: string, mark: ProcessMark): Promise<void> {
      const draft = `${markPath(attemptId)}.new`
      await writeFile(draft, JSON.stringify(mark))
      await rename(draft, markPath(attemptId))
    },

    /** The process that was started, as the executor remembers it. */
    marked: (attemptId: string): Promise<ProcessMark | null> => readJson<ProcessMark>(markPath(attemptId)),

    /** Note that the runner is asked to stop. Answers whether it was not yet: asked twice, it would end without its grace. */
    noteStop: (attemptId: string): Promise<boolean> =>
      writeFile(join(folderOf(attemptId), 'stop-asked'), '', { flag: 'wx' }).then(
        () => true,
        () => false,
      ),

    /** What the runner says of itself. */
    report: (attemptId: string): Promise<RunnerReport | null> =>
      readJson<RunnerReport>(join(folderOf(attemptId), 'runner.json')),

    /** The last lines the runner itself printed, for when it died without a word to the server. */
    async lastWords(attemptId: string): Promise<string | null> {
      const text = await readFile(join(folderOf(attemptId), 'runner.err'), 'utf8').catch(() => '')
      const line = text.trim().split('\n').at(-1) ?? ''
      return line === '' ? null : line.slice(0, 1000)
    },

    async list(): Promise<string[]> {
      const names = await readdir(root).catch(() => [])
      return names.filter((name) => /^[0-9a-f]{32}$/.test(name))
    },

    remove: (attemptId: string): Promise<void> =>
      rm(folderOf(attemptId), { recursive: true, force: true, maxRetries: 3 }),
  }
}

/** A file that is not there, or was cut off by a crash, says nothing. */
const readJson = async <T>(path: string): Promise<T | null> => {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as T
  } catch {
    return null
  }
}
