import type { Access, Locale, Member, Project, Role, Tenant } from '@novabrain/contracts'
import type { ProjectScope, TenantScope } from '../deps.js'

/** Who a request comes from. */
export type Identity = MemberIdentity | AttemptIdentity

export interface MemberIdentity {
  readonly kind: 'member'
  readonly member: Member
  readonly tenant: Tenant
  /** The projects the member may see, with the role in each. */
  readonly projects: readonly { readonly project: Project; readonly role: Role }[]
  readonly via: 'api_key' | 'session'
  readonly sessionId: string | null
  readonly apiKeyId: string
}

/** The runner of an attempt, or a program running in it, with the token of that attempt. */
export interface AttemptIdentity {
  readonly kind: 'attempt'
  readonly attemptId: string
  readonly jobId: string
  readonly runId: string
  readonly tenantId: string
  readonly projectId: string
  /** The one who submitted the job. */
  readonly memberName: string
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call; a stale credential does not hinder a route for `anyone`. */
    access?: Access
  }
  interface FastifyRequest {
    /** Set by the authentication hook; `null` for an anonymous request. */
    identity: Identity | null
    /** Set for routes of the table, once the caller is known and allowed. */
    scope: ProjectScope | TenantScope | null
    locale: Locale
  }
}
