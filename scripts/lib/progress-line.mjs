const everyMs = 200
const plainEveryMs = 10_000

const seconds = (ms) => (ms < 90_000 ? `${Math.ceil(ms / 1000)} s` : `${Math.ceil(ms / 60_000)} min`)

/**
 * One line that says how far long work is: written over on a terminal, elsewhere a new one every ten seconds. `show` is
 * given what is done and how much there is, and how to say it from `percent` and `left`, the time that the rest will take
 * at this speed, or `null` when nobody can know yet.
 */
export const createLine = (out) => {
  const startMs = Date.now()
  let shownMs = out.isTTY ? 0 : startMs
  let isOpen = false
  return {
    show(done, total, say) {
      const nowMs = Date.now()
      if (nowMs - shownMs < (out.isTTY ? everyMs : plainEveryMs)) return
      shownMs = nowMs
      const left = done > 0 && nowMs - startMs > 1000 ? seconds(((nowMs - startMs) * (total - done)) / done) : null
      const text = say({ percent: Math.floor((100 * done) / Math.max(1, total)), left })
      out.write(out.isTTY ? `\r\u001b[K${text.slice(0, (out.columns ?? 80) - 1)}` : `${text}\n`)
      isOpen = out.isTTY
    },
    end() {
      if (isOpen) out.write('\r\u001b[K')
    },
  }
}
