import type { LiveMessage, Unsubscribe } from '@novabrain/contracts'
import type { Live } from '../session.js'

/** Changes that come together are read once. */
const readPauseMs = 500

export interface FeedOptions<T> {
  read(live: Live): Promise<T>
  /** Whether what happened changes what was read. */
  concerns(live: Live, message: LiveMessage): boolean
  /** There is something new to draw. */
  tell(): void
}

/** What is read while somebody looks, and again when it changed; what was known stays while the server is away. */
export interface Feed<T> {
  /** `null` until it was read once. */
  value(): T | null
  /** Whose it is; `null` while nobody looks. */
  follow(live: Live | null): void
  /** Read now. */
  reload(): Promise<void>
  dispose(): void
}

/** A feed that reads nothing until somebody looks. */
export const createFeed = <T>({ read, concerns, tell }: FeedOptions<T>): Feed<T> => {
  let known: { readonly of: Live; readonly value: T } | null = null
  let followed: Live | null = null
  let end: Unsubscribe = () => undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  const reload = async (): Promise<void> => {
    const live = followed
    if (live === null) return
    const value = await read(live).catch(() => null)
    if (value === null || followed !== live) return
    known = { of: live, value }
    tell()
  }
  const hear = (live: Live) => (message: LiveMessage) => {
    if (message.type !== 'reset' && !concerns(live, message)) return
    timer ??= setTimeout(() => {
      timer = undefined
      if (followed === live) void reload()
    }, readPauseMs)
  }
  const follow = (live: Live | null) => {
    if (live === followed) return
    end()
    followed = live
    end = live === null ? () => undefined : live.stream.subscribe([], hear(live))
    if (live === null) return
    if (known?.of !== live) known = null
    void reload()
  }
  return {
    value: () => known?.value ?? null,
    follow,
    reload,
    dispose() {
      clearTimeout(timer)
      follow(null)
    },
  }
}
