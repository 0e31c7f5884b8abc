import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/** A secret of 256 bits as 43 characters of base64url. */
export const newSecret = (): string => randomBytes(32).toString('base64url')

/** What is kept of a secret. Secrets have 256 bits of chance, so one round of SHA-256 is enough. */
export const hashSecret = (secret: string): Buffer => createHash('sha256').update(secret).digest()

/** Whether a secret has this hash, in a time that tells nothing. */
export const secretMatches = (secret: string, hash: Buffer): boolean => {
  const other = hashSecret(secret)
  return other.length === hash.length && timingSafeEqual(other, hash)
}

/**
 * What a token is for: `nb` an API key, `nbs` a session, `nba` an attempt, `nbd` a device code, `nbc` a one-time code. The
 * log masks every one of them.
 */
export type TokenPrefix = 'nb' | 'nbs' | 'nba' | 'nbd' | 'nbc'

/** A token as people hold it: prefix, id and secret. */
export const formatToken = (prefix: TokenPrefix, id: string, secret: string): string => `${prefix}_${id}_${secret}`

/** The id and secret of a token, or `null` if it does not have the form. */
export const parseToken = (prefix: TokenPrefix, token: string): { id: string; secret: string } | null => {
  const match = /^(nb[sadc]?)_([0-9a-f]{32})_([A-Za-z0-9_-]{43})$/.exec(token)
  const [, found, id, secret] = match ?? []
  if (found !== prefix || id === undefined || secret === undefined) return null
  return { id, secret }
}

/** The CSRF token of a session: derived from its secret, so that nothing more need be kept. */
export const csrfTokenOf = (sessionSecret: string): string =>
  createHash('sha256').update(`csrf:${sessionSecret}`).digest('base64url')
