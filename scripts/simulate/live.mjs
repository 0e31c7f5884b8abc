import { setImmediate } from 'node:timers/promises'
import { metricsOf, openSimulation } from '@novabrain/scheduler/simulator'
import { createLine } from '../lib/progress-line.mjs'
import { t } from '../lib/texts.mjs'

const say =
  (policy, { jobsDone, jobsInAll }) =>
  ({ percent, left }) =>
    t('simulate.progress', {
      policy: policy.name,
      done: jobsDone,
      total: jobsInAll,
      percent,
      left: left ?? t('simulate.soon'),
    })

/** Lives a trace through under one policy after another, a slice at a time, so that Ctrl-C is heard; gives the results so far. */
export const live = async ({ trace, costs }, policies) => {
  let stopped = false
  process.once('SIGINT', () => {
    stopped = true
    console.error(t('simulate.stopping'))
  })
  const results = []
  for (const policy of policies) {
    if (stopped) break
    const simulation = openSimulation(trace, policy, costs)
    const line = createLine(process.stderr)
    while (!stopped && simulation.advance(200)) {
      const progress = simulation.progress()
      line.show(progress.jobsDone, progress.jobsInAll, say(policy, progress))
      await setImmediate()
    }
    line.end()
    results.push(simulation.result())
  }
  return results
}

/** Results with their figures. */
export const figuresOf = (results) => results.map((result) => ({ policy: result.policy, metrics: metricsOf(result) }))
