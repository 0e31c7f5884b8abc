import type { Static, TObject, TSchema } from '@sinclair/typebox'
import type { Role } from '../schema/tenant.js'
import type { ErrorCode } from '../errors/catalogue.js'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

/**
 * Who may call: `anyone`; a signed-in `member`; a member with a role in the project that the path names
 * (`:projectId`); a member who owns the `tenant`; the runner of the attempt that the path names (`:attemptId`).
 */
export type Access = 'anyone' | 'member' | Exclude<Role, 'owner'> | 'tenant' | 'attempt'

/** One route of the API, read by the server (which registers it), the typed client and the OpenAPI page. */
export interface Route {
  readonly method: Method
  readonly path: string
  readonly access: Access
  readonly summary: string
  readonly params?: TObject
  readonly query?: TObject
  readonly body?: TSchema
  /** `bytes`: the body is raw octets; `json` (the default): it follows `body`. */
  readonly bodyKind?: 'json' | 'bytes'
  readonly response: TSchema
  /** `bytes`: the answer is raw octets. */
  readonly responseKind?: 'json' | 'bytes'
  /** The route honours `Idempotency-Key`: a repeat gives the first answer and does nothing. */
  readonly idempotent?: boolean
  /** Errors of its own, beside those every route can give. */
  readonly errors: readonly ErrorCode[]
}

export type ParamsOf<R extends Route> = R['params'] extends TObject ? Static<R['params']> : Record<never, never>
export type QueryOf<R extends Route> = R['query'] extends TObject ? Static<R['query']> : Record<never, never>
export type BodyOf<R extends Route> = R['bodyKind'] extends 'bytes'
  ? Uint8Array
  : R['body'] extends TSchema
    ? Static<R['body']>
    : undefined
export type ResponseOf<R extends Route> = R['responseKind'] extends 'bytes' ? Uint8Array : Static<R['response']>

/** Declare a route, keeping its literal types. */
export const defineRoute = <const R extends Route>(route: R): R => route
