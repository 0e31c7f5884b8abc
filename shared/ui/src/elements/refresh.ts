import type { EventRecord, Unsubscribe } from '@novabrain/contracts'
import type { Host } from '../host.js'

/** At most this often is something read again because of events. */
const pauseMs = 500

/**
 * Read something once it is seen, and again whenever an event or hint says that it moved: soon, but at most twice a second, and for a
 * hidden element only once it is seen again.
 */
export const refreshOn = (
  element: HTMLElement,
  host: Host,
  topics: readonly string[],
  concerns: (event: EventRecord['event']) => boolean,
  read: () => Promise<void>,
): readonly Unsubscribe[] => {
  let timer: ReturnType<typeof setTimeout> | undefined
  let stale = true
  const visible = () => document.visibilityState === 'visible' && element.checkVisibility()
  const readIfSeen = () => {
    if (!stale || !visible()) return
    stale = false
    void read()
  }
  const soon = () => {
    stale = true
    timer ??= setTimeout(() => {
      timer = undefined
      readIfSeen()
    }, pauseMs)
  }
  const seen = new IntersectionObserver(() => readIfSeen())
  seen.observe(element)
  document.addEventListener('visibilitychange', readIfSeen)
  readIfSeen()
  return [
    host.events.subscribe(topics, (message) => {
      if (message.type !== 'event' || concerns(message.record.event)) soon()
    }),
    () => clearTimeout(timer),
    () => seen.disconnect(),
    () => document.removeEventListener('visibilitychange', readIfSeen),
  ]
}
