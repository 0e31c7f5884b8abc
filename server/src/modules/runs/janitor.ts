import type { Background } from '../../background.js'
import { renewAfterMs } from '../../core/tracking/silence.js'
import type { Deps } from '../../deps.js'
import type { RunsService } from './service.js'

/** Ends runs whose program died without a word, from time to time; see `expireSilentRuns`. */
export const createRunJanitor = (
  { clock, config, log }: Pick<Deps, 'clock' | 'config' | 'log'>,
  { runs }: { readonly runs: RunsService },
): Background => {
  let timer: NodeJS.Timeout | null = null
  let sweeping: Promise<void> = Promise.resolve()

  const sweep = async (): Promise<void> => {
    try {
      const count = await runs.expireSilentRuns(clock.nowMs())
      if (count > 0) log.info({ count }, 'silent runs ended as FAILED')
    } catch (error) {
      log.warn({ err: error }, 'silent runs could not be ended; trying again later')
    }
  }

  return {
    name: 'run janitor',
    start() {
      if (config.runLeaseMs > 0) {
        timer = setInterval(() => (sweeping = sweeping.then(sweep)), Math.max(1000, renewAfterMs(config.runLeaseMs)))
        timer.unref()
      }
      return Promise.resolve()
    },
    async stop() {
      if (timer !== null) clearInterval(timer)
      await sweeping
    },
  }
}
