import type { Tx } from '../deps.js'

/** What belongs to the end of a transaction. */
interface End {
  readonly sent: Promise<unknown>[]
  readonly last: { readonly rows: string; send(): Promise<unknown> }[]
  readonly channels: Set<string>
}

const ends = new WeakMap<Tx, End>()

const endOf = (tx: Tx): End => {
  const end = ends.get(tx) ?? { sent: [], last: [], channels: new Set() }
  ends.set(tx, end)
  return end
}

/**
 * Nobody waits for a statement that was sent: it is answered before the transaction ends, which fails with it. PostgreSQL
 * works in order, so whatever is asked later sees what it did.
 */
export const alongside = (tx: Tx, sent: Promise<unknown>): void => {
  sent.catch(() => undefined)
  endOf(tx).sent.push(sent)
}

/**
 * Send a statement with the commit: for rows that many wait for, and what is gathered until then. All send them in the order
 * of the rows they change, so that two transactions never wait for each other.
 */
export const lastly = (tx: Tx, rows: string, send: () => Promise<unknown>): void => {
  endOf(tx).last.push({ rows, send })
}

/** Wake those who listen to a channel when this transaction has committed. */
export const ringAfter = (tx: Tx, channel: string): void => {
  endOf(tx).channels.add(channel)
}

/** Send what was kept for the commit, which is to follow in the same turn. */
export const sendLast = (tx: Tx): void => {
  const inOrder = endOf(tx).last.toSorted((a, b) => (a.rows < b.rows ? -1 : a.rows > b.rows ? 1 : 0))
  for (const { send } of inOrder) alongside(tx, send())
}

/** Fails with the first statement that failed while nobody waited for it. */
export const answersOf = async (tx: Tx): Promise<void> => {
  for (const sent of endOf(tx).sent) await sent
}

/** The channels to be rung after a transaction. */
export const channelsOf = (tx: Tx): readonly string[] => [...endOf(tx).channels]
