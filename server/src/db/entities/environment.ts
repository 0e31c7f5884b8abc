import type {
  CodeSnapshot,
  EnvironmentConflict,
  ExcludedFile,
  GitState,
  SnapshotFile,
  UnavailablePackage,
} from '@novabrain/contracts'
import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm'
import { json, optional, primaryId, text, timestamp } from '../columns.js'
import { ofBlob } from './blobs.js'

type Columns<T> = Record<keyof T, EntitySchemaColumnOptions>

/** That a project has the bytes with a digest: someone uploaded them here, or a run of it made them. */
export interface ProjectBlobRow {
  projectId: string
  digest: string
  tenantId: string
  sizeBytes: number
  createdAt: string
  /** When it was last uploaded or asked for; what nobody uses goes some time later. */
  touchedAtMs: number
}

export const ProjectBlobEntity = new EntitySchema<ProjectBlobRow>({
  name: 'ProjectBlob',
  tableName: 'project_blobs',
  columns: {
    projectId: primaryId,
    digest: primaryId,
    tenantId: text,
    sizeBytes: { type: 'bigint' },
    createdAt: timestamp,
    touchedAtMs: { type: 'bigint', default: 0 },
  } satisfies Columns<ProjectBlobRow>,
  indices: [{ columns: ['digest'] }],
  foreignKeys: [ofBlob],
})

/** A snapshot as it is kept. */
export interface CodeSnapshotRow extends CodeSnapshot {
  tenantId: string
  projectId: string
  files: SnapshotFile[]
  excluded: ExcludedFile[]
  git: GitState | null
}

export const CodeSnapshotEntity = new EntitySchema<CodeSnapshotRow>({
  name: 'CodeSnapshot',
  tableName: 'code_snapshots',
  columns: {
    id: primaryId,
    tenantId: text,
    projectId: text,
    digest: text,
    files: json,
    excluded: json,
    git: optional(json),
    createdAt: timestamp,
  } satisfies Columns<CodeSnapshotRow>,
  indices: [{ columns: ['projectId', 'digest'] }],
})

/** A pin as it is kept: its packages are read from the lock. */
export interface EnvironmentPinRow {
  projectId: string
  digest: string
  tenantId: string
  pythonVersion: string
  platform: string
  lock: string
  packageCount: number
  unavailable: UnavailablePackage[]
  conflicts: EnvironmentConflict[]
  cudaVersion: string | null
  createdAt: string
}

export const EnvironmentPinEntity = new EntitySchema<EnvironmentPinRow>({
  name: 'EnvironmentPin',
  tableName: 'environment_pins',
  columns: {
    projectId: primaryId,
    digest: primaryId,
    tenantId: text,
    pythonVersion: text,
    platform: text,
    lock: text,
    packageCount: { type: 'integer' },
    unavailable: json,
    conflicts: json,
    cudaVersion: optional(text),
    createdAt: timestamp,
  } satisfies Columns<EnvironmentPinRow>,
  indices: [{ columns: ['projectId', 'createdAt'] }],
})

/** Which pin a capture became, so that the same environment is not locked again. */
export interface EnvironmentCaptureRow {
  projectId: string
  captureDigest: string
  tenantId: string
  pinDigest: string
  createdAt: string
}

export const EnvironmentCaptureEntity = new EntitySchema<EnvironmentCaptureRow>({
  name: 'EnvironmentCapture',
  tableName: 'environment_captures',
  columns: {
    projectId: primaryId,
    captureDigest: primaryId,
    tenantId: text,
    pinDigest: text,
    createdAt: timestamp,
  } satisfies Columns<EnvironmentCaptureRow>,
  foreignKeys: [
    {
      target: 'EnvironmentPin',
      columnNames: ['projectId', 'pinDigest'],
      referencedColumnNames: ['projectId', 'digest'],
      onDelete: 'CASCADE',
    },
  ],
})
