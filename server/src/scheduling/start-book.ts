import {
  afterAsking,
  askEveryMs,
  emptyStartRecord,
  noCorrection,
  type Asking,
  type Decision,
  type StartCorrection,
  type StartRecord,
  type Telling,
  type WaitEnd,
} from '@novabrain/scheduler'
import { prepared } from '../db/prepared.js'
import { schedulingWaits } from '../db/sql/scheduling-waits.sql.js'
import type { Clock, Tx } from '../deps.js'

/** What became of the starts that were foretold, and how those that are foretold now are moved by it. */
export interface StartBook {
  /** How estimates are moved; asks PostgreSQL every ten seconds. The transaction has the system's scope. */
  read(tx: Tx): Promise<StartCorrection>
  /** Whether it is time to look at all who wait. */
  isDue(nowMs: number): boolean
  /**
   * Learns what became of what was told, and keeps what some of those who wait are told now; puts that off while nobody is
   * told anything. System's scope.
   */
  ask(tx: Tx, decisions: readonly Decision[], nowMs: number): Promise<void>
}

const keptMs = 10_000

const latest = prepared(`
  SELECT correction, (extract(epoch FROM asked_at) * 1000)::float8 AS "askedAtMs" FROM start_record`)

const whole = `SELECT correction, tellings, usual FROM start_record FOR UPDATE`

const save = `
  INSERT INTO start_record (id, correction, tellings, usual, asked_at) VALUES (1, $1, $2, $3, $4)
  ON CONFLICT (id) DO UPDATE SET correction = excluded.correction, tellings = excluded.tellings,
    usual = excluded.usual, asked_at = excluded.asked_at`

const foretoldIn = (decisions: readonly Decision[]): Asking['foretold'] =>
  decisions.flatMap((decision) => {
    if (decision.type !== 'hold' && decision.type !== 'reserve') return []
    const { jobId, estimatedStart: estimate } = decision
    return estimate === null ? [] : { jobId, estimate }
  })

interface Wait {
  /** When the first attempt after the telling was granted its place. */
  readonly startedAtMs: number | null
  /** When the job ended without one, or was found to be gone. */
  readonly endedAtMs: number | null
}

/** How the waits of tellings ended, as of now. */
const endsOf = async (tx: Tx, tellings: readonly Telling[], nowMs: number): Promise<Asking['endOf']> => {
  const told = [tellings.map(({ jobId }) => jobId), tellings.map(({ atMs }) => new Date(atMs).toISOString())]
  const waits: Wait[] =
    tellings.length === 0 ? [] : await tx.query(schedulingWaits, [...told, new Date(nowMs).toISOString()])
  const ends = new Map(tellings.map((telling, at) => [telling, endOf(waits[at])]))
  return (telling) => ends.get(telling) ?? null
}

const endOf = (wait: Wait | undefined): WaitEnd | null => {
  if (wait === undefined) return null
  if (wait.startedAtMs !== null) return { atMs: wait.startedAtMs, started: true }
  return wait.endedAtMs === null ? null : { atMs: wait.endedAtMs, started: false }
}

/** Opens a book; what is known lies in the database, so that whoever leads goes on with it. */
export const createStartBook = ({ clock }: { readonly clock: Clock }): StartBook => {
  let correction = noCorrection
  let [readAtMs, askedAtMs] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY]
  return {
    async read(tx) {
      const nowMs = clock.nowMs()
      if (nowMs >= readAtMs && nowMs < readAtMs + keptMs) return correction
      const rows: { correction: StartCorrection; askedAtMs: number }[] = await tx.query(latest, [])
      correction = rows[0]?.correction ?? noCorrection
      askedAtMs = rows[0]?.askedAtMs ?? Number.NEGATIVE_INFINITY
      readAtMs = nowMs
      return correction
    },
    isDue: (nowMs) => Math.abs(nowMs - askedAtMs) >= askEveryMs,
    async ask(tx, decisions, nowMs) {
      const foretold = foretoldIn(decisions)
      if (foretold.length === 0) return
      const rows: StartRecord[] = await tx.query(whole)
      const record = rows[0] ?? emptyStartRecord
      const endOfWait = await endsOf(tx, record.tellings, nowMs)
      const after = afterAsking(record, { nowMs, foretold, endOf: endOfWait })
      const values = [JSON.stringify(after.correction), JSON.stringify(after.tellings), after.usual]
      await tx.query(save, [...values, new Date(nowMs).toISOString()])
      askedAtMs = nowMs
      readAtMs = Number.NEGATIVE_INFINITY
    },
  }
}
