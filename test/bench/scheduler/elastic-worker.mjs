// A worker of elastic.mjs: lives workloads through under one policy, or searches random histories, as it is told.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { defaultPolicy, fifoPolicy, shortestPolicy } from '@novabrain/scheduler'
import {
  corePolicy,
  metricsOf,
  noisy,
  quantile,
  randomTrace,
  readSia,
  siaCosts,
  simulate,
  watchEvictions,
  withoutWords,
} from '@novabrain/scheduler/simulator'

const { folder, seeds, sigma } = workerData
const withoutShorter = { ...defaultPolicy, preemption: { ...defaultPolicy.preemption, shorterWork: 'never' } }
const policies = {
  fifo: fifoPolicy,
  'default, no evictions for shorter work': withoutShorter,
  default: defaultPolicy,
  shortest: shortestPolicy,
}
const mean = (list) => list.reduce((sum, value) => sum + value, 0) / list.length

/** A policy on all workloads of a family, over all seeds. */
const measure = ({ family, serial, kind, policy: name }) => {
  const runs = seeds.flatMap((seed) =>
    readSia(readFileSync(path.join(folder, `${family}.csv`), 'utf8'), family, {
      seed,
      elastic: kind === 'elastic',
      serial,
    }).map((trace) => {
      const policy = withoutWords(policies[name])
      const watch = watchEvictions(corePolicy({ name, policy, oracle: noisy(sigma, seed) }))
      const result = simulate(trace, watch.maker, { costs: siaCosts })
      return { jobs: result.jobs, metrics: metricsOf(result), faults: watch.faults() }
    }),
  )
  const hours = runs.flatMap(({ jobs }) => jobs.map(({ submitMs, endMs }) => (endMs - submitMs) / 3_600_000))
  return {
    meanH: mean(hours),
    p50H: quantile(hours, 0.5),
    p99H: quantile(hours, 0.99),
    makespanH: mean(runs.map(({ metrics }) => metrics.makespanS / 3600)),
    deviceHoursAJob: mean(runs.map(({ metrics }) => metrics.deviceHours / metrics.jobs)),
    evictions: mean(runs.map(({ metrics }) => metrics.preemptions)),
    resizes: mean(runs.map(({ jobs }) => jobs.reduce((sum, job) => sum + job.resizes, 0))),
    faults: runs.reduce((sum, { faults }) => sum + faults.length, 0),
  }
}

/** Random histories: evictions and resizes as easy as can be, wrong guesses. */
const search = ({ from, to }) => {
  const easy = { minimumRunMs: 0, shorterWork: 'any', benefitPermille: 1000, restartCostMs: 0 }
  const policy = { ...withoutWords(defaultPolicy), preemption: { ...defaultPolicy.preemption, ...easy } }
  const found = { evictions: 0, resizes: 0, faults: [] }
  for (let seed = from; seed <= to; seed += 1) {
    const { trace, costs } = randomTrace(seed, true)
    const watch = watchEvictions(corePolicy({ name: 'NovaBrain', policy, oracle: noisy(1, seed) }))
    const { jobs } = simulate(trace, watch.maker, { costs })
    found.evictions += watch.count()
    found.resizes += jobs.reduce((sum, job) => sum + job.resizes, 0)
    found.faults.push(...watch.faults().map((fault) => ({ seed, ...fault })))
  }
  return found
}

parentPort.on('message', (task) => {
  const begun = performance.now()
  const found = task.what === 'search' ? search(task) : measure(task)
  parentPort.postMessage({ ...task, ...found, seconds: (performance.now() - begun) / 1000 })
})
