import type { Background } from '../../background.js'
import type { Deps } from '../../deps.js'
import type { RetentionService } from './service.js'

/** How often the whole store is looked through. */
const straysEveryMs = 86_400_000

/** Collects by itself, every `gcIntervalMs`; the first time after one interval, so that a start is not slowed down. */
export const createRetentionWork = (
  { clock, config, log }: Pick<Deps, 'clock' | 'config' | 'log'>,
  { retention }: { readonly retention: RetentionService },
): Background => {
  const stopping = new AbortController()
  let timer: NodeJS.Timeout | null = null
  let working: Promise<void> = Promise.resolve()
  let strayedAtMs = clock.nowMs()

  const round = async (): Promise<void> => {
    if (stopping.signal.aborted) return
    const strays = clock.nowMs() - strayedAtMs >= straysEveryMs
    try {
      await retention.collect({ strays, signal: stopping.signal })
      if (strays) strayedAtMs = clock.nowMs()
    } catch (error) {
      if (!stopping.signal.aborted)
        log.warn({ err: error }, 'what was deleted could not be cleared up; trying again later')
    }
  }

  return {
    name: 'retention',
    start() {
      if (config.gcIntervalMs > 0) {
        timer = setInterval(() => (working = working.then(round)), config.gcIntervalMs)
        timer.unref()
      }
      return Promise.resolve()
    },
    async stop() {
      if (timer !== null) clearInterval(timer)
      stopping.abort()
      await working
    },
  }
}
