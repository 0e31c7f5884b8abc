import { Type, type Static } from '@sinclair/typebox'
import { Name, nullable, Slug, Timestamp } from './common.js'

/** What a field of a policy may hold; the field says which, and inside what bounds. */
export const PolicyValue = Type.Union([Type.Boolean(), Type.Integer(), Type.String({ maxLength: 100 })])
export type PolicyValue = Static<typeof PolicyValue>

/** A policy by its fields, such as `preemption.enabled`. */
export const PolicyValues = Type.Record(Type.String({ maxLength: 100 }), PolicyValue)
export type PolicyValues = Static<typeof PolicyValues>

/** A field of the policy, told in the language of the asker. The server alone knows which there are. */
export const PolicyField = Type.Object({
  /** Its place in the policy. */
  field: Type.String(),
  kind: Type.Union([Type.Literal('integer'), Type.Literal('flag'), Type.Literal('choice')]),
  label: Type.String(),
  meaning: Type.String(),
  /** For a whole number: what it counts (`ms`, `count`, `factor`, `weight`, `permille`, `quarters`, `cores`) and its bounds. */
  unit: nullable(Type.String()),
  minimum: nullable(Type.Integer()),
  maximum: nullable(Type.Integer()),
  /** For a choice: what may be chosen. */
  choices: nullable(Type.Array(Type.Object({ value: Type.String(), label: Type.String() }))),
  /** It only means something while another field has one of these values. */
  when: nullable(Type.Object({ field: Type.String(), is: Type.Array(Type.String()) })),
  /** Whether the asker may change it. */
  mayChange: Type.Boolean(),
})
export type PolicyField = Static<typeof PolicyField>

/** A policy with a name, to begin from. */
export const PolicyPreset = Type.Object({
  name: Slug,
  title: Type.String(),
  meaning: Type.String(),
  values: PolicyValues,
})
export type PolicyPreset = Static<typeof PolicyPreset>

/** How the jobs of the asker's tenant are scheduled now, and by whose decision. Version 0 is what the server came with. */
export const SchedulingPolicy = Type.Object({
  version: Type.Integer({ minimum: 0 }),
  values: PolicyValues,
  /** The preset that has exactly these values. */
  preset: nullable(Slug),
  changedBy: nullable(Name),
  changedAt: nullable(Timestamp),
  reason: nullable(Type.String()),
  /** Whether the tenant keeps the policy of the whole cluster; others change what is theirs of it. */
  keepsCluster: Type.Boolean(),
  fields: Type.Array(PolicyField),
})
export type SchedulingPolicy = Static<typeof SchedulingPolicy>

/** Some new values, over those of a preset if one is named, and why. With `version` it is refused when somebody was faster. */
export const ChangePolicy = Type.Object({
  values: Type.Optional(PolicyValues),
  preset: Type.Optional(Slug),
  reason: Type.String({ minLength: 1, maxLength: 500 }),
  version: Type.Optional(Type.Integer({ minimum: 0 })),
})
export type ChangePolicy = Static<typeof ChangePolicy>

/** One version of the policy: who made it, when, why, and what was different from the one before. */
export const PolicyChange = Type.Object({
  version: Type.Integer({ minimum: 1 }),
  changedBy: Name,
  changedAt: Timestamp,
  reason: Type.String(),
  preset: nullable(Slug),
  changes: Type.Array(
    Type.Object({ field: Type.String(), before: nullable(PolicyValue), after: nullable(PolicyValue) }),
  ),
})
export type PolicyChange = Static<typeof PolicyChange>
