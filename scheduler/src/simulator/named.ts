import { namedPolicies } from '../policy/named.js'
import type { Policy } from '../policy/policy.js'
import { corePolicy, type OracleMaker } from './engine/core-policy.js'
import { noOracle } from './engine/oracles.js'
import type { PolicyMaker } from './engine/policy.js'
import { las2d, srsf, srtf } from './policies/preemptive.js'
import { easy, fifo, fifoSkipping, sjf, sjfSkipping } from './policies/queue.js'
import { themis } from './policies/themis.js'

/** Policies of other schedulers, to compare with; those that look at run times believe the same oracle as ours. */
const baselines = (oracle: OracleMaker): readonly PolicyMaker[] => [
  fifo,
  fifoSkipping,
  easy(oracle),
  sjf(oracle),
  sjfSkipping(oracle),
  las2d(),
  srtf(oracle),
  srsf(oracle),
  themis(oracle),
]

/** A policy by its name: one of the server's (`default`), or one of others to compare with (`FIFO`). */
export const policyNamed = (name: string, oracle: OracleMaker): PolicyMaker | null => {
  const own = namedPolicies.find((policy) => policy.name === name)
  if (own !== undefined) return corePolicy({ name: `NovaBrain ${own.name}`, policy: withoutWords(own.policy), oracle })
  return baselines(oracle).find((policy) => policy.name === name) ?? null
}

/** The names that `policyNamed` knows: the server's own first. */
export const policyNames: readonly string[] = [
  ...namedPolicies.map(({ name }) => name),
  ...baselines(noOracle).map(({ name }) => name),
]

/** The same policy that looks for no suggestions: they change nothing, and nobody reads them here. */
export const withoutWords = (policy: Policy): Policy => ({
  ...policy,
  explain: { ...policy.explain, maximumSuggestions: 0 },
})
