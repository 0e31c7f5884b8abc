// A worker of placement.mjs: reads the nodes once, then places one trace after another as it is told.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { performance } from 'node:perf_hooks'
import { parentPort, workerData } from 'node:worker_threads'
import { readPlacementNodes, readPlacementPods, rowOf, runPlacement } from '@novabrain/scheduler/simulator'

const read = (name) => readFileSync(path.join(workerData.folder, name), 'utf8')
const nodes = readPlacementNodes(read('nodes_gpu.csv'))
const traces = new Map()
const podsOf = (variant) => {
  const known = traces.get(variant) ?? readPlacementPods(read(`pods_${variant}.csv`))
  traces.set(variant, known)
  return known
}

parentPort.on('message', ({ variant, policy, placement, seed }) => {
  const pods = podsOf(variant)
  const begin = performance.now()
  const result = runPlacement({ nodes, pods, placement, seed })
  const seconds = (performance.now() - begin) / 1000
  parentPort.postMessage({ variant, policy, seed, ...rowOf(result), seconds, most_pods_on_node: result.mostPodsOnNode })
})
