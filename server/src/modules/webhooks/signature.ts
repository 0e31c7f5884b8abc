import { createHmac } from 'node:crypto'

/** Names of MLflow's headers; receivers are written against them. */
export const webhookHeaders = {
  signature: 'X-MLflow-Signature',
  timestamp: 'X-MLflow-Timestamp',
  deliveryId: 'X-MLflow-Delivery-Id',
} as const

/**
 * The signature of a message as MLflow makes it, after the Standard Webhooks specification: `v1,` and the base64 of the
 * HMAC-SHA256 over the id of the delivery, the time in seconds and the body, with dots between.
 */
export const signatureOf = (
  secret: string,
  { id, timestamp, body }: { readonly id: string; readonly timestamp: string; readonly body: string },
): string => `v1,${createHmac('sha256', secret).update(`${id}.${timestamp}.${body}`).digest('base64')}`
