import type { EnvironmentPin, EnvironmentPinSummary } from '@novabrain/contracts'
import { LessThan } from 'typeorm'
import { parseLock } from '../../core/environment/lock.js'
import { EnvironmentPinEntity, type EnvironmentPinRow } from '../../db/entities/environment.js'
import type { ProjectScope, Tx } from '../../deps.js'

/** A pin of the project, or `null`. */
export const findPin = (
  tx: Tx,
  { tenantId, projectId }: ProjectScope,
  digest: string,
): Promise<EnvironmentPinRow | null> => tx.findOneBy(EnvironmentPinEntity, { tenantId, projectId, digest })

const pinOfCapture = `
  SELECT pin_digest AS digest FROM environment_captures
  WHERE project_id = $1 AND tenant_id = $2 AND capture_digest = $3`

/** The pin that a capture once became in the project, or `null`. */
export const findPinOfCapture = async (
  tx: Tx,
  scope: ProjectScope,
  captureDigest: string,
): Promise<EnvironmentPinRow | null> => {
  const rows: { digest: string }[] = await tx.query(pinOfCapture, [scope.projectId, scope.tenantId, captureDigest])
  return rows[0] === undefined ? null : findPin(tx, scope, rows[0].digest)
}

const insertPinSql = `
  INSERT INTO environment_pins (project_id, digest, tenant_id, python_version, platform, lock, package_count, unavailable,
    conflicts, cuda_version, created_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (project_id, digest) DO NOTHING RETURNING digest`

const insertCaptureSql = `
  INSERT INTO environment_captures (project_id, capture_digest, tenant_id, pin_digest, created_at)
  VALUES ($1, $2, $3, $4, $5) ON CONFLICT (project_id, capture_digest) DO NOTHING`

/** Keep a pin unless the project has it. Whether it is new. */
export const insertPin = async (tx: Tx, pin: EnvironmentPinRow): Promise<boolean> => {
  const rows: unknown[] = await tx.query(insertPinSql, [
    pin.projectId,
    pin.digest,
    pin.tenantId,
    pin.pythonVersion,
    pin.platform,
    pin.lock,
    pin.packageCount,
    JSON.stringify(pin.unavailable),
    JSON.stringify(pin.conflicts),
    pin.cudaVersion,
    pin.createdAt,
  ])
  return rows.length > 0
}

/** Note which pin a capture became. */
export const insertCapture = (
  tx: Tx,
  scope: ProjectScope,
  capture: { captureDigest: string; pinDigest: string; createdAt: string },
): Promise<unknown> =>
  tx.query(insertCaptureSql, [
    scope.projectId,
    capture.captureDigest,
    scope.tenantId,
    capture.pinDigest,
    capture.createdAt,
  ])

/** Pins of the project, newest first, after `before`; one more than `limit` tells whether there are more. */
export const listPins = (
  tx: Tx,
  { tenantId, projectId }: ProjectScope,
  { before, limit }: { before: { createdAt: string; digest: string } | null; limit: number },
): Promise<EnvironmentPinRow[]> =>
  tx.find(EnvironmentPinEntity, {
    select: {
      digest: true,
      pythonVersion: true,
      platform: true,
      packageCount: true,
      unavailable: true,
      conflicts: true,
      cudaVersion: true,
      createdAt: true,
    },
    where:
      before === null
        ? { tenantId, projectId }
        : [
            { tenantId, projectId, createdAt: LessThan(before.createdAt) },
            { tenantId, projectId, createdAt: before.createdAt, digest: LessThan(before.digest) },
          ],
    order: { createdAt: 'DESC', digest: 'DESC' },
    take: limit + 1,
  })

/** A row as others see it; its packages are read from the lock. */
export const pinOf = (row: EnvironmentPinRow): EnvironmentPin => ({
  digest: row.digest,
  pythonVersion: row.pythonVersion,
  platform: row.platform,
  packages: parseLock(row.lock),
  unavailable: row.unavailable,
  conflicts: row.conflicts,
  cudaVersion: row.cudaVersion,
  createdAt: row.createdAt,
})

/** A row without its packages. */
export const summaryOf = (row: EnvironmentPinRow): EnvironmentPinSummary => ({
  digest: row.digest,
  pythonVersion: row.pythonVersion,
  platform: row.platform,
  packageCount: row.packageCount,
  unavailable: row.unavailable,
  conflicts: row.conflicts,
  cudaVersion: row.cudaVersion,
  createdAt: row.createdAt,
})
