/** Things that are due at a time to come. */
export interface Calendar<T> {
  add(atMs: number, item: T): void
  /** Takes out what is due at a moment or was before. */
  due(nowMs: number): T[]
}

interface Entry<T> {
  readonly atMs: number
  readonly item: T
}

/** A page holds what is due in the same minute, so that a moment looks at one page and what lies before it. */
const pageMs = 60_000

/** An empty calendar. */
export const createCalendar = <T>(): Calendar<T> => {
  const pages = new Map<number, Entry<T>[]>()
  return {
    add(atMs, item) {
      const number = Math.floor(atMs / pageMs)
      const page = pages.get(number)
      if (page === undefined) pages.set(number, [{ atMs, item }])
      else page.push({ atMs, item })
    },
    due(nowMs) {
      const last = Math.floor(nowMs / pageMs)
      const items: T[] = []
      for (const [number, page] of pages) {
        if (number > last) continue
        const later = page.filter((entry) => entry.atMs > nowMs)
        if (later.length === page.length) continue
        for (const entry of page) if (entry.atMs <= nowMs) items.push(entry.item)
        if (later.length === 0) pages.delete(number)
        else pages.set(number, later)
      }
      return items
    },
  }
}
