import type { LiveMessage, Model, Unsubscribe } from '@novabrain/contracts'
import type { Live } from '../session.js'

/** The tree shows those that changed last; the page has all. */
export const modelsInTree = 20
/** Changes that come together are read once. */
const readPauseMs = 500

/** The registered models that changed last. They are read while somebody looks, and again when one changed. */
export interface ModelsFeed {
  items(): readonly Model[]
  /** Whose models are looked at; `null` while nobody looks. */
  follow(live: Live | null): void
  dispose(): void
}

/** A feed that tells when there is something new to draw. What was known stays while the server is away. */
export const createModelsFeed = (tell: () => void): ModelsFeed => {
  let known: { readonly of: Live; readonly items: readonly Model[] } | null = null
  let followed: Live | null = null
  let end: Unsubscribe = () => undefined
  let timer: ReturnType<typeof setTimeout> | undefined

  const read = async (live: Live) => {
    const query = { limit: modelsInTree }
    const found = await live.client.listModels({ params: { projectId: live.projectId }, query }).catch(() => null)
    if (found === null || followed !== live) return
    known = { of: live, items: found.items }
    tell()
  }
  const hear = (live: Live) => (message: LiveMessage) => {
    const moved = message.type === 'event' && message.record.event.type === 'model_changed'
    if (!moved && message.type !== 'reset') return
    timer ??= setTimeout(() => {
      timer = undefined
      if (followed === live) void read(live)
    }, readPauseMs)
  }
  const follow = (live: Live | null) => {
    if (live === followed) return
    end()
    followed = live
    end = live === null ? () => undefined : live.stream.subscribe([], hear(live))
    if (live === null) return
    if (known?.of !== live) known = null
    void read(live)
  }
  return {
    items: () => known?.items ?? [],
    follow,
    dispose() {
      clearTimeout(timer)
      follow(null)
    },
  }
}
