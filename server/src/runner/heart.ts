import type { HeartbeatReply, ResourceSample, Stage } from '@novabrain/contracts'
import { AttemptOverError, type ServerLink } from './link.js'

const mostSamples = 1000
const mostDetail = 300

/** What the server wants of the runner, when it is not to go on. */
export type StopOrder = Exclude<HeartbeatReply['stopReason'], null> | 'over'

/** Tells the server what the runner does, and hears from it. */
export interface Heart {
  /** Say what is being done. A new stage is told at once, a new detail with the next beat. */
  at(stage: Stage, detail?: string | null): void
  add(sample: ResourceSample): void
  /** Resolves when the server has answered, or refused, a report sent after this was called, or is not told any more. */
  ask(): Promise<void>
}

/**
 * Beat every `intervalMs` until `signal` ends it. A report that was not answered is sent again as it was, and what came
 * after it goes with the next, so nothing is told twice and samples of an outage (the newest 1,000) are not lost.
 */
export const startHeart = (
  link: ServerLink,
  intervalMs: number,
  onStop: (order: StopOrder) => void,
  signal: AbortSignal,
): Heart => {
  let stage: Stage = 'starting'
  let detail: string | null = null
  let samples: ResourceSample[] = []
  let changed = false
  let wake: () => void = () => undefined
  let asking: (() => void)[] = []
  let ended = false

  const beat = async (sequence: number) => {
    const body = { sequence, stage, stageDetail: detail, samples }
    samples = []
    changed = false
    const answered = asking
    asking = []
    try {
      const reply = await link.heartbeat(body, signal)
      if (reply.command === 'stop') onStop(reply.stopReason ?? 'cancelled')
    } finally {
      for (const done of answered) done()
    }
  }
  const rest = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, changed ? 0 : intervalMs)
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  const loop = async () => {
    for (let sequence = 1; !signal.aborted; sequence += 1) {
      const fault = await beat(sequence).catch((error: unknown) => error)
      if (fault instanceof AttemptOverError) return onStop('over')
      await rest()
    }
  }
  signal.addEventListener('abort', () => wake(), { once: true })
  void loop().finally(() => {
    ended = true
    for (const done of asking) done()
  })
  return {
    at: (nextStage, nextDetail = null) => {
      const moved = nextStage !== stage
      stage = nextStage
      detail = nextDetail?.slice(0, mostDetail) ?? null
      if (!moved) return
      changed = true
      wake()
    },
    ask: () =>
      new Promise<void>((resolve) => {
        if (ended) return resolve()
        asking.push(resolve)
        changed = true
        wake()
      }),
    add: (sample) => {
      samples = [...samples.slice(1 - mostSamples), sample]
    },
  }
}
