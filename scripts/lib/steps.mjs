import { t } from './texts.mjs'

/** What a step says when something is missing that the rest can do without: shown as a warning, not as a failure. */
export class Unavailable extends Error {}

const secondsSince = (sinceMs) => `${((Date.now() - sinceMs) / 1000).toFixed(1)} s`

/**
 * Named steps with their time; some may go on beside each other. `step(name, work)` prints the name, then the result; on a
 * terminal one line counts the seconds of what goes on. `work` may return a short remark. An `Unavailable` error is printed
 * and gives `null`; `step.leftOut` keeps what was said of it, by name.
 */
export const createSteps = (total, out = process.stdout) => {
  const active = new Set()
  const leftOut = new Map()
  let number = 0
  let ticker = null

  const draw = () => {
    const line = [...active].map(({ head, startMs }) => `${head} … ${secondsSince(startMs)}`).join('   ')
    out.write(`\r\u001b[K${line.slice(0, (out.columns ?? 80) - 1)}`)
  }
  const begin = (entry) => {
    active.add(entry)
    if (!out.isTTY) return out.write(`${entry.head} …\n`)
    ticker ??= setInterval(draw, 200)
  }
  const end = (entry, remark) => {
    active.delete(entry)
    out.write(`${out.isTTY ? '\r\u001b[K' : ''}${entry.head}: ${remark} (${secondsSince(entry.startMs)})\n`)
    if (active.size > 0 || ticker === null) return
    clearInterval(ticker)
    ticker = null
  }

  const step = async (name, work) => {
    number += 1
    const entry = { head: `[${number}/${total}] ${name}`, startMs: Date.now() }
    begin(entry)
    try {
      const result = await work()
      end(entry, typeof result === 'string' ? result : (result?.remark ?? t('steps.done')))
      return result
    } catch (error) {
      end(entry, error instanceof Unavailable ? t('steps.leftOut', { reason: error.message }) : t('steps.failed'))
      if (!(error instanceof Unavailable)) throw error
      leftOut.set(name, error.message)
      return null
    }
  }
  return Object.assign(step, { leftOut })
}
