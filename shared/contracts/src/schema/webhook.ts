import { Type, type Static } from '@sinclair/typebox'
import { Id, nullable, Timestamp } from './common.js'

/** A message to a webhook: what it tells of, and what became of it. Its content is not shown. */
export const WebhookDelivery = Type.Object({
  id: Id,
  /** What it tells of, in MLflow's words: `model_version.created`. */
  event: Type.String(),
  state: Type.Union([Type.Literal('pending'), Type.Literal('delivered'), Type.Literal('failed')]),
  /** How often it was tried. */
  tries: Type.Integer({ minimum: 0 }),
  /** The status of the last answer, if there was one. */
  responseStatus: nullable(Type.Integer()),
  /** Why there was no answer. */
  error: nullable(Type.String()),
  createdAt: Timestamp,
  /** When it is tried next; `null` at the end. */
  nextTryAt: nullable(Timestamp),
  endedAt: nullable(Timestamp),
})
export type WebhookDelivery = Static<typeof WebhookDelivery>
