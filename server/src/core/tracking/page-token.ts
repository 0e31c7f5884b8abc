/**
 * MLflow's page tokens: base64 of `{"offset": n}`. `null` for a token that is none.
 */
export const offsetOfToken = (token: string): number | null => {
  try {
    const parsed: unknown = JSON.parse(decodeBase64(token))
    if (typeof parsed !== 'object' || parsed === null || !('offset' in parsed)) return null
    const { offset } = parsed
    return typeof offset === 'number' && Number.isSafeInteger(offset) && offset >= 0 ? offset : null
  } catch {
    return null
  }
}

/** The token of the page that begins at an offset. */
export const tokenOfOffset = (offset: number): string => Buffer.from(JSON.stringify({ offset })).toString('base64')

const decodeBase64 = (token: string): string => Buffer.from(token, 'base64').toString('utf8')
