import type { WireMessage } from './wire.js'

/** A message in the order in which the kernel sent it. */
export interface Sent {
  readonly position: number
  /** The session that asked for it, or `null` for everybody. */
  readonly to: string | null
  readonly wire: WireMessage
}

/** What the kernel sent last, for clients that come back. */
export interface Recent {
  add(to: string | null, wire: WireMessage): Sent
  lastPosition(): number
  /** What a session has not had after a position, as far as it is still there. */
  after(position: number, session: string): readonly Sent[]
}

const keptBytes = 16_777_216

/** Keep the newest messages, up to 16 MiB of them. */
export const createRecent = (): Recent => {
  const kept: Sent[] = []
  let sizeBytes = 0
  let last = 0
  return {
    add(to, wire) {
      const sent = { position: (last += 1), to, wire }
      kept.push(sent)
      sizeBytes += wire.sizeBytes
      while (sizeBytes > keptBytes && kept.length > 1) sizeBytes -= kept.shift()?.wire.sizeBytes ?? 0
      return sent
    },
    lastPosition: () => last,
    after: (position, session) => kept.filter((sent) => sent.position > position && isTo(sent, session)),
  }
}

/** Whether a message is a session's to see. */
export const isTo = ({ to }: Pick<Sent, 'to'>, session: string): boolean => to === null || to === session
