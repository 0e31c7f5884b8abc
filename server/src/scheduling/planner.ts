import { fail, sentences, type Resources } from '@novabrain/contracts'
import { explainHold, explainUnfit, type HoldDecision } from '@novabrain/scheduler'
import { completeResources } from '../core/jobs/default-resources.js'
import { keptAdmissionText } from '../core/jobs/gpu-memory.js'
import type { HoldRecord } from '../db/entities/execution.js'
import { systemScope, type Deps } from '../deps.js'
import type { Planner } from '../modules/jobs/planner.js'
import { requestOf } from './admission.js'
import { queueNameOf } from './cluster.js'
import type { NodeBook } from './node-book.js'
import type { Previews } from './previews.js'
import type { RunTimeBook } from './run-time-book.js'

/** The scheduler's answers to questions that start nothing. */
export const createPlanner = ({
  database,
  runTimes,
  nodeBook,
  previews,
}: {
  readonly database: Deps['database']
  readonly runTimes: RunTimeBook
  readonly nodeBook: NodeBook
  readonly previews: Pick<Previews, 'ask'>
}): Planner => ({
  async resources(tx, asked, locale) {
    const nodes = await nodeBook.read(tx)
    const resources = completeResources(asked, { gpuCount: nodes.gpuCount })
    const feasible = nodes.couldEverRun(requestOf({ ...plain(resources), raisedGpuMemoryMib: null }))
    if (feasible.fits) return resources
    const text = explainUnfit(feasible, locale)
    return fail('resources_never_available', { detail: text.message, suggestion: text.suggestionMessage ?? '' })
  },

  preview: (asked, locale) => previews.ask({ asked, locale }),

  async foresight() {
    return runTimes.known() ?? database.transaction(systemScope, (tx) => runTimes.read(tx))
  },

  explain: (jobId, hold, locale, nameOf) => {
    const text = explainHold(decisionOf(jobId, hold), locale, nameOf)
    const message = sentences([text.message, keptAdmissionText(hold.facts, locale)], locale)
    return { message, suggestion: text.suggestionMessage }
  },
})

const plain = (resources: Resources) => ({ ...resources, gpuModel: resources.gpuModel ?? null })

/** The decision that was kept, in the words of the tenant: the scheduler knew its queue by a longer name. */
const decisionOf = (jobId: string, hold: HoldRecord): HoldDecision =>
  ({ type: 'hold', jobId, ...hold, facts: factsForTenant(hold.facts) }) as unknown as HoldDecision

/** Facts with queue and cohort as their tenant calls them. */
export const factsForTenant = (facts: Record<string, unknown>): Record<string, unknown> => ({
  ...facts,
  ...(typeof facts['queueName'] === 'string' ? { queueName: queueNameOf(facts['queueName']) } : {}),
  ...(typeof facts['cohort'] === 'string' ? { cohort: queueNameOf(facts['cohort']) } : {}),
})
