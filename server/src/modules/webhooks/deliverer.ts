import type { Background } from '../../background.js'
import { nextTry, retryAfterMs, type Delivered } from '../../core/webhooks/retry.js'
import { targetOf } from '../../core/webhooks/target.js'
import { systemScope, type Deps } from '../../deps.js'
import type { EventFeed } from '../../realtime/relay.js'
import type { SecretBox } from '../../secret-box.js'
import { messageOf } from './message.js'
import { webhookRepository as repository, type ClaimedDelivery, type Settled } from './repository.js'
import { BlockedTarget, post } from './send.js'
import { answerWithinMs } from './service.js'

/** How many messages are under way at once, to as many webhooks. */
const atOnce = 10
/** How long a message that was taken belongs to who took it: longer than a receiver may take to answer. */
const leaseMs = answerWithinMs + 15_000
/** The longest rest: a message that another server left is found then at the latest. */
const longestRestMs = 15_000
const pruneEveryMs = 600_000
/** How long requests that are under way may go on when the server stops. */
const graceMs = 3000

/**
 * Sends the messages that changes left in the table. Each server has one; a message is taken under a lease, so two send the same
 * only when the first was silent for a whole lease: at least once, and each with an id by which a receiver knows it again. To one
 * webhook goes one message at a time. Woken by the events of the registry, by the next message that is due, and from time to time.
 */
export const createWebhookDeliverer = (
  deps: Pick<Deps, 'database' | 'clock' | 'log' | 'config'> & { readonly secrets: SecretBox; readonly feed: EventFeed },
): Background => {
  const { database, clock, log, config, secrets, feed } = deps
  const underWay = new Map<string, Promise<void>>()
  let timer: NodeJS.Timeout | null = null
  let looking: Promise<void> | null = null
  let again = false
  let stopping = false
  const giveUp = new AbortController()
  let prunedAtMs = 0
  let stopListening = (): void => undefined

  const send = async ({ url, ...claimed }: ClaimedDelivery): Promise<{ outcome: Delivered; why: string | null }> => {
    const target = targetOf(url, config.webhookAllowedHosts)
    if (!target.ok) return refused(target.why)
    const message = messageOf(claimed, secrets, clock)
    if (message === null) return refused('the secret cannot be read with the key of this server')
    try {
      const { status, retryAfter } = await post(target, message, {
        timeoutMs: answerWithinMs,
        keepBytes: 0,
        signal: giveUp.signal,
      })
      return {
        outcome: { kind: 'answered', status, retryAfterMs: retryAfterMs(retryAfter, clock.nowMs()) },
        why: null,
      }
    } catch (error) {
      const why = error instanceof BlockedTarget ? error.message : reasonOf(error)
      return { outcome: { kind: 'unanswered', why }, why }
    }
  }

  const deliver = async (claimed: ClaimedDelivery): Promise<void> => {
    const { outcome, why } = await send(claimed)
    const next = nextTry(outcome, claimed.tries, Math.random())
    const nowMs = clock.nowMs()
    const settled: Settled = {
      state: next.kind === 'later' ? 'pending' : next.kind,
      nextAtMs: next.kind === 'later' ? nowMs + next.afterMs : null,
      endedAtMs: next.kind === 'later' ? null : nowMs,
      responseStatus: outcome.kind === 'answered' ? outcome.status : null,
      error: why,
    }
    const { id: deliveryId, webhookId, tries } = claimed
    if (next.kind === 'failed')
      log.warn({ webhookId, deliveryId, tries, status: settled.responseStatus, why }, 'a webhook was not delivered')
    await database.transaction(systemScope, (tx) => repository.settle(tx, claimed, settled))
  }

  const begin = (claimed: ClaimedDelivery): void => {
    const work = deliver(claimed)
      .catch((error: unknown) => log.warn({ err: error, deliveryId: claimed.id }, 'a webhook is tried again later'))
      .finally(() => {
        underWay.delete(claimed.webhookId)
        wake()
      })
    underWay.set(claimed.webhookId, work)
  }

  /** Take what is due, and learn when more will be. */
  const take = (): Promise<{ claimed: readonly ClaimedDelivery[]; dueMs: number | null }> =>
    database.transaction(systemScope, async (tx) => {
      const nowMs = clock.nowMs()
      if (nowMs - prunedAtMs > pruneEveryMs) {
        await repository.prune(tx, nowMs - config.eventRetentionMs)
        prunedAtMs = nowMs
      }
      const busy = [...underWay.keys()]
      const limit = atOnce - busy.length
      if (limit <= 0) return { claimed: [], dueMs: null }
      const claimed = await repository.claim(tx, { nowMs, untilMs: nowMs + leaseMs, busy, limit })
      const dueMs = await repository.nextDueMs(tx, [...busy, ...claimed.map(({ webhookId }) => webhookId)])
      return { claimed, dueMs }
    })

  const look = async (): Promise<void> => {
    again = false
    const { claimed, dueMs } = await take().catch((error: unknown) => {
      log.warn({ err: error }, 'webhooks could not be looked for; trying again later')
      return { claimed: [], dueMs: null }
    })
    for (const each of claimed) begin(each)
    rest(dueMs)
  }

  const rest = (dueMs: number | null): void => {
    if (timer !== null) clearTimeout(timer)
    if (stopping) return
    const untilDueMs = dueMs === null ? longestRestMs : Math.max(0, dueMs - clock.nowMs())
    timer = setTimeout(wake, Math.min(longestRestMs, untilDueMs)).unref()
  }

  /** Look now, or again after the look that is under way. */
  const wake = (): void => {
    again = true
    if (stopping || looking !== null) return
    looking = look().finally(() => {
      looking = null
      if (again) wake()
    })
  }

  return {
    name: 'webhooks',
    start() {
      stopListening = feed.listen((events) => {
        if (events.some(({ frame }) => frame.includes('"model_changed"'))) wake()
      })
      wake()
      return Promise.resolve()
    },
    async stop() {
      stopping = true
      const patience = setTimeout(() => giveUp.abort(), graceMs)
      stopListening()
      if (timer !== null) clearTimeout(timer)
      await looking
      await Promise.all(underWay.values())
      clearTimeout(patience)
    },
  }
}

const refused = (why: string) => ({ outcome: { kind: 'refused', why } as const, why })

const reasonOf = (error: unknown): string => {
  const { name, code, message } = error as NodeJS.ErrnoException
  if (name === 'AbortError') return 'no answer before the server stopped'
  if (name === 'TimeoutError') return `no answer in ${String(answerWithinMs / 1000)} s`
  return code ?? message
}
