import { fail, type Role, type Route } from '@novabrain/contracts'
import type { FastifyRequest } from 'fastify'
import type { ProjectScope, TenantScope } from '../deps.js'
import type { Identity, MemberIdentity } from './identity.js'

/** The scope a route's handler gets, by its access. */
export type ScopeOf<R extends Route> = R['access'] extends 'anyone'
  ? null
  : R['access'] extends 'member' | 'tenant'
    ? TenantScope
    : ProjectScope

const rank: Readonly<Record<Role, number>> = { viewer: 1, editor: 2, admin: 3, owner: 4 }

/**
 * The scope of a request on a route, or an error: `unauthenticated`, `permission_denied`, and `project_not_found` for a
 * project that is not the caller's, so that nobody learns what exists elsewhere.
 */
export const scopeOf = <R extends Route>(route: R, request: FastifyRequest): ScopeOf<R> =>
  resolve(route, request) as ScopeOf<R>

const resolve = (route: Route, request: FastifyRequest): ProjectScope | TenantScope | null => {
  const { access } = route
  const identity = request.identity
  if (access === 'anyone') return null
  if (identity === null) return fail('unauthenticated')
  const params = request.params as Readonly<Record<string, string>>
  if (access === 'attempt') return attemptScope(identity, params['attemptId'])
  if (access === 'member' || access === 'tenant') return tenantScope(identity, access)
  return projectScope(identity, params['projectId'] ?? '', access)
}

const attemptScope = (identity: Identity, attemptId: string | undefined): ProjectScope => {
  if (identity.kind !== 'attempt' || identity.attemptId !== attemptId) return fail('attempt_token_invalid')
  return scopeOfAttempt(identity)
}

const scopeOfAttempt = (identity: Extract<Identity, { kind: 'attempt' }>): ProjectScope => ({
  kind: 'project',
  tenantId: identity.tenantId,
  projectId: identity.projectId,
  role: 'editor',
  memberId: null,
  memberName: identity.memberName,
  attemptId: identity.attemptId,
  attemptRunId: identity.runId,
})

const tenantScope = (identity: Identity, access: 'member' | 'tenant'): TenantScope => {
  if (identity.kind !== 'member') return fail('permission_denied', { role: 'viewer' })
  if (access === 'tenant' && !identity.member.tenantOwner) return fail('permission_denied', { role: 'owner' })
  return {
    kind: 'tenant',
    tenantId: identity.tenant.id,
    memberId: identity.member.id,
    tenantOwner: identity.member.tenantOwner,
  }
}

/**
 * The project scope of a caller for a project, requiring a role. Also used by the MLflow façade, whose project comes
 * from a header. An attempt's token reads and writes tracking data of its own project, and nothing that submits.
 */
export const projectScope = (identity: Identity, projectId: string, role: Role): ProjectScope => {
  if (identity.kind === 'attempt') return fail('permission_denied', { role })
  const membership = identity.projects.find((entry) => entry.project.id === projectId)
  if (membership === undefined) return fail('project_not_found')
  if (rank[membership.role] < rank[role]) return fail('permission_denied', { role })
  return scopeOfMember(identity, membership)
}

const scopeOfMember = (
  identity: MemberIdentity,
  membership: { project: { id: string }; role: Role },
): ProjectScope => ({
  kind: 'project',
  tenantId: identity.tenant.id,
  projectId: membership.project.id,
  role: membership.role,
  memberId: identity.member.id,
  memberName: identity.member.name,
  attemptId: null,
})

/** The scope for MLflow's routes: the attempt's own project, or the one named by header, else the caller's first. */
export const trackingScope = (identity: Identity | null, projectName: string | undefined, role: Role): ProjectScope => {
  if (identity === null) return fail('unauthenticated')
  if (identity.kind === 'attempt') return scopeOfAttempt(identity)
  const named = identity.projects.find((entry) => projectName === undefined || entry.project.name === projectName)
  if (named === undefined) return fail('project_not_found')
  return projectScope(identity, named.project.id, role)
}
