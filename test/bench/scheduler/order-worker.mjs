// A worker of order.mjs: lives one trace through under one policy at a time, as it is told.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { parentPort, workerData } from 'node:worker_threads'
import { namedPolicies } from '@novabrain/scheduler'
import * as simulator from '@novabrain/scheduler/simulator'

const { corePolicy, estimateErrors, las2d, learnt, metricsOf, muriCosts, muriTrace, noisy, phillyClusters } = simulator
const { phillyCosts, readMuri, readPhilly, simulate, simulateMuri, truth, watchStarts, withoutWords } = simulator
const { easy, fifo, sjf, srsf, themis } = simulator

const hourMs = 3_600_000
/** Policies to compare with, told what an oracle tells. */
const baselines = {
  FIFO: () => fifo,
  EASY: easy,
  SJF: sjf,
  '2D-LAS': () => las2d(),
  SRSF: srsf,
  Themis: themis,
}
const protocols = [simulator.muriSrtf, simulator.muriSrsf, simulator.muriTiresias]
const oracleOf = (name, seed) =>
  name === 'exact' ? truth : name === 'history' ? learnt : noisy(Number(name.replace('σ = ', '')), seed)

const ours = ({ policy, oracle, seed }, listen) =>
  corePolicy({
    name: policy,
    policy: withoutWords(namedPolicies.find(({ name }) => name === policy).policy),
    oracle: oracleOf(oracle, seed),
    ...(listen === undefined ? {} : { listen }),
  })
const makerOf = (task) => baselines[task.policy]?.(oracleOf(task.oracle ?? 'exact', task.seed)) ?? ours(task)

const file = (name) => readFileSync(path.join(workerData.folder, name), 'utf8')
const cluster = (vc) => phillyClusters.find((one) => one.vc === vc)

/** A trace with what interruptions and starts cost there. */
const worldOf = ({ trace, protocol }) => {
  if (cluster(trace) !== undefined)
    return { trace: readPhilly(file('philly/jobs.csv'), cluster(trace)), costs: phillyCosts }
  const jobs = readMuri(file(`muri/${trace}.csv`))
  return { trace: muriTrace(trace, jobs), costs: muriCosts(jobs, protocol === 'at every event') }
}

/** Without end is `null`, here as in the file. */
const errorsOf = (foretold) =>
  estimateErrors(foretold).map((one) => ({ ...one, toMs: isFinite(one.toMs) ? one.toMs : null }))

const run = (task) => {
  if (task.protocol === 'to the letter') {
    const policy = protocols.find(({ name }) => name === task.policy)
    return simulateMuri(readMuri(file(`muri/${task.trace}.csv`)), policy)
  }
  const { trace, costs } = worldOf(task)
  if (task.protocol !== 'estimates') return metricsOf(simulate(trace, makerOf(task), { costs }))
  const watch = watchStarts()
  simulate(trace, ours(task, { watch, everyMs: hourMs }), { costs })
  const told = watch.foretold()
  return {
    untold: watch.untold(),
    errors: errorsOf(told),
    uncorrected: errorsOf(told.map((one) => ({ ...one, ...one.uncorrected }))),
  }
}

parentPort.on('message', (task) => {
  const begin = performance.now()
  const figures = run(task)
  parentPort.postMessage({ ...task, ...figures, seconds: (performance.now() - begin) / 1000 })
})
