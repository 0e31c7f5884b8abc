import { NovaBrainError } from '@novabrain/contracts'
import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import type { Context } from '../command.js'
import { findPython, findUv } from '../tools.js'
import type { Driver } from './place.js'

/** The version of MLflow that reads folders and databases unless another is named. */
export const mlflowVersion = '3.17.2'

/** Older versions of MLflow, 3.8 among them, say that they take any SQLAlchemy 2, and do not start with 2.1. */
const sqlalchemy = 'sqlalchemy==2.0.58'

/** What Python needs besides `mlflow` to open a database; SQLite is in Python. */
const driverPackages: Readonly<Record<Driver, readonly string[]>> = {
  sqlite: [],
  postgresql: ['psycopg2-binary==2.9.13'],
  mysql: ['pymysql==1.2.4'],
}

/**
 * A Python that has MLflow: made once by uv under the tools of the data folder, aside and renamed, so one that was cut
 * short is none. What uv has fetched before needs no network. Errors: `uv_not_found`, `mlflow_not_available`.
 */
export const mlflowPython = async (
  context: Context,
  { version, driver, say }: { version: string; driver: Driver; say: () => void },
): Promise<string> => {
  const packages = [`mlflow==${version}`, sqlalchemy, ...driverPackages[driver]]
  const name = driver === 'sqlite' ? `mlflow-${version}` : `mlflow-${version}-${driver}`
  const folder = path.join(context.home, 'tools', name)
  if (existsSync(pythonOf(folder))) return pythonOf(folder)
  say()
  const making = `${folder}.${String(process.pid)}.making`
  try {
    await make(context, making, packages)
    await rename(making, folder).catch((error: unknown) => {
      if (!existsSync(pythonOf(folder))) throw error
    })
  } catch (error) {
    if (error instanceof NovaBrainError) throw error
    throw new NovaBrainError('mlflow_not_available', { version, detail: detailOf(error) }, { cause: error })
  } finally {
    await rm(making, { recursive: true, force: true })
  }
  return pythonOf(folder)
}

const make = async (context: Context, folder: string, packages: readonly string[]): Promise<void> => {
  const uv = await findUv(context)
  if (uv === null) throw new NovaBrainError('uv_not_found')
  const python = await findPython(context)
  await mkdir(path.dirname(folder), { recursive: true, mode: 0o700 })
  const env = { UV_CACHE_DIR: path.join(context.home, 'cache', 'uv'), ...context.environment, NO_COLOR: '1' }
  const call = (args: readonly string[]) => promisify(execFile)(uv.command, [...args], { env, maxBuffer: 64 << 20 })
  await call(['venv', '--quiet', ...(python === null ? [] : ['--python', python.command]), folder])
  await call(['pip', 'install', '--quiet', '--python', pythonOf(folder), ...packages])
}

const pythonOf = (folder: string): string =>
  path.join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')

/** The end of what uv said, where it says what is wrong. */
const detailOf = (error: unknown): string => {
  const said = typeof error === 'object' && error !== null && 'stderr' in error ? String(error.stderr) : ''
  const text = said.trim() || (error instanceof Error ? error.message : String(error))
  return text.split('\n').slice(-3).join(' ').trim()
}
