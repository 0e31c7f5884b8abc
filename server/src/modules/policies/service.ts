import {
  fail,
  type ChangePolicy,
  type Locale,
  type PolicyChange,
  type PolicyPreset,
  type PolicyValues,
  type SchedulingPolicy,
} from '@novabrain/contracts'
import type { PolicyRow } from '../../db/entities/scheduling.js'
import { systemScope, type Deps, type TenantScope, type Tx } from '../../deps.js'
import { announceCluster } from '../nodes/cluster.js'
import { currentPolicy, insertPolicy, listPolicies, lockPolicies, operatorTenantId } from './repository.js'
import type { PolicyChangeFault, PolicyRules } from './rules.js'

export type PolicyService = ReturnType<typeof createPolicyService>

const mostVersions = 200

/** Who asks, with the name that stands beside a change. */
export interface PolicyAsker extends TenantScope {
  readonly memberName: string
}

/**
 * How jobs are scheduled. The first tenant keeps the policy of the cluster; others see it, and change only what each
 * tenant has for its own queues. Every version stays.
 */
export const createPolicyService = ({ database, clock, outbox, audit, rules }: Deps & { rules: PolicyRules }) => {
  const read = async (tx: Tx, scope: TenantScope, locale: Locale): Promise<SchedulingPolicy> => {
    const operator = await operatorTenantId(tx)
    const keepsCluster = operator === scope.tenantId
    const own = await currentPolicy(tx, scope.tenantId)
    const clusters = keepsCluster || operator === null ? own : await currentPolicy(tx, operator)
    const values = rules.complete({
      ...clusters?.fieldValues,
      ...(keepsCluster ? {} : rules.ofTenant(own?.fieldValues ?? {})),
    })
    return {
      version: own?.version ?? 0,
      values,
      preset: presetOf(rules, values),
      changedBy: own?.changedBy ?? null,
      changedAt: own?.createdAt ?? null,
      reason: own?.reason ?? null,
      keepsCluster,
      fields: rules.fields({ keepsCluster, mayChange: scope.tenantOwner }, locale),
    }
  }

  return {
    /** The policy that holds for the tenant now. */
    get(scope: TenantScope, locale: Locale): Promise<SchedulingPolicy> {
      return database.transaction(systemScope, (tx) => read(tx, scope, locale))
    },

    presets: (locale: Locale): PolicyPreset[] => rules.presets(locale),

    /**
     * Make a new version. Plans made on the old one are refused, and the scheduler looks again at once. Errors:
     * `policy_field_unknown`, `policy_field_invalid`, `policy_preset_unknown`, `policy_not_yours`, `policy_changed`.
     */
    change(asker: PolicyAsker, change: ChangePolicy, locale: Locale): Promise<SchedulingPolicy> {
      return database.transaction(systemScope, async (tx) => {
        await lockPolicies(tx, asker.tenantId)
        const before = await read(tx, asker, locale)
        if (change.version !== undefined && change.version !== before.version)
          return fail('policy_changed', { version: before.version })
        const row = rowOf(before, change, asker, { rules, locale, now: clock.now() })
        await insertPolicy(tx, row)
        await announceCluster(tx, outbox, before.keepsCluster ? null : asker.tenantId, { type: 'queues_changed' })
        await audit.append(tx, asker, {
          action: 'scheduling_policy_changed',
          subject: `version ${String(row.version)}`,
          detail: { reason: row.reason, preset: row.preset, changes: differences(before.values, row.fieldValues) },
        })
        return read(tx, asker, locale)
      })
    },

    /** Every version of the tenant's own policy, newest first, with what changed. */
    history(scope: TenantScope): Promise<PolicyChange[]> {
      return database.transaction(scope, async (tx) => {
        const rows = await listPolicies(tx, scope.tenantId, mostVersions + 1)
        return rows.slice(0, mostVersions).map((row, index) => changeOf(row, rows[index + 1] ?? null, rules))
      })
    },
  }
}

const presetOf = (rules: PolicyRules, values: PolicyValues): string | null =>
  rules.presets('en').find((preset) => differences(preset.values, values).length === 0)?.name ?? null

const rowOf = (
  before: SchedulingPolicy,
  { preset, values = {}, reason }: ChangePolicy,
  asker: PolicyAsker,
  { rules, locale, now }: { rules: PolicyRules; locale: Locale; now: string },
): PolicyRow => {
  const begun = preset === undefined ? {} : (rules.preset(preset) ?? fail('policy_preset_unknown', { preset }))
  const { keepsCluster } = before
  const fault = rules.fault(values, { keepsCluster }, locale)
  if (fault !== null) return refuse(fault)
  const whole = rules.complete({ ...before.values, ...(keepsCluster ? begun : rules.ofTenant(begun)), ...values })
  return {
    tenantId: asker.tenantId,
    version: before.version + 1,
    fieldValues: keepsCluster ? whole : rules.ofTenant(whole),
    preset: presetOf(rules, whole),
    reason,
    changedById: asker.memberId,
    changedBy: asker.memberName,
    createdAt: now,
  }
}

const refuse = (fault: PolicyChangeFault): never => {
  switch (fault.kind) {
    case 'unknown':
      return fail('policy_field_unknown', { field: fault.field })
    case 'not_yours':
      return fail('policy_not_yours', { field: fault.field })
    case 'invalid':
      return fail('policy_field_invalid', { field: fault.field, expected: fault.expected, given: fault.given })
  }
}

const differences = (before: PolicyValues, after: PolicyValues): PolicyChange['changes'] =>
  [...new Set([...Object.keys(before), ...Object.keys(after)])]
    .filter((field) => before[field] !== after[field])
    .map((field) => ({ field, before: before[field] ?? null, after: after[field] ?? null }))

const changeOf = (row: PolicyRow, before: PolicyRow | null, rules: PolicyRules): PolicyChange => ({
  version: row.version,
  changedBy: row.changedBy,
  changedAt: row.createdAt,
  reason: row.reason,
  preset: row.preset,
  changes: differences(before?.fieldValues ?? ownDefault(row, rules), row.fieldValues),
})

/** What held before the first version: the policy that the server came with, as far as the row speaks of it. */
const ownDefault = ({ fieldValues }: PolicyRow, rules: PolicyRules): PolicyValues =>
  Object.fromEntries(Object.entries(rules.complete({})).filter(([field]) => field in fieldValues))
