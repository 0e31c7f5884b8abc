import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'

/** The folder of the repository. */
export const root = path.resolve(import.meta.dirname, '../..')

/** The data folder: `NOVABRAIN_HOME`, or `.novabrain` in the repository. */
export const home = path.resolve(process.env['NOVABRAIN_HOME'] ?? path.join(root, '.novabrain'))

export const bin = (venv, name) =>
  process.platform === 'win32' ? path.join(venv, 'Scripts', `${name}.exe`) : path.join(venv, 'bin', name)

/** One digest over the contents of files. */
export const digestOf = (...files) => {
  const hash = createHash('sha256')
  for (const file of files) hash.update(readFileSync(file))
  return hash.digest('hex')
}
