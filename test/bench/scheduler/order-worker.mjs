// A worker of order.mjs: lives one trace through under one policy at a time, as it is told.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { performance } from 'node:perf_hooks'
import { parentPort, workerData } from 'node:worker_threads'
import { boundedPolicy, defaultPolicy, shortestPolicy } from '@novabrain/scheduler'
import * as simulator from '@novabrain/scheduler/simulator'

const { corePolicy, las2d, learnt, metricsOf, muriCosts, muriTrace, noisy, phillyClusters, phillyCosts } = simulator
const { readMuri, readPhilly, simulate, simulateMuri, truth, withoutWords } = simulator
const { easy, fifo, fifoSkipping, sjf, sjfSkipping, srsf, srtf, themis } = simulator

const baselines = [fifo, fifoSkipping, easy, sjf, sjfSkipping, las2d(), srtf, srsf, themis]
const protocols = [simulator.muriSrtf, simulator.muriSrsf, simulator.muriTiresias]
const ours = { shortest: shortestPolicy, bounded: boundedPolicy, default: defaultPolicy }
const oracleOf = (name, seed) =>
  name === 'exact' ? truth : name === 'history' ? learnt : noisy(Number(name.replace('σ=', '')), seed)

const makerOf = ({ policy, oracle, seed }) =>
  oracle === null
    ? baselines.find(({ name }) => name === policy)
    : corePolicy({ name: policy, policy: withoutWords(ours[policy]), oracle: oracleOf(oracle, seed) })

const file = (name) => readFileSync(path.join(workerData.folder, name), 'utf8')
const phillyOf = (vc) =>
  readPhilly(
    file('philly/jobs.csv'),
    phillyClusters.find((cluster) => cluster.vc === vc),
  )

const run = (task) => {
  if (task.protocol === 'muri, to the letter') {
    const policy = protocols.find(({ name }) => name === task.policy)
    return simulateMuri(readMuri(file(`muri/${task.trace}.csv`)), policy)
  }
  if (task.protocol === 'philly')
    return metricsOf(simulate(phillyOf(task.trace), makerOf(task), { costs: phillyCosts }))
  const jobs = readMuri(file(`muri/${task.trace}.csv`))
  const costs = muriCosts(jobs, task.protocol === 'muri, cost at every event')
  return metricsOf(simulate(muriTrace(task.trace, jobs), makerOf(task), { costs }))
}

parentPort.on('message', (task) => {
  const begin = performance.now()
  const figures = run(task)
  parentPort.postMessage({ ...task, ...figures, seconds: (performance.now() - begin) / 1000 })
})
