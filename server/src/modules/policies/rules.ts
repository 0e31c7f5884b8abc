import type { Locale, PolicyField, PolicyPreset, PolicyValues } from '@novabrain/contracts'

/** What is wrong with a change of the policy. */
export type PolicyChangeFault =
  | { readonly kind: 'unknown'; readonly field: string }
  | { readonly kind: 'invalid'; readonly field: string; readonly expected: string; readonly given: string }
  | { readonly kind: 'not_yours'; readonly field: string }

/** What the scheduler knows of policies; it is asked, never copied. */
export interface PolicyRules {
  /** The fields, of which the asker may change those of the cluster, or only those that each tenant has. */
  fields(asker: { readonly keepsCluster: boolean; readonly mayChange: boolean }, locale: Locale): PolicyField[]
  presets(locale: Locale): PolicyPreset[]
  /** The values of a preset, or `null` when there is none of the name. */
  preset(name: string): PolicyValues | null
  /** What is wrong with changes, the first fault in their order. */
  fault(values: PolicyValues, asker: { readonly keepsCluster: boolean }, locale: Locale): PolicyChangeFault | null
  /** The whole policy behind some values. */
  complete(values: PolicyValues): PolicyValues
  /** Of some values those that each tenant may have for itself. */
  ofTenant(values: PolicyValues): PolicyValues
}
