import type { Logger } from 'pino'
import { setTimeout as delay } from 'node:timers/promises'
import type { DataSource } from 'typeorm'
import { prepared } from './prepared.js'

/** Wakes those who listen, in this process and in others. */
export interface Bell {
  ring(channels: readonly string[]): void
}

/** All commits of so many milliseconds wake together. */
const togetherMs = 5

const notify = prepared(`SELECT pg_notify(channel, '') FROM unnest($1::text[]) AS rung (channel)`)

/**
 * A bell that is rung beside the commits, not in them: PostgreSQL lets transactions that notify commit only one after the
 * other, each waiting for the disk alone. Who dies between a commit and its ring wakes nobody, so whoever listens also
 * looks by itself from time to time.
 */
export const createBell = (dataSource: DataSource, log: Logger): Bell => {
  const waiting = new Set<string>()
  let isRinging = false

  const ringAll = async (): Promise<void> => {
    isRinging = true
    while (waiting.size > 0) {
      const channels = [...waiting]
      waiting.clear()
      try {
        await dataSource.query(notify, [channels])
      } catch (error) {
        log.warn({ err: error }, 'who listens for changes was not woken')
      }
      await delay(togetherMs)
    }
    // In the same turn as the last look: who rings after it begins anew.
    isRinging = false
  }
  return {
    ring(channels) {
      for (const channel of channels) waiting.add(channel)
      if (!isRinging) void ringAll()
    },
  }
}
