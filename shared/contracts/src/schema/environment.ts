import { Type, type Static } from '@sinclair/typebox'
import { Digest, nullable, Timestamp } from './common.js'

/** One distribution installed in a Python environment, as `importlib.metadata` tells it. */
export const Distribution = Type.Object({
  name: Type.String({ minLength: 1, maxLength: 200 }),
  version: Type.String({ minLength: 1, maxLength: 200 }),
  /** The requirements it declares (PEP 508), for naming what clashes. */
  requires: Type.Optional(Type.Array(Type.String({ maxLength: 1000 }), { maxItems: 1000 })),
  /** Where it came from when not from an index (PEP 610). */
  directUrl: Type.Optional(Type.String({ maxLength: 2000 })),
  editable: Type.Optional(Type.Boolean()),
  installer: Type.Optional(Type.String({ maxLength: 100 })),
})
export type Distribution = Static<typeof Distribution>

/** What the active interpreter said of itself. */
export const EnvironmentCapture = Type.Object({
  pythonVersion: Type.String({ pattern: '^\\d+\\.\\d+\\.\\d+' }),
  implementation: Type.String({ maxLength: 50 }),
  system: Type.String({ maxLength: 50 }),
  machine: Type.String({ maxLength: 50 }),
  libc: nullable(Type.String({ maxLength: 50 })),
  cudaVersion: nullable(Type.String({ maxLength: 50 })),
  driverVersion: nullable(Type.String({ maxLength: 50 })),
  distributions: Type.Array(Distribution, { maxItems: 5000 }),
})
export type EnvironmentCapture = Static<typeof EnvironmentCapture>

/** One locked package: exact version and the hashes of the files that may be installed. */
export const LockedPackage = Type.Object({
  name: Type.String(),
  version: Type.String(),
  hashes: Type.Array(Type.String()),
})
export type LockedPackage = Static<typeof LockedPackage>

/** A package left out of a pin since no index has it, and what can be done. */
export const UnavailablePackage = Type.Object({
  name: Type.String(),
  version: Type.String(),
  reason: Type.Union([
    Type.Literal('editable'),
    Type.Literal('local'),
    Type.Literal('conda_only'),
    Type.Literal('not_on_index'),
  ]),
  origin: nullable(Type.String()),
})
export type UnavailablePackage = Static<typeof UnavailablePackage>

/** Two requirements that cannot hold together, who asks for each, and the nearest change that resolves it. */
export const EnvironmentConflict = Type.Object({
  package: Type.String(),
  installed: nullable(Type.String()),
  left: Type.Object({ requirement: Type.String(), requiredBy: Type.String() }),
  right: Type.Object({ requirement: Type.String(), requiredBy: Type.String() }),
  /** A pip-style change such as `pandas==2.3.3`, or `null` when none was found. */
  suggestion: nullable(Type.String()),
})
export type EnvironmentConflict = Static<typeof EnvironmentConflict>

/** A Python environment, locked with hashes. Its digest is the SHA-256 of the lock's bytes: equal locks, equal pins. */
export const EnvironmentPin = Type.Object({
  digest: Digest,
  pythonVersion: Type.String(),
  platform: Type.String(),
  packages: Type.Array(LockedPackage),
  unavailable: Type.Array(UnavailablePackage),
  /** Requirements that what is installed breaks. It runs where it was captured, so it is pinned all the same. */
  conflicts: Type.Optional(Type.Array(EnvironmentConflict)),
  cudaVersion: nullable(Type.String()),
  createdAt: Timestamp,
})
export type EnvironmentPin = Static<typeof EnvironmentPin>

/** A pin without its packages, for lists. */
export const EnvironmentPinSummary = Type.Composite([
  Type.Omit(EnvironmentPin, ['packages']),
  Type.Object({ packageCount: Type.Integer({ minimum: 0 }) }),
])
export type EnvironmentPinSummary = Static<typeof EnvironmentPinSummary>

/** Ask for a pin by the digest of a capture first (`captureDigest`), and send the whole capture only when it is unknown. */
export const CreateEnvironmentPin = Type.Object({
  captureDigest: Digest,
  capture: Type.Optional(EnvironmentCapture),
})
export type CreateEnvironmentPin = Static<typeof CreateEnvironmentPin>

/** `pinned` with the pin; `capture_needed` when the digest is new here; `conflict` when the exact set cannot be installed. */
export const EnvironmentPinResult = Type.Union([
  Type.Object({ status: Type.Literal('pinned'), pin: EnvironmentPin }),
  Type.Object({ status: Type.Literal('capture_needed') }),
  Type.Object({ status: Type.Literal('conflict'), conflicts: Type.Array(EnvironmentConflict) }),
])
export type EnvironmentPinResult = Static<typeof EnvironmentPinResult>
