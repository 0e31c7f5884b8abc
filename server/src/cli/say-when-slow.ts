/** How long nobody minds waiting in silence. */
const silenceMs = 1000

/** What was asked for; when it is long in coming, say so once meanwhile. */
export const sayWhenSlow = async <T>(asked: Promise<T>, say: () => void): Promise<T> => {
  const timer = setTimeout(say, silenceMs)
  try {
    return await asked
  } finally {
    clearTimeout(timer)
  }
}
