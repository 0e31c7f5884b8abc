import { Type, type Static } from '@sinclair/typebox'
import { Name, Timestamp } from './common.js'

/**
 * How a program on a person's machine calls itself when it asks to be let in: `VS Code on lab-3`. It becomes the name of
 * the API key. No sign that turns the direction of text, so that a name cannot pretend to be another.
 */
export const ClientName = Type.String({
  minLength: 1,
  maxLength: 80,
  pattern: '^[^\\u0000-\\u001f\\u007f\\u200e\\u200f\\u202a-\\u202e\\u2066-\\u2069]+$',
})

/** What a person types from one screen into another: `BCDF-GHJK`. Lower case, spaces and a missing hyphen are forgiven. */
export const UserCode = Type.String({ minLength: 8, maxLength: 20 })

/** A program's request to be let in by a code (RFC 8628): it shows the user code and asks on with the device code. */
export const DeviceAuthorization = Type.Object({
  deviceCode: Type.String(),
  userCode: Type.String(),
  verificationUri: Type.String(),
  /** The same page with the code already in it. */
  verificationUriComplete: Type.String(),
  expiresInS: Type.Integer({ minimum: 1 }),
  /** How long to wait between two questions. */
  intervalS: Type.Integer({ minimum: 1 }),
})
export type DeviceAuthorization = Static<typeof DeviceAuthorization>
export const CreateDeviceAuthorization = Type.Object({ clientName: ClientName })
export const CreateDeviceToken = Type.Object({ deviceCode: Type.String({ minLength: 1, maxLength: 200 }) })

/** What a person is shown before they decide: who asks, and what they would get. */
export const PendingDeviceAuthorization = Type.Object({
  clientName: Name,
  createdAt: Timestamp,
  expiresAt: Timestamp,
  /** Until when the key that would be made is good. */
  keyExpiresAt: Timestamp,
})
export type PendingDeviceAuthorization = Static<typeof PendingDeviceAuthorization>
export const FindDeviceAuthorization = Type.Object({ userCode: UserCode })
export const DecideDeviceAuthorization = Type.Object({
  userCode: UserCode,
  decision: Type.Union([Type.Literal('allow'), Type.Literal('deny')]),
})

/** A SHA-256 in base64url, as PKCE (RFC 7636, S256) wants it: of the verifier that only the program knows. */
const CodeChallenge = Type.String({ pattern: '^[A-Za-z0-9_-]{43}$' })
const RedirectUri = Type.String({ minLength: 1, maxLength: 2000 })

/** A program's request to be let in by this browser, with the address that brings the browser back to it. */
export const CreateAuthorization = Type.Object({
  clientName: ClientName,
  redirectUri: RedirectUri,
  codeChallenge: CodeChallenge,
  /** Given back as it came, so that the program knows its own request. */
  state: Type.Optional(Type.String({ maxLength: 1000 })),
})
export type CreateAuthorization = Static<typeof CreateAuthorization>

/** A code that is good once, for two minutes, and only with the verifier; `redirectTo` is the address that carries it. */
export const Authorization = Type.Object({ code: Type.String(), redirectTo: Type.String(), expiresAt: Timestamp })
export type Authorization = Static<typeof Authorization>

/** What a person is shown before they decide, and where the browser goes when they say no. */
export const AuthorizationPreview = Type.Object({ keyExpiresAt: Timestamp, deniedTo: Type.String() })
export type AuthorizationPreview = Static<typeof AuthorizationPreview>

export const CreateAuthorizationToken = Type.Object({
  code: Type.String({ minLength: 1, maxLength: 200 }),
  codeVerifier: Type.String({ pattern: '^[A-Za-z0-9._~-]{43,128}$' }),
})
