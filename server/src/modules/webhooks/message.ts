import type { Clock } from '../../deps.js'
import type { SecretBox } from '../../secret-box.js'
import { serverVersion } from '../../version.js'
import { signatureOf, webhookHeaders } from './signature.js'

/** A request to a webhook. */
export interface WebhookRequest {
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

/**
 * The request that carries a message, signed when there is a secret; `null` when the secret cannot be read. A message that is
 * sent again keeps its id, by which receivers know it, and has a new time, so that it does not look like an old one replayed.
 */
export const messageOf = (
  message: { readonly id: string; readonly webhookId: string; readonly body: string; readonly secret: Buffer | null },
  secrets: SecretBox,
  clock: Clock,
): WebhookRequest | null => {
  const { id, webhookId, body } = message
  const timestamp = String(Math.floor(clock.nowMs() / 1000))
  const secret = message.secret === null ? null : secrets.open(message.secret, webhookId)
  if (message.secret !== null && secret === null) return null
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'user-agent': `NovaBrain/${serverVersion}`,
      [webhookHeaders.deliveryId]: id,
      [webhookHeaders.timestamp]: timestamp,
      ...(secret === null ? {} : { [webhookHeaders.signature]: signatureOf(secret, { id, timestamp, body }) }),
    },
  }
}
