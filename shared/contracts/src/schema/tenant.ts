import { Type, type Static } from '@sinclair/typebox'
import { Id, Name, nullable, Slug, Timestamp } from './common.js'

/** What a member may do: in a project `viewer` reads, `editor` runs, `admin` manages; `owner` manages the tenant. */
export const Role = Type.Union([
  Type.Literal('viewer'),
  Type.Literal('editor'),
  Type.Literal('admin'),
  Type.Literal('owner'),
])
export type Role = Static<typeof Role>

export const Tenant = Type.Object({ id: Id, name: Slug, createdAt: Timestamp })
export type Tenant = Static<typeof Tenant>

export const Project = Type.Object({ id: Id, tenantId: Id, name: Slug, createdAt: Timestamp })
export type Project = Static<typeof Project>
export const CreateProject = Type.Pick(Project, ['name'])

/** A person of a tenant. Owners have every project; others have the roles of their memberships. */
export const Member = Type.Object({
  id: Id,
  tenantId: Id,
  name: Name,
  tenantOwner: Type.Boolean(),
  createdAt: Timestamp,
})
export type Member = Static<typeof Member>
export const CreateMember = Type.Object({ name: Name, tenantOwner: Type.Optional(Type.Boolean()) })

export const Membership = Type.Object({ memberId: Id, memberName: Name, role: Role })
export type Membership = Static<typeof Membership>
export const PutMembership = Type.Object({ role: Type.Exclude(Role, Type.Literal('owner')) })

/** An API key as it is listed; its secret is shown once, when it is made. */
export const ApiKey = Type.Object({
  id: Id,
  memberId: Id,
  name: Name,
  createdAt: Timestamp,
  expiresAt: nullable(Timestamp),
  revokedAt: nullable(Timestamp),
  lastUsedAt: nullable(Timestamp),
})
export type ApiKey = Static<typeof ApiKey>
export const CreateApiKey = Type.Object({
  name: Name,
  memberId: Type.Optional(Id),
  expiresAt: Type.Optional(nullable(Timestamp)),
})
export const CreatedApiKey = Type.Intersect([ApiKey, Type.Object({ token: Type.String() })])
export type CreatedApiKey = Static<typeof CreatedApiKey>

/** Who is asking, and what they may see. */
export const Me = Type.Object({
  member: Member,
  tenant: Tenant,
  projects: Type.Array(Type.Object({ project: Project, role: Role })),
  serverVersion: Type.String(),
})
export type Me = Static<typeof Me>

export const AuditEvent = Type.Object({
  id: Id,
  at: Timestamp,
  memberId: nullable(Id),
  action: Type.String(),
  subject: Type.String(),
  detail: Type.Record(Type.String(), Type.Unknown()),
})
export type AuditEvent = Static<typeof AuditEvent>
