import { fail } from '@novabrain/contracts'
import { stillLasts } from '../../core/time/still-lasts.js'
import { systemScope, type Deps } from '../../deps.js'
import type { MemberIdentity } from '../../http/identity.js'
import { csrfTokenOf, parseToken, secretMatches } from '../../http/secrets.js'
import { findApiKey, findSession, findStanding, touchApiKey } from './repository.js'

/** How long an identity is believed without asking the database. Changes made by this process are honoured at once. */
const believedMs = 5000
/** After this long the database is asked beside the request, not before it. */
const freshMs = 2500
/** How often a use of a key is noted. */
const touchIntervalMs = 60_000

interface Known {
  readonly identity: MemberIdentity
  readonly secretHash: Buffer
  /** When the key or session ends, milliseconds since 1970; infinity if never. */
  readonly endsMs: number
  readonly endsAt: string | null
  readonly loadedAtMs: number
}

export type IdentityService = ReturnType<typeof createIdentityService>

/** Who holds a key or a session. */
export const createIdentityService = ({ database, clock, log }: Deps) => {
  const known = new Map<string, Known>()
  const touchedMs = new Map<string, number>()
  const asked = new Map<string, Promise<Known | null>>()
  const listeners = new Set<() => void>()

  /** Many requests of one caller at once ask the database once. */
  const lookUp = (id: string, load: () => Promise<Omit<Known, 'loadedAtMs'> | null>): Promise<Known | null> => {
    const found = known.get(id)
    if (found === undefined || !stillLasts(found.loadedAtMs, believedMs, clock.nowMs())) return ask(id, load)
    // Who keeps asking never waits: the next answer is fetched while this one is believed.
    if (!stillLasts(found.loadedAtMs, freshMs, clock.nowMs())) ask(id, load).catch(() => undefined)
    return Promise.resolve(found)
  }

  const ask = (id: string, load: () => Promise<Omit<Known, 'loadedAtMs'> | null>): Promise<Known | null> => {
    const underWay = asked.get(id)
    if (underWay !== undefined) return underWay
    const answer: Promise<Known | null> = load()
      .then((loaded): Known | null => believe(id, loaded, answer))
      .finally(() => asked.get(id) === answer && asked.delete(id))
    asked.set(id, answer)
    return answer
  }

  /** An answer from before rights changed is given to those who asked then, and not kept. */
  const believe = (id: string, loaded: Omit<Known, 'loadedAtMs'> | null, answer: Promise<Known | null>) => {
    known.delete(id)
    if (loaded === null) return null
    if (known.size >= 10_000) known.clear()
    const fresh = { ...loaded, loadedAtMs: clock.nowMs() }
    if (asked.get(id) === answer) known.set(id, fresh)
    return fresh
  }

  const loadApiKey = (id: string) =>
    database.transaction(systemScope, async (tx) => {
      const key = await findApiKey(tx, id)
      if (key === null || key.revokedAt !== null) return null
      const standing = await findStanding(tx, key.memberId)
      const identity = { kind: 'member', ...standing, via: 'api_key', sessionId: null, apiKeyId: id } as const
      return { identity, secretHash: key.secretHash, ...ending(key.expiresAt) }
    })

  const loadSession = (id: string) =>
    database.transaction(systemScope, async (tx) => {
      const session = await findSession(tx, id)
      const key = session === null ? null : await findApiKey(tx, session.apiKeyId)
      if (session === null || key === null || key.revokedAt !== null) return null
      const standing = await findStanding(tx, session.memberId)
      const identity = { kind: 'member', ...standing, via: 'session', sessionId: id, apiKeyId: key.id } as const
      return { identity, secretHash: session.secretHash, ...ending(earliest(session.expiresAt, key.expiresAt)) }
    })

  const touch = (apiKeyId: string) => {
    const nowMs = clock.nowMs()
    if (nowMs - (touchedMs.get(apiKeyId) ?? -Infinity) < touchIntervalMs) return
    touchedMs.set(apiKeyId, nowMs)
    database
      .transaction(systemScope, (tx) => touchApiKey(tx, apiKeyId, clock.now()))
      .catch((error: unknown) => log.warn({ err: error }, 'the last use of an API key was not noted'))
  }

  return {
    /** The holder of an API key. Errors: `api_key_invalid`, `api_key_expired`. */
    async ofApiKey(token: string): Promise<MemberIdentity> {
      const parsed = parseToken('nb', token)
      if (parsed === null) return fail('api_key_invalid')
      const entry = await lookUp(parsed.id, () => loadApiKey(parsed.id))
      if (entry === null || !secretMatches(parsed.secret, entry.secretHash)) return fail('api_key_invalid')
      if (entry.endsMs <= clock.nowMs()) return fail('api_key_expired', { expiresAt: entry.endsAt })
      touch(parsed.id)
      return entry.identity
    },

    /** The holder of a session cookie and the CSRF token that goes with it; `null` if the session is over. */
    async ofSession(token: string): Promise<{ identity: MemberIdentity; csrfToken: string } | null> {
      const parsed = parseToken('nbs', token)
      if (parsed === null) return null
      const entry = await lookUp(parsed.id, () => loadSession(parsed.id))
      if (entry === null || !secretMatches(parsed.secret, entry.secretHash)) return null
      if (entry.endsMs <= clock.nowMs()) return null
      return { identity: entry.identity, csrfToken: csrfTokenOf(parsed.secret) }
    },

    /** Ask the database anew about everybody: rights have changed. */
    forget(): void {
      known.clear()
      asked.clear()
      for (const listener of listeners) listener()
    },

    /** Hear that rights have changed, to ask again about whoever is connected; the answer ends it. */
    onForget(listener: () => void): () => void {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

const ending = (endsAt: string | null) => ({ endsAt, endsMs: endsAt === null ? Infinity : Date.parse(endsAt) })

const earliest = (a: string, b: string | null): string => (b === null || a < b ? a : b)
