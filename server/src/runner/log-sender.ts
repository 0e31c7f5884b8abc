import { setTimeout as delay } from 'node:timers/promises'
import { NovaBrainError } from '@novabrain/contracts'
import type { ServerLink } from './link.js'
import type { LogSpool } from './log-spool.js'

const pieceBytes = 262_144
const gatherMs = 200
/** While the disk of the server is full, try again after this long; when the task is over, only so often. */
const fullMs = 1000
const mostTriesAtEnd = 10

/** Sends the spooled log to the server, from where the server has it. */
export interface LogSender {
  /** Resolves when the server has everything that was in the spool when this was called. */
  flush(): Promise<void>
}

/**
 * Send until `signal` ends it. What arrives within 200 ms goes together; what has piled up goes in pieces of 256 KiB, one
 * after another. A server whose disk is full is asked again as long as the task runs and a while after. A log it refuses
 * for good is given up, so that the result can still be told.
 */
export const startLogSender = (link: ServerLink, spool: LogSpool, signal: AbortSignal): LogSender => {
  const pause = pauseThatCanEnd()
  let acknowledged = 0
  let hurry = false
  let givenUp = false
  let waiters: { target: number; done: () => void }[] = []

  const settle = () => {
    const over = waiters.filter(({ target }) => givenUp || acknowledged >= target)
    waiters = waiters.filter((waiter) => !over.includes(waiter))
    for (const { done } of over) done()
  }
  let triesAtEnd = 0
  const send = async () => {
    const bytes = await spool.read(acknowledged, pieceBytes)
    try {
      acknowledged = await appendAt(link, acknowledged, bytes, signal)
    } catch (error) {
      if (!isDiskFull(error) || (hurry && (triesAtEnd += 1) >= mostTriesAtEnd)) throw error
      await delay(fullMs, undefined, { signal })
    }
  }
  const loop = async () => {
    for (let lastMs = -gatherMs; !signal.aborted; settle()) {
      const waiting = spool.size() - acknowledged
      const restMs = lastMs + gatherMs - performance.now()
      if (waiting <= 0) await pause.start(null)
      else if (restMs > 0 && waiting < pieceBytes && !hurry) await pause.start(restMs)
      else {
        lastMs = performance.now()
        await send()
      }
    }
  }
  const giveUp = () => {
    givenUp = true
    settle()
  }
  spool.onAppend(() => {
    if (hurry || spool.size() - acknowledged >= pieceBytes) pause.end()
    else pause.endIfEndless()
  })
  signal.addEventListener('abort', () => pause.end(), { once: true })
  void loop().then(giveUp, giveUp)
  return {
    flush: () =>
      new Promise<void>((done) => {
        hurry = true
        waiters.push({ target: spool.size(), done })
        settle()
        pause.end()
      }),
  }
}

const isDiskFull = (error: unknown): boolean => error instanceof NovaBrainError && error.code === 'disk_full'

/** A sleep of some milliseconds, or of no known end (`null`), that others may end. */
const pauseThatCanEnd = () => {
  let end: () => void = () => undefined
  let endless = false
  return {
    start: (ms: number | null) =>
      new Promise<void>((resolve) => {
        endless = ms === null
        const timer = ms === null ? undefined : setTimeout(resolve, ms)
        end = () => {
          clearTimeout(timer)
          resolve()
        }
      }),
    end: () => end(),
    endIfEndless: () => {
      if (endless) end()
    },
  }
}

/** Append and return how much the server has; when the server is missing a part, that is where to go on. */
const appendAt = async (link: ServerLink, offset: number, bytes: Uint8Array, signal: AbortSignal): Promise<number> => {
  try {
    return await link.appendLog(offset, bytes, signal)
  } catch (error) {
    const expected = error instanceof NovaBrainError && error.code === 'log_gap' ? error.data['expectedOffset'] : null
    if (typeof expected !== 'number') throw error
    return expected
  }
}
