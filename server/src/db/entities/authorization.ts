import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm'
import { optional, primaryId, text, timestamp } from '../columns.js'

type Columns<T> = Record<keyof T, EntitySchemaColumnOptions>

/** A program that waits to be let in by a user code. It is nobody's until a member decides. */
export interface DeviceAuthorizationRow {
  id: string
  clientName: string
  /** Of the device code's secret, which only the program has. */
  secretHash: Buffer
  userCodeHash: Buffer
  status: 'pending' | 'allowed' | 'denied'
  intervalS: number
  createdAt: string
  expiresAt: string
  /** When the program asked last. */
  askedAt: string | null
  /** Who decided. */
  tenantId: string | null
  memberId: string | null
}

export const DeviceAuthorizationEntity = new EntitySchema<DeviceAuthorizationRow>({
  name: 'DeviceAuthorization',
  tableName: 'device_authorizations',
  columns: {
    id: primaryId,
    clientName: text,
    secretHash: { type: 'bytea' },
    userCodeHash: { type: 'bytea', unique: true },
    status: text,
    intervalS: { type: 'integer' },
    createdAt: timestamp,
    expiresAt: timestamp,
    askedAt: optional(timestamp),
    tenantId: optional(text),
    memberId: optional(text),
  } satisfies Columns<DeviceAuthorizationRow>,
  indices: [{ columns: ['expiresAt'] }],
  foreignKeys: [{ target: 'Member', columnNames: ['memberId'], referencedColumnNames: ['id'] }],
})

/** A code that a browser carries to a program; gone as soon as it is shown. */
export interface AuthorizationCodeRow {
  id: string
  tenantId: string
  memberId: string
  clientName: string
  secretHash: Buffer
  codeChallenge: string
  createdAt: string
  expiresAt: string
}

export const AuthorizationCodeEntity = new EntitySchema<AuthorizationCodeRow>({
  name: 'AuthorizationCode',
  tableName: 'authorization_codes',
  columns: {
    id: primaryId,
    tenantId: text,
    memberId: text,
    clientName: text,
    secretHash: { type: 'bytea' },
    codeChallenge: text,
    createdAt: timestamp,
    expiresAt: timestamp,
  } satisfies Columns<AuthorizationCodeRow>,
  indices: [{ columns: ['expiresAt'] }],
  foreignKeys: [{ target: 'Member', columnNames: ['memberId'], referencedColumnNames: ['id'] }],
})

/** What an assistant planned to submit, until its ten minutes are over. */
export interface JobPlanRow {
  id: string
  tenantId: string
  projectId: string
  memberId: string
  requestDigest: string
  secretHash: Buffer
  createdAt: string
  expiresAt: string
}

export const JobPlanEntity = new EntitySchema<JobPlanRow>({
  name: 'JobPlan',
  tableName: 'job_plans',
  columns: {
    id: primaryId,
    tenantId: text,
    projectId: text,
    memberId: text,
    requestDigest: text,
    secretHash: { type: 'bytea' },
    createdAt: timestamp,
    expiresAt: timestamp,
  } satisfies Columns<JobPlanRow>,
  indices: [{ columns: ['expiresAt'] }],
  foreignKeys: [{ target: 'Member', columnNames: ['memberId'], referencedColumnNames: ['id'] }],
})
