import { NovaBrainError } from '@novabrain/contracts'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { textOption, UsageError, type Context } from '../command.js'
import { createMlflowApi, MlflowRefusal, mlflowHeaders, type MlflowApi } from './api.js'
import { mlflowPython, mlflowVersion } from './mlflow-python.js'
import { startMlflow } from './mlflow-server.js'
import { readPlace, shownPlace, type Place } from './place.js'

/** The options by which a store of MLflow is opened. */
export const storeOptions = {
  python: { type: 'string' },
  'mlflow-version': { type: 'string' },
  artifacts: { type: 'string' },
} as const

/** A store of MLflow's, open for the while. */
export interface OpenStore {
  readonly place: Place
  readonly api: MlflowApi
  close(): Promise<void>
}

/** The store that a command line names: `mlflow ADDRESS`, or `mlflow` and the address in `MLFLOW_TRACKING_URI`. */
export const placeOf = ({ positionals, environment, texts }: Context, usage: string): Place => {
  const [what, address] = positionals
  if (what === undefined) throw new UsageError(texts.usage(usage))
  if (what !== 'mlflow') throw new UsageError(texts.history.onlyMlflow(what))
  const text = address ?? environment['MLFLOW_TRACKING_URI'] ?? ''
  const place = readPlace(text, { secretAllowed: address === undefined })
  if (place === 'empty') throw new UsageError(`${texts.history.noPlace}\n${texts.usage(usage)}`)
  if (place === 'password') throw new UsageError(texts.history.password)
  if (place === 'scheme') throw new UsageError(texts.history.scheme(text))
  return place
}

/**
 * A folder is what the version of MLflow that wrote it made of it: files, or a database with its artifacts beside it, which
 * `mlflow ui` opens in that folder by itself. A new one gets the latter, since newer versions write no files.
 */
const asStore = (place: Place, mayCreate: boolean): Place => {
  if (place.kind !== 'folder') return place
  const file = path.join(place.folder, 'mlflow.db')
  const isNew = mayCreate && (!existsSync(place.folder) || readdirSync(place.folder).length === 0)
  if (!existsSync(file) && !isNew) return place
  mkdirSync(place.folder, { recursive: true })
  return { kind: 'database', url: `sqlite:///${file}`, driver: 'sqlite' }
}

/** Reach a server, or start one on a folder or database. */
export const openStore = async (
  context: Context,
  named: Place,
  { signal, mayCreate, say }: { signal: AbortSignal; mayCreate: boolean; say: (text: string) => void },
): Promise<OpenStore> => {
  const { environment, options, texts } = context
  const place = asStore(named, mayCreate)
  if (place.kind === 'server') {
    const { url, headers } = withCredentials(place.url, mlflowHeaders(environment))
    const api = createMlflowApi({ url, headers, signal })
    await checkMlflow(api)
    return { place: { kind: 'server', url }, api, close: () => Promise.resolve() }
  }
  const version = textOption(options, 'mlflow-version') ?? mlflowVersion
  const driver = place.kind === 'database' ? place.driver : 'sqlite'
  const python =
    textOption(options, 'python') ??
    (await mlflowPython(context, { version, driver, say: () => say(texts.history.installing(version)) }))
  say(texts.history.starting(shownPlace(place)))
  const local = await startMlflow({
    place,
    python,
    version,
    artifacts: textOption(options, 'artifacts'),
    mayCreate,
    environment,
  })
  return { place, api: createMlflowApi({ url: local.url, headers: {}, signal }), close: local.stop }
}

/** Whether it is MLflow that answers, before anything is begun. */
const checkMlflow = async (api: MlflowApi): Promise<void> => {
  await api.post('/api/2.0/mlflow/experiments/search', { max_results: 1 }).catch((error: unknown) => {
    if (!(error instanceof MlflowRefusal) || error.status !== 404) throw error
    throw new NovaBrainError('mlflow_not_mlflow', { address: api.url, detail: error.detail }, { cause: error })
  })
}

/** `fetch` takes no address with a password in it. */
const withCredentials = (address: string, headers: Record<string, string>) => {
  const url = new URL(address)
  const { username, password } = url
  url.username = ''
  url.password = ''
  const plain = url.toString().replace(/\/+$/, '')
  if (username === '') return { url: plain, headers }
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`
  return { url: plain, headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } }
}
