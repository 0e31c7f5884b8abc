import { createClient, UnreachableError, type Fetch, type Locale, type Me } from '@novabrain/contracts'
import { readFile, stat } from 'node:fs/promises'
import path from 'node:path'
import { UsageError, type Session } from './command.js'
import type { Texts } from './texts.js'

interface Options {
  readonly home: string
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly projectName: string | undefined
  readonly locale: Locale
  readonly texts: Texts
}

/**
 * Connect to a server: the address from `NOVABRAIN_URL` or the data folder, the key from `NOVABRAIN_TOKEN` or the data
 * folder. The key of the data folder is only ever sent to the server of the data folder, and a file that others may read
 * is not used: one that came with a cloned folder shall not choose where code and keys are sent.
 */
export const openSession = async (options: Options): Promise<Session> => {
  const { environment, home, texts } = options
  const ownUrl = await readField(home, 'credentials.json', 'url')
  const url = given(environment['NOVABRAIN_URL']) ?? ownUrl
  if (url === undefined) throw new UsageError(texts.noServer)
  const ownToken = url === ownUrl ? await readField(home, 'credentials.json', 'token') : undefined
  const token = given(environment['NOVABRAIN_TOKEN']) ?? ownToken
  if (token === undefined) throw new UsageError(texts.noToken)
  const client = createClient({
    baseUrl: url.replace(/\/$/, ''),
    fetch: fetch as unknown as Fetch,
    headers: () => ({ authorization: `Bearer ${token}`, 'accept-language': options.locale }),
  })
  let known: Promise<Me> | null = null
  const me = () => (known ??= client.getMe())
  return { url, token, client, me, projectId: async () => projectOf(await me(), options) }
}

const given = (text: string | undefined): string | undefined => (text === '' ? undefined : text)

const projectOf = (me: Me, { projectName, environment, texts }: Options): string => {
  const name = projectName ?? given(environment['NOVABRAIN_PROJECT'])
  const found = me.projects.find((entry) => name === undefined || entry.project.name === name)
  if (found === undefined) throw new UsageError(texts.noProject(name ?? ''))
  return found.project.id
}

const readField = async (home: string, file: string, field: string): Promise<string | undefined> => {
  try {
    if (!(await isPrivate(path.join(home, file)))) return undefined
    const value = JSON.parse(await readFile(path.join(home, file), 'utf8')) as Record<string, unknown>
    return typeof value[field] === 'string' ? value[field] : undefined
  } catch {
    return undefined
  }
}

/** Windows has no such modes; there the folder of the user is private. */
const isPrivate = async (file: string): Promise<boolean> =>
  process.platform === 'win32' || ((await stat(file)).mode & 0o077) === 0

/** Whether an error means that nobody answered. */
export const isUnreachable = (error: unknown): boolean => error instanceof UnreachableError
