import {
  canonicalCapture,
  fail,
  type CreateEnvironmentPin,
  type EnvironmentCapture,
  type EnvironmentConflict,
  type EnvironmentPin,
  type EnvironmentPinResult,
  type EnvironmentPinSummary,
} from '@novabrain/contracts'
import { createHash } from 'node:crypto'
import { findClashes } from '../../core/environment/conflicts.js'
import { renderLock } from '../../core/environment/lock.js'
import { platformName } from '../../core/environment/platform.js'
import type { EnvironmentPinRow } from '../../db/entities/environment.js'
import type { Deps, ProjectScope, Tx } from '../../deps.js'
import { advise } from './advice.js'
import { findPin, findPinOfCapture, insertCapture, insertPin, listPins, pinOf, summaryOf } from './repository.js'
import type { Resolution, Resolver } from './resolver.js'

export type EnvironmentPinService = ReturnType<typeof createEnvironmentPinService>

type Locked =
  | { readonly kind: 'pin'; readonly row: Omit<EnvironmentPinRow, 'projectId' | 'tenantId' | 'createdAt'> }
  | { readonly kind: 'conflict'; readonly conflicts: EnvironmentConflict[] }

/** Pins of Python environments: what a capture becomes when uv has locked it. */
export const createEnvironmentPinService = ({ database, clock, audit, log }: Deps, resolver: Resolver) => {
  const underWay = new Map<string, Promise<Locked>>()

  /** Equal captures that come at the same time are locked once. */
  const lockOnce = (captureDigest: string, capture: EnvironmentCapture): Promise<Locked> => {
    const running = underWay.get(captureDigest) ?? lock(resolver, capture)
    underWay.set(captureDigest, running)
    return running.finally(() => underWay.delete(captureDigest))
  }

  const keep = (scope: ProjectScope, captureDigest: string, locked: Extract<Locked, { kind: 'pin' }>) =>
    database.transaction(scope, async (tx) => {
      const { tenantId, projectId } = scope
      const row = { ...locked.row, tenantId, projectId, createdAt: clock.now() }
      const isNew = await insertPin(tx, row)
      await insertCapture(tx, scope, { captureDigest, pinDigest: row.digest, createdAt: row.createdAt })
      const detail = { packages: row.packageCount, unavailable: row.unavailable.length }
      if (isNew) await audit.append(tx, scope, { action: 'environment_pinned', subject: row.digest, detail })
      return (await findPin(tx, scope, row.digest)) ?? row
    })

  return {
    /**
     * Pin a captured environment. Errors: `capture_digest_mismatch`, `environment_resolver_missing`,
     * `package_index_unreachable`, `environment_resolve_failed`.
     */
    async pin(scope: ProjectScope, { captureDigest, capture }: CreateEnvironmentPin): Promise<EnvironmentPinResult> {
      const known = await database.transaction(scope, (tx) => findPinOfCapture(tx, scope, captureDigest))
      if (known !== null) return { status: 'pinned', pin: pinOf(known) }
      if (capture === undefined) return { status: 'capture_needed' }
      if (sha256(canonicalCapture(capture)) !== captureDigest) return fail('capture_digest_mismatch')
      const locked = await lockOnce(captureDigest, capture)
      if (locked.kind === 'conflict') return { status: 'conflict', conflicts: locked.conflicts }
      const row = await keep(scope, captureDigest, locked)
      log.info({ projectId: scope.projectId, pin: row.digest, packages: row.packageCount }, 'an environment was pinned')
      return { status: 'pinned', pin: pinOf(row) }
    },

    /** Pins of the project, newest first. */
    async list(scope: ProjectScope, page: { cursor?: string; limit?: number }) {
      const limit = page.limit ?? 50
      const before = page.cursor === undefined ? null : readCursor(page.cursor)
      const rows = await database.transaction(scope, (tx) => listPins(tx, scope, { before, limit }))
      const items: EnvironmentPinSummary[] = rows.slice(0, limit).map(summaryOf)
      const last = items.at(-1)
      return {
        items,
        nextCursor: rows.length > limit && last !== undefined ? `${last.createdAt}_${last.digest}` : null,
      }
    },

    /** Errors: `environment_pin_not_found`. */
    async get(scope: ProjectScope, digest: string): Promise<EnvironmentPin> {
      const row = await database.transaction(scope, (tx) => findPin(tx, scope, digest))
      return row === null ? fail('environment_pin_not_found') : pinOf(row)
    },

    /** The bytes of the lock, as text. Errors: `environment_pin_not_found`. */
    async lock(scope: ProjectScope, digest: string): Promise<string> {
      const row = await database.transaction(scope, (tx) => findPin(tx, scope, digest))
      return row === null ? fail('environment_pin_not_found') : row.lock
    },

    /** A pin of the project with its lock inside a transaction, or `null`. */
    find: (tx: Tx, scope: ProjectScope, digest: string): Promise<EnvironmentPinRow | null> =>
      findPin(tx, scope, digest),
  }
}

const lock = async (resolver: Resolver, capture: EnvironmentCapture): Promise<Locked> => {
  const [resolution, conflicts] = await Promise.all([
    resolver.lock(capture),
    advise(resolver, capture, findClashes(capture)),
  ])
  if (resolution.kind === 'refused')
    return { kind: 'conflict', conflicts: [await refusal(resolver, capture, resolution)] }
  const { packages, unavailable } = resolution
  const { pythonVersion, implementation, cudaVersion } = capture
  const platform = platformName(capture)
  const text = renderLock({ pythonVersion, implementation, platform, cudaVersion, packages, unavailable })
  const facts = { pythonVersion, platform, cudaVersion, packageCount: packages.length, conflicts }
  return { kind: 'pin', row: { ...facts, digest: sha256(text), lock: text, unavailable: [...unavailable] } }
}

/** A package that refuses this Python, and the version of it that does not. */
const refusal = async (
  resolver: Resolver,
  capture: EnvironmentCapture,
  { conflict }: Extract<Resolution, { kind: 'refused' }>,
): Promise<EnvironmentConflict> => {
  const version = (await resolver.resolve(capture, [conflict.package], 'highest'))?.get(conflict.package)
  return { ...conflict, suggestion: version === undefined ? null : `${conflict.package}==${version}` }
}

const readCursor = (cursor: string): { createdAt: string; digest: string } => {
  const [, createdAt, digest] = /^(\d{4}-\d{2}-\d{2}T[\d:.]+Z)_([0-9a-f]{64})$/.exec(cursor) ?? []
  if (createdAt === undefined || digest === undefined)
    return fail('invalid_request', { detail: 'cursor', field: 'cursor' })
  return { createdAt, digest }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
