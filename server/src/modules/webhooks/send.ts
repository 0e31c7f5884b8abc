import { lookup } from 'node:dns/promises'
import { request as requestHttp, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { isPublicAddress } from '../../core/webhooks/public-address.js'
import { quoted, type Target } from '../../core/webhooks/target.js'

/** The answer of a receiver, with as much of its body as was wanted. */
export interface Answer {
  readonly status: number
  readonly body: string
  readonly retryAfter: string | undefined
}

/** A target leads to where webhooks may not go; `message` is MLflow's. */
export class BlockedTarget extends Error {
  override readonly name = 'BlockedTarget'
}

/** The addresses of a host. */
export type Resolve = (host: string) => Promise<readonly { readonly address: string; readonly family: number }[]>

const resolveHost: Resolve = (host) => lookup(host, { all: true })

const resolveLimitMs = 5000

/** Refuse a target whose host is inside, or is nowhere; errors: `BlockedTarget`. Trusted hosts are not looked up. */
export const checkReachable = async ({ host, trusted }: Target, resolve: Resolve = resolveHost): Promise<void> => {
  if (!trusted) await publicAddresses(host, resolve)
}

const publicAddresses = async (host: string, resolve: Resolve) => {
  const found = await inTime(host, resolve)
  const blocked = found.find(({ address }) => !isPublicAddress(address))
  if (blocked === undefined) return found
  throw new BlockedTarget(
    `Webhook URL must not resolve to a non-public IP address. ${quoted(host)} resolves to ${blocked.address}.`,
  )
}

const inTime = async (host: string, resolve: Resolve) => {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new BlockedTarget(`Timed out resolving Webhook URL hostname ${quoted(host)} after 5 seconds`)),
      resolveLimitMs,
    )
  })
  try {
    return await Promise.race([resolve(host), late])
  } catch (error) {
    if (error instanceof BlockedTarget) throw error
    throw new BlockedTarget(`Cannot resolve Webhook URL hostname ${quoted(host)}: ${(error as Error).message}`)
  } finally {
    clearTimeout(timer)
  }
}

export interface SendOptions {
  readonly timeoutMs: number
  /** How much of the answer is kept; the rest is not read. */
  readonly keepBytes: number
  readonly resolve?: Resolve
  /** Ends it early. */
  readonly signal?: AbortSignal
}

/**
 * POST a body to a target. The address that is connected to is the one that was looked at: there is no second look-up in
 * which a name could lead elsewhere. Redirects are not followed, since they could lead inside, and proxies of the environment are
 * not used. Errors: `BlockedTarget`, those of the network, and one named `TimeoutError`.
 */
export const post = async (
  target: Target,
  { body, headers }: { readonly body: string; readonly headers: Readonly<Record<string, string>> },
  { timeoutMs, keepBytes, resolve = resolveHost, signal }: SendOptions,
): Promise<Answer> => {
  // An address in place of a name is never looked up.
  if (isIP(target.host) !== 0) await checkReachable(target, resolve)
  const options: RequestOptions = {
    method: 'POST',
    headers: { ...headers, 'content-length': String(Buffer.byteLength(body)) },
    agent: false,
    signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal === undefined ? [] : [signal])]),
    ...(target.trusted ? {} : { lookup: publicLookup(resolve) }),
  }
  const response = await answered(target, options, body)
  return {
    status: response.statusCode ?? 0,
    body: await firstBytes(response, keepBytes),
    retryAfter: response.headers['retry-after'],
  }
}

const answered = ({ url }: Target, options: RequestOptions, body: string): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const begin = url.protocol === 'https:' ? requestHttps : requestHttp
    begin(url, options).on('response', resolve).on('error', reject).end(body)
  })

const firstBytes = async (response: IncomingMessage, limit: number): Promise<string> => {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size >= limit) break
  }
  response.destroy()
  return Buffer.concat(chunks).subarray(0, limit).toString('utf8')
}

const publicLookup =
  (resolve: Resolve): LookupFunction =>
  (host, { all }, callback) => {
    publicAddresses(host, resolve).then(
      (found) => {
        const [first] = found
        if (all === true) callback(null, [...found])
        else if (first === undefined) callback(new BlockedTarget(`${quoted(host)} has no address`), '', 0)
        else callback(null, first.address, first.family)
      },
      (error: unknown) => callback(error as Error, '', 0),
    )
  }
