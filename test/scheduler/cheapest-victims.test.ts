import { decide, defaultPolicy, type RunningJob } from '@novabrain/scheduler'
import fc from 'fast-check'
import { evictionCost } from '../../scheduler/src/steps/preempt.js'
import { aJob, aNode, aRunningJob, aSnapshot, minute, noon, victimIds } from './builders.js'

const gpus = 4
const nodeIds = ['n1', 'n2', 'n3', 'n4', 'n5', 'n6']
const at = (minutes: number): number => noon + minutes * minute
const nowMs = at(600)

interface Tenant {
  readonly width: number
  readonly important: boolean
  readonly startedAt: number
}

const tenant = fc.record({
  width: fc.integer({ min: 1, max: 3 }),
  important: fc.boolean(),
  startedAt: fc.integer({ min: 0, max: 500 }),
})

/** Jobs side by side on the devices of a node, as many as fit. */
const runningOn = (nodeId: string, tenants: readonly Tenant[]): RunningJob[] => {
  let next = 0
  return tenants.flatMap(({ width, important, startedAt }, index) => {
    if (next + width > gpus) return []
    const devices = Array.from({ length: width }, (_, offset) => next + offset)
    next += width
    const change = { priority: important ? 150 : 100, startedAtMs: at(startedAt), submittedAtMs: at(startedAt) }
    return [aRunningJob(`${nodeId}-${String(index)}`, nodeId, devices, {}, change)]
  })
}

type Price = readonly [highest: number, cost: number, count: number]
const priceOf = (victims: readonly RunningJob[]): Price => [
  Math.max(...victims.map(({ priority }) => priority)),
  victims.reduce((sum, victim) => sum + evictionCost(victim, { policy: defaultPolicy, nowMs }), 0),
  victims.length,
]
const compare = (left: Price, right: Price): number => left[0] - right[0] || left[1] - right[1] || left[2] - right[2]
const widthOf = (victims: readonly RunningJob[]): number =>
  victims.reduce((sum, { request }) => sum + request.gpuCount, 0)

/** The cheapest of all sets of jobs on one node that free enough, found by trying them all. */
const cheapest = (running: readonly RunningJob[], wanted: number): Price | null => {
  const prices = nodeIds.flatMap((nodeId) => {
    const here = running.filter(({ placement }) => placement.pods[0]?.nodeId === nodeId)
    const free = gpus - widthOf(here)
    const sets = Array.from({ length: 2 ** here.length - 1 }, (_, bits) =>
      here.filter((_job, index) => ((bits + 1) >> index) & 1),
    )
    return sets.filter((set) => free + widthOf(set) >= wanted).map(priceOf)
  })
  return prices.sort(compare)[0] ?? null
}

test('for a job on one node, no cheaper set of victims exists on any node than the one that is evicted', () => {
  const clusters = fc.tuple(...nodeIds.map(() => fc.array(tenant, { minLength: 3, maxLength: 4 })))
  let evictions = 0
  fc.assert(
    fc.property(clusters, fc.integer({ min: 1, max: gpus }), (tenants, wanted) => {
      const running = tenants.flatMap((own, index) => runningOn(nodeIds[index] ?? '', own))
      const fits = nodeIds.some(
        (nodeId) => gpus - widthOf(running.filter(({ placement }) => placement.pods[0]?.nodeId === nodeId)) >= wanted,
      )
      const urgent = aJob('urgent', { gpuCount: wanted }, { priority: 300, submittedAtMs: nowMs })
      const nodes = nodeIds.map((nodeId) => aNode(nodeId, gpus))
      const decisions = decide(aSnapshot({ nodes, running, queued: [urgent] }), defaultPolicy, nowMs)
      const ended = victimIds(decisions)
      if (fits) return expect(ended).toEqual([])
      evictions += 1
      const victims = running.filter(({ id }) => ended.includes(id))
      expect(priceOf(victims)).toEqual(cheapest(running, wanted))
    }),
    { numRuns: 2000, seed: 7 },
  )
  expect(evictions).toBeGreaterThan(500)
})
