import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from 'pino'

/** Work that goes round: woken, or by itself after a while, never twice at the same time. */
export interface Rounds {
  start(): void
  /** Begin no new round, and resolve when the one in hand is over. */
  stop(): Promise<void>
  /** There is something to do. Wakes during a round make one more round after it. */
  wake(): void
  /** Wake, and resolve when a round that began after this call is over. */
  settle(): Promise<void>
  /** When the last round ended well, by the clock given; `null` if none has. */
  lastGoodMs(): number | null
}

/** Make rounds of `work`. A round that fails is logged, and the next comes as if nothing had happened. */
export const createRounds = ({
  work,
  everyMs,
  log,
  name,
  pauseMs = 0,
  monotonicMs = () => performance.now(),
}: {
  readonly work: () => Promise<void>
  /** How long to rest after a round when nobody wakes. */
  readonly everyMs: () => number
  readonly log: Logger
  readonly name: string
  /** Between two rounds at least: many wakes become one round, and others get their turn. */
  readonly pauseMs?: number
  readonly monotonicMs?: () => number
}): Rounds => {
  let running: Promise<void> | null = null
  let wanted = false
  let stopped = true
  let timer: NodeJS.Timeout | undefined
  let endedMs = Number.NEGATIVE_INFINITY
  let goodMs: number | null = null

  const once = async (): Promise<void> => {
    try {
      await work()
      goodMs = monotonicMs()
    } catch (error) {
      log.error({ err: error, name }, 'a round failed and will be tried again')
    }
  }

  const go = async (): Promise<void> => {
    do {
      // Who wakes after a rest is served at once.
      const pauseLeftMs = endedMs + pauseMs - performance.now()
      if (pauseLeftMs > 0) await delay(pauseLeftMs)
      wanted = false
      await once()
      endedMs = performance.now()
    } while (wanted && !stopped)
  }

  const wake = (): void => {
    wanted = true
    if (stopped || running !== null) return
    clearTimeout(timer)
    running = go().finally(() => {
      running = null
      if (stopped) return
      if (wanted) return wake()
      timer = setTimeout(wake, everyMs())
    })
  }

  return {
    start() {
      stopped = false
      wake()
    },
    async stop() {
      stopped = true
      clearTimeout(timer)
      await running
    },
    wake,
    async settle() {
      if (running !== null) await running
      wake()
      await running
    },
    lastGoodMs: () => goodMs,
  }
}
