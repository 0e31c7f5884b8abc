import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'

/** The user of the operating system that PostgreSQL runs as; PostgreSQL refuses to run as root. */
export interface OperatingUser {
  readonly uid: number
  readonly gid: number
}

/**
 * Another user to run as, or `null` to run as ourselves. Only root needs another: `postgres` if there is one, else
 * `nobody`; no user is made. Errors: when root finds neither, in plain words.
 */
export const chooseOperatingUser = async (): Promise<OperatingUser | null> => {
  if (process.getuid?.() !== 0) return null
  const lines = (await readFile('/etc/passwd', 'utf8')).split('\n').map((line) => line.split(':'))
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = lines.find(([user]) => user === name) ?? []
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) }
  }
  throw new Error('PostgreSQL does not run as root, and there is neither a user `postgres` nor `nobody` to run it as.')
}

/** Whether a user may walk into a folder: every folder on the way lets them through. `null`: ourselves, who may. */
export const mayEnter = async (user: OperatingUser | null, folder: string): Promise<boolean> => {
  if (user === null) return true
  for (let each = path.resolve(folder); ; each = path.dirname(each)) {
    const found = await stat(each).catch(() => null)
    if (found !== null && !letsThrough(user, found)) return false
    if (path.dirname(each) === each) return true
  }
}

const letsThrough = ({ uid, gid }: OperatingUser, folder: { uid: number; gid: number; mode: number }): boolean => {
  if (folder.uid === uid) return (folder.mode & 0o100) !== 0
  if (folder.gid === gid) return (folder.mode & 0o010) !== 0
  return (folder.mode & 0o001) !== 0
}
