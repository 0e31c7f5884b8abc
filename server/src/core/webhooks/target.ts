/** Why an address cannot be a webhook's, in MLflow's words. */
export type TargetFault = { readonly ok: false; readonly why: string }

/** A place that webhooks may be sent to, as far as its text tells. */
export type Target = {
  readonly ok: true
  readonly url: URL
  /** As it stands in the address, without the brackets of IPv6. */
  readonly host: string
  /** Whether the host is one of those that may be inside this network. */
  readonly trusted: boolean
}

/**
 * Read the address of a webhook. Only https to a public host, but for those in `allowedHosts`, which may be inside this network
 * and without encryption: a name, or `*.name` for all under it. What a name resolves to is looked at when a request is made.
 */
export const targetOf = (text: string, allowedHosts: readonly string[]): Target | TargetFault => {
  if (text.trim() === '') return fault(`Webhook URL cannot be empty or just whitespace: ${quoted(text)}`)
  const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):/.exec(text)?.[1]?.toLowerCase() ?? ''
  const url = /^[^:]+:\/\/[^/?#\\]/.test(text) ? parsed(text) : null
  const host = (url?.hostname ?? '').replace(/^\[|\]$/g, '')
  const trusted = isAllowed(host, allowedHosts)
  const schemes = trusted ? ['http', 'https'] : ['https']
  if (!schemes.includes(scheme))
    return fault(`Invalid webhook URL scheme: ${quoted(scheme)}. Allowed schemes are: ${schemes.join(', ')}.`)
  if (url === null || host === '') return fault(`Webhook URL must include a hostname: ${quoted(text)}`)
  return { ok: true, url, host, trusted }
}

const parsed = (text: string): URL | null => {
  try {
    return new URL(text)
  } catch {
    return null
  }
}

const fault = (why: string): TargetFault => ({ ok: false, why })

/** A text as Python shows it, which is how MLflow's messages have it. */
export const quoted = (text: string): string => {
  const escaped = text.replaceAll('\\', '\\\\')
  if (!text.includes("'")) return `'${escaped}'`
  return text.includes('"') ? `'${escaped.replaceAll("'", "\\'")}'` : `"${escaped}"`
}

const isAllowed = (host: string, allowed: readonly string[]): boolean =>
  host !== '' &&
  allowed.some((each) => {
    const name = each.toLowerCase()
    return name.startsWith('*.') ? host.endsWith(name.slice(1)) : host === name
  })
