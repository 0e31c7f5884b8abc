import { stillLasts } from '../time/still-lasts.js'

/** How long a plan may be confirmed. */
export const confirmationLifeMs = 600_000

/** What a confirmation was given for. */
export interface Confirmed {
  readonly memberId: string
  readonly projectId: string
  /** The digest of the request, with its keys in one order. */
  readonly requestDigest: string
  readonly createdAtMs: number
}

/** Whether a confirmation is good for what is asked now: the same request, by the same member, soon enough. */
export const isConfirmed = (
  confirmed: Confirmed | null,
  asked: Omit<Confirmed, 'createdAtMs'>,
  nowMs: number,
): boolean =>
  confirmed !== null &&
  confirmed.memberId === asked.memberId &&
  confirmed.projectId === asked.projectId &&
  confirmed.requestDigest === asked.requestDigest &&
  stillLasts(confirmed.createdAtMs, confirmationLifeMs, nowMs)
