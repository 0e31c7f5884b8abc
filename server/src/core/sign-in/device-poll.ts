import { stillLasts } from '../time/still-lasts.js'

/** How long a code waits to be entered. */
export const deviceLifeMs = 600_000
/** How long a program waits between two questions, at first. */
export const firstIntervalS = 2
/** What RFC 8628 adds for who asks too often. */
const slowerByS = 5
/** A network may bring two questions closer together than they were asked. */
const jitterMs = 500

/** What is known of a request to be let in, when its program asks. */
export interface AskedDevice {
  readonly status: 'pending' | 'allowed' | 'denied'
  readonly createdAtMs: number
  readonly askedAtMs: number | null
  readonly intervalS: number
}

/** The answer: `intervalS` is from now on the time between two questions. */
export type DevicePoll =
  | { readonly kind: 'allowed' | 'denied' | 'expired' }
  | { readonly kind: 'pending' | 'slow_down'; readonly intervalS: number }

/** What a program is told that asks with its device code (RFC 8628, section 3.5). A decision is told however soon it asks. */
export const pollDevice = (device: AskedDevice, nowMs: number): DevicePoll => {
  const { status, createdAtMs, askedAtMs, intervalS } = device
  if (!stillLasts(createdAtMs, deviceLifeMs, nowMs)) return { kind: 'expired' }
  if (status !== 'pending') return { kind: status }
  const tooSoon = askedAtMs !== null && stillLasts(askedAtMs, intervalS * 1000 - jitterMs, nowMs)
  return tooSoon ? { kind: 'slow_down', intervalS: intervalS + slowerByS } : { kind: 'pending', intervalS }
}
