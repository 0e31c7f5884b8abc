import type { PutQueue, Queue, QueueOrderKind } from '@novabrain/contracts'
import { inMs, inUnit, type TimeUnit } from './duration-unit.js'

/** A queue as it stands in a form: what people typed. */
export interface QueueDraft {
  readonly name: string
  readonly owns: string
  readonly cohort: string
  readonly borrow: string
  readonly lend: string
  readonly weight: string
  readonly orderKind: QueueOrderKind
  readonly fair: boolean
  readonly patience: string
  readonly patienceUnit: TimeUnit
  readonly reason: string
}

/** What of a draft does not do, by field. */
export type QueueFault = 'badName' | 'badAmount' | 'badWeight' | 'badTime' | 'noReason'
export type QueueFaults = Partial<Record<keyof QueueDraft, QueueFault>>

const slug = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/
const amount = /^\d{1,9}(\.\d{1,3})?$/
const longestMs = 31_536_000_000

const typed = (milli: number | null): string => (milli === null ? '' : String(milli / 1000))

/** The draft of a queue as it is, or of a new one. */
export const draftOf = (queue: Queue | null): QueueDraft => {
  const patience = queue === null || queue.patienceMs === null ? null : inUnit(queue.patienceMs)
  return {
    name: queue?.name ?? '',
    owns: typed(queue?.nominalGpuMilli ?? null),
    cohort: queue?.cohort ?? '',
    borrow: typed(queue?.borrowingLimitGpuMilli ?? null),
    lend: typed(queue?.lendingLimitGpuMilli ?? null),
    weight: String(queue?.weight ?? 1),
    orderKind: queue?.orderKind ?? 'cluster',
    fair: queue?.orderFair ?? true,
    patience: patience === null ? '' : String(patience.amount),
    patienceUnit: patience?.unit ?? 'hour',
    reason: '',
  }
}

const milliOf = (text: string): number | null => (text.trim() === '' ? null : Math.round(Number(text) * 1000))

const patienceOf = ({ patience, patienceUnit }: QueueDraft): number | null =>
  patience.trim() === '' ? null : inMs(Number(patience), patienceUnit)

/** What of a draft does not do; `taken` are the names that a new queue may not have, `null` for one that is there. */
export const faultsOf = (draft: QueueDraft, taken: readonly string[] | null): QueueFaults => {
  const amounts = (['owns', 'borrow', 'lend'] as const).filter((field) => {
    const text = draft[field].trim()
    return text !== '' && !amount.test(text)
  })
  const weight = Number(draft.weight)
  const cohort = draft.cohort.trim()
  const patienceMs = patienceOf(draft)
  const badName = taken !== null && (!slug.test(draft.name) || taken.includes(draft.name))
  const badTime = patienceMs !== null && !(patienceMs >= 0 && patienceMs <= longestMs)
  return {
    ...(badName ? { name: 'badName' } : {}),
    ...Object.fromEntries(amounts.map((field) => [field, 'badAmount'])),
    ...(cohort === '' || slug.test(cohort) ? {} : { cohort: 'badName' }),
    ...(Number.isInteger(weight) && weight >= 1 && weight <= 1000 ? {} : { weight: 'badWeight' }),
    ...(badTime ? { patience: 'badTime' } : {}),
    ...(draft.reason.trim() === '' ? { reason: 'noReason' } : {}),
  }
}

/** What a draft without faults asks the server for. */
export const putOf = (draft: QueueDraft, version: number): PutQueue => ({
  nominalGpuMilli: milliOf(draft.owns),
  cohort: draft.cohort.trim() === '' ? null : draft.cohort.trim(),
  borrowingLimitGpuMilli: milliOf(draft.borrow),
  lendingLimitGpuMilli: milliOf(draft.lend),
  weight: Number(draft.weight),
  orderKind: draft.orderKind,
  orderFair: draft.fair,
  patienceMs: patienceOf(draft),
  reason: draft.reason.trim(),
  version,
})

/** Whether a draft says anything else than the queue it was made of. */
export const isTouched = (draft: QueueDraft, queue: Queue | null): boolean => {
  const { reason: _now, ...now } = draft
  const { reason: _before, ...before } = draftOf(queue)
  return JSON.stringify(now) !== JSON.stringify(before)
}
