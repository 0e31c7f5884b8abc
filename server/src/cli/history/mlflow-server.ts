import { NovaBrainError } from '@novabrain/contracts'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, statSync } from 'node:fs'
import { createServer } from 'node:net'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { artifactFolder, databaseUrl, shownPlace, sqliteFile, type Place } from './place.js'

/** A real MLflow server on somebody's store, for as long as we need it. */
export interface LocalMlflow {
  readonly url: string
  stop(): Promise<void>
}

export interface LocalOptions {
  readonly place: Exclude<Place, { kind: 'server' }>
  readonly python: string
  readonly version: string
  /** Where files with an address `mlflow-artifacts:` are; `undefined`: where MLflow puts them by itself. */
  readonly artifacts: string | undefined
  /** A store that is not there yet may be made: one writes to it. */
  readonly mayCreate: boolean
  readonly environment: Readonly<Record<string, string | undefined>>
}

const startLimitMs = 180_000
const stopLimitMs = 5000

/**
 * Start `mlflow server` on a folder or database, on a free port of this machine alone. A database whose schema is not that
 * of the version is left as it is: MLflow's server would bring it up to date by itself, so we look before it starts. When
 * we die, it goes with us: the guard around it hears its input close. Errors: `mlflow_store_unusable`,
 * `mlflow_store_schema`.
 */
export const startMlflow = async (options: LocalOptions): Promise<LocalMlflow> => {
  checkPlace(options)
  if (options.place.kind === 'database') await checkSchema(options, options.place)
  const port = await freePort()
  const url = `http://127.0.0.1:${String(port)}`
  const child = spawnGuarded(options, port)
  let said = ''
  child.stdout?.on('data', (chunk: Buffer) => (said = (said + chunk.toString('utf8')).slice(-20_000)))
  child.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString('utf8')).slice(-20_000)))
  try {
    await answering(url, child)
  } catch (error) {
    await stop(child)
    throw unusable(options.place, lastWords(said) || String(error))
  }
  return { url, stop: () => stop(child) }
}

const unusable = (place: Place, detail: string) =>
  new NovaBrainError('mlflow_store_unusable', { place: shownPlace(place), detail })

const checkPlace = ({ place, mayCreate }: LocalOptions): void => {
  const where = place.kind === 'folder' ? place.folder : sqliteFile(place)
  if (where === null || (mayCreate && !existsSync(where))) return
  if (!existsSync(where)) throw unusable(place, 'ENOENT')
  const isFolder = statSync(where).isDirectory()
  if (place.kind === 'database' && isFolder) throw unusable(place, 'EISDIR')
  if (place.kind === 'folder' && !isFolder) throw unusable(place, 'ENOTDIR')
  if (place.kind === 'folder' && !mayCreate && !looksLikeMlruns(place.folder))
    throw unusable(place, 'there is no experiment in it')
}

/** MLflow makes a store of any folder that it is given; of somebody's other folder it shall not. */
const looksLikeMlruns = (folder: string): boolean =>
  ['0', '.trash', 'models'].some((name) => existsSync(path.join(folder, name))) ||
  existsSync(path.join(folder, 'meta.yaml')) ||
  readdirSync(folder).some((name) => existsSync(path.join(folder, name, 'meta.yaml')))

/** Which schema a database has, and which this MLflow wants. */
const schemaProgram = `
import json, os, sqlalchemy
from alembic.runtime.migration import MigrationContext
from mlflow.store.db import utils
engine = sqlalchemy.create_engine(os.environ["NOVABRAIN_MLFLOW_STORE"])
with engine.connect() as connection:
    found = MigrationContext.configure(connection).get_current_revision()
    empty = len(sqlalchemy.inspect(connection).get_table_names()) == 0
print(json.dumps({"found": found, "expected": utils._get_latest_schema_revision(), "empty": empty}))
`

const checkSchema = async (options: LocalOptions, place: Extract<Place, { kind: 'database' }>): Promise<void> => {
  const file = sqliteFile(place)
  if (file !== null && !existsSync(file)) return
  const child = spawn(options.python, ['-c', schemaProgram], {
    env: { ...childEnvironment(options), NOVABRAIN_MLFLOW_STORE: databaseUrl(place) },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [printed, said] = ['', '']
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString('utf8')))
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')))
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw unusable(place, withoutSecrets(lastWords(said)))
  const { found, expected, empty } = JSON.parse(printed.trim().split('\n').at(-1) ?? '{}') as Record<string, unknown>
  if (found === expected || (empty === true && options.mayCreate)) return
  if (found === null || found === undefined) throw unusable(place, 'there are no tables of MLflow in it')
  throw new NovaBrainError('mlflow_store_schema', {
    found: String(found),
    expected: String(expected),
    version: options.version,
  })
}

/** Runs its arguments, and ends them when its input closes: the end of whoever started it. */
const guard = `
import os, signal, subprocess, sys, threading
posix = os.name == "posix"
child = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, start_new_session=posix)
def end(*_):
    try:
        os.killpg(child.pid, signal.SIGTERM) if posix else child.terminate()
    except ProcessLookupError:
        pass
def watch():
    sys.stdin.buffer.read()
    end()
signal.signal(signal.SIGTERM, end)
signal.signal(signal.SIGINT, signal.SIG_IGN)
threading.Thread(target=watch, daemon=True).start()
sys.exit(child.wait())
`

const spawnGuarded = (options: LocalOptions, port: number): ChildProcess => {
  const { place, python, artifacts } = options
  const address = ['--host', '127.0.0.1', '--port', String(port), '--workers', '1']
  const root = options.mayCreate ? ['--default-artifact-root', artifactRoot(place)] : []
  const files = [...root, ...(artifacts === undefined ? [] : ['--artifacts-destination', artifacts])]
  return spawn(python, ['-c', guard, python, '-m', 'mlflow', 'server', ...address, ...files], {
    cwd: workFolder(place),
    // Ctrl-C at the terminal is for us: we end it when our work is put away.
    detached: process.platform !== 'win32',
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      ...childEnvironment(options),
      // Not among the arguments, which everybody on this machine may read: a database has a password.
      MLFLOW_BACKEND_STORE_URI: place.kind === 'folder' ? place.folder : databaseUrl(place),
    },
  })
}

/** Files of a store that we write go beside it, at an address that holds without a server. */
const artifactRoot = (place: Place): string => {
  if (place.kind === 'folder') return pathToFileURL(place.folder).href
  return pathToFileURL(path.join(workFolder(place), artifactFolder)).href
}

/** Addresses that are relative are so to where the store is. */
const workFolder = (place: Place): string => {
  if (place.kind === 'folder')
    return existsSync(path.dirname(place.folder)) ? path.dirname(place.folder) : process.cwd()
  const file = sqliteFile(place)
  return file === null ? process.cwd() : path.dirname(file)
}

const childEnvironment = ({ environment }: LocalOptions): Record<string, string | undefined> => ({
  ...Object.fromEntries(Object.entries(environment).filter(([name]) => !/^(MLFLOW|NOVABRAIN|_MLFLOW)_/.test(name))),
  // Credentials of artifact stores come by the usual variables of these stores; the store's own settings are ours to say.
  MLFLOW_ALLOW_FILE_STORE: 'true',
  MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
  MLFLOW_DISABLE_TELEMETRY: 'true',
  // Webhooks are written down, switched off; what their hosts resolve to is seen by who switches them on.
  MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS: 'true',
  MLFLOW_S3_ENDPOINT_URL: environment['MLFLOW_S3_ENDPOINT_URL'],
  PYTHONUNBUFFERED: '1',
  PYTHONUTF8: '1',
  GIT_PYTHON_REFRESH: 'quiet',
})

/** The server has no other sign of being up than that it answers. */
const answering = async (url: string, child: ChildProcess): Promise<void> => {
  const limit = Date.now() + startLimitMs
  while (child.exitCode === null && child.signalCode === null && Date.now() < limit) {
    const up = await fetch(`${url}/health`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (up) return
    await new Promise((resolve) => setTimeout(resolve, 150))
  }
  throw new Error(child.exitCode === null ? `no answer for ${String(startLimitMs / 1000)} s` : 'mlflow server ended')
}

const stop = async (child: ChildProcess): Promise<void> => {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = once(child, 'exit')
  child.stdin?.end()
  const timer = setTimeout(() => child.kill('SIGKILL'), stopLimitMs)
  await ended
  clearTimeout(timer)
}

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no free port')),
      )
    })
  })

/** The last line that is a sentence: what a Python program ends with. */
const lastWords = (said: string): string =>
  withoutSecrets(
    said
      .split('\n')
      .map((line) => line.trim())
      .findLast((line) => /^[\w.]*(Error|Exception)\b/.test(line)) ??
      said.trim().split('\n').at(-1) ??
      '',
  )

const withoutSecrets = (text: string): string => text.replace(/:\/\/[^/@\s]*@/g, '://')
