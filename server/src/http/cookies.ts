/** The value of a cookie in a `Cookie` header, or `null`. Our cookies hold only base64url and underscores. */
export const readCookie = (header: string | undefined, name: string): string | null => {
  const pair = (header ?? '').split(';').find((each) => each.trim().startsWith(`${name}=`))
  return pair === undefined ? null : pair.trim().slice(name.length + 1)
}

export interface CookieOptions {
  /** Hidden from scripts of the page. */
  readonly httpOnly: boolean
  /** Sent only over https. */
  readonly secure: boolean
  /** How long the browser keeps it; 0 deletes it. */
  readonly maxAgeSeconds: number
}

/** A `Set-Cookie` line for the whole site. `Lax`: it comes along when a link leads here, not with forms of others. */
export const cookieLine = (name: string, value: string, { httpOnly, secure, maxAgeSeconds }: CookieOptions): string =>
  [
    `${name}=${value}`,
    'Path=/',
    'SameSite=Lax',
    `Max-Age=${String(maxAgeSeconds)}`,
    ...(httpOnly ? ['HttpOnly'] : []),
    ...(secure ? ['Secure'] : []),
  ].join('; ')
