import type { KernelInbox, KernelMessage, KernelOrder } from '@novabrain/contracts'

/** What waits for a kernel, until its runner has fetched it. */
export interface Inbox {
  /** Put something at the end; `false` when there is no more room. Orders always find room. */
  put(item: KernelMessage | KernelOrder): boolean
  /** What comes after `after` of the line; waits for it, but not for ever. A later call ends an earlier one. */
  fetch(from: { readonly line: string | undefined; readonly after: number }): Promise<KernelInbox>
  close(): void
}

const mostBytes = 33_554_432
const mostItems = 10_000
const batchBytes = 8_388_608
/** How long an answer may be kept back when there is nothing to say. */
const longestWaitMs = 20_000

interface Waiting {
  readonly number: number
  readonly item: KernelMessage | KernelOrder
  readonly sizeBytes: number
}

/** A queue under a name of its own: what a runner has seen of another line says nothing about this one. */
export const createInbox = (line: string): Inbox => {
  const waiting: Waiting[] = []
  let sizeBytes = 0
  let last = 0
  let closed = false
  let wake: () => void = () => undefined

  const forget = (after: number) => {
    while (waiting[0] !== undefined && waiting[0].number <= after) sizeBytes -= waiting.shift()?.sizeBytes ?? 0
  }
  const batch = (): KernelInbox => {
    let size = 0
    const items = waiting.filter((each, index) => (size += each.sizeBytes) <= batchBytes || index === 0)
    return { line, items: items.map(({ number, item }) => ({ number, item })) }
  }
  const newsOrPatience = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, longestWaitMs).unref()
      wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  return {
    put(item) {
      const size = JSON.stringify(item).length
      const full = sizeBytes + size > mostBytes || waiting.length >= mostItems
      if (closed || (full && !('order' in item))) return false
      waiting.push({ number: (last += 1), item, sizeBytes: size })
      sizeBytes += size
      wake()
      return true
    },
    async fetch({ line: known, after }) {
      wake()
      if (known === line) forget(after)
      if (waiting.length === 0 && known === line && !closed) await newsOrPatience()
      return batch()
    },
    close() {
      closed = true
      wake()
    },
  }
}
