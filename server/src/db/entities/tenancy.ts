import type { ApiKey, Member, Project, Role, Tenant } from '@novabrain/contracts'
import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm'
import { optional, primaryId, text, timestamp } from '../columns.js'

type Columns<T> = Record<keyof T, EntitySchemaColumnOptions>

export const TenantEntity = new EntitySchema<Tenant>({
  name: 'Tenant',
  tableName: 'tenants',
  columns: { id: primaryId, name: { ...text, unique: true }, createdAt: timestamp } satisfies Columns<Tenant>,
})

export const ProjectEntity = new EntitySchema<Project>({
  name: 'Project',
  tableName: 'projects',
  columns: { id: primaryId, tenantId: text, name: text, createdAt: timestamp } satisfies Columns<Project>,
  uniques: [{ columns: ['tenantId', 'name'] }],
  foreignKeys: [{ target: 'Tenant', columnNames: ['tenantId'], referencedColumnNames: ['id'] }],
})

export const MemberEntity = new EntitySchema<Member>({
  name: 'Member',
  tableName: 'members',
  columns: {
    id: primaryId,
    tenantId: text,
    name: text,
    tenantOwner: { type: 'boolean' },
    createdAt: timestamp,
  } satisfies Columns<Member>,
  uniques: [{ columns: ['tenantId', 'name'] }],
  foreignKeys: [{ target: 'Tenant', columnNames: ['tenantId'], referencedColumnNames: ['id'] }],
})

/** A member's role in a project, as it is kept. */
export interface MembershipRow {
  projectId: string
  memberId: string
  tenantId: string
  role: Exclude<Role, 'owner'>
}

export const MembershipEntity = new EntitySchema<MembershipRow>({
  name: 'Membership',
  tableName: 'memberships',
  columns: { projectId: primaryId, memberId: primaryId, tenantId: text, role: text } satisfies Columns<MembershipRow>,
  indices: [{ columns: ['memberId'] }],
  foreignKeys: [
    { target: 'Project', columnNames: ['projectId'], referencedColumnNames: ['id'] },
    { target: 'Member', columnNames: ['memberId'], referencedColumnNames: ['id'] },
  ],
})

/** An API key as it is kept: with the hash of its secret, which no answer ever holds. */
export interface ApiKeyRow extends ApiKey {
  tenantId: string
  secretHash: Buffer
}

export const ApiKeyEntity = new EntitySchema<ApiKeyRow>({
  name: 'ApiKey',
  tableName: 'api_keys',
  columns: {
    id: primaryId,
    tenantId: text,
    memberId: text,
    name: text,
    secretHash: { type: 'bytea' },
    createdAt: timestamp,
    expiresAt: optional(timestamp),
    revokedAt: optional(timestamp),
    lastUsedAt: optional(timestamp),
  } satisfies Columns<ApiKeyRow>,
  indices: [{ columns: ['memberId'] }],
  foreignKeys: [{ target: 'Member', columnNames: ['memberId'], referencedColumnNames: ['id'] }],
})

/** A browser's session; it ends with the API key it was opened with. */
export interface SessionRow {
  id: string
  tenantId: string
  memberId: string
  apiKeyId: string
  secretHash: Buffer
  createdAt: string
  expiresAt: string
}

export const SessionEntity = new EntitySchema<SessionRow>({
  name: 'Session',
  tableName: 'sessions',
  columns: {
    id: primaryId,
    tenantId: text,
    memberId: text,
    apiKeyId: text,
    secretHash: { type: 'bytea' },
    createdAt: timestamp,
    expiresAt: timestamp,
  } satisfies Columns<SessionRow>,
  foreignKeys: [
    { target: 'Member', columnNames: ['memberId'], referencedColumnNames: ['id'] },
    { target: 'ApiKey', columnNames: ['apiKeyId'], referencedColumnNames: ['id'] },
  ],
})
