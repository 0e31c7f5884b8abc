import {
  decide,
  defaultPolicy,
  fifoPolicy,
  type DemandShare,
  type JobRequest,
  type PlacementPolicy,
  type SchedNode,
} from '@novabrain/scheduler'
import fc from 'fast-check'
import { openRule } from '../../../scheduler/src/placement/open.js'
import { emptyFree, layOut, take } from '../../../scheduler/src/steps/cluster.js'
import { createPlacer } from '../../../scheduler/src/steps/placer.js'
import { openShapes } from '../../../scheduler/src/steps/waiters.js'
import { aDevice, aJob, aNode, aSnapshot, noon } from '../builders.js'

const rules: readonly PlacementPolicy[] = [
  { kind: 'best_fit' },
  defaultPolicy.placement,
  { kind: 'fgd' },
  { kind: 'least_remainder' },
  { kind: 'dot_product' },
  { kind: 'gpu_packing' },
  { kind: 'gpu_clustering' },
]
const lots: PlacementPolicy = { kind: 'random', seed: 7 }

const requests: fc.Arbitrary<JobRequest> = fc.record({
  gpuCount: fc.constantFrom(0, 1, 1, 1, 2, 3),
  gpuMilli: fc.constantFrom(1000, 1000, 500, 300, 810),
  gpuMemoryMib: fc.constantFrom(0, 0, 0, 10_000, 30_000),
  gpuModel: fc.constantFrom(null, null, 'A100', 'T4'),
  otherGpuModels: fc.constantFrom([], [], ['T4']),
  cpuMilli: fc.constantFrom(0, 1000, 4000, 16_000),
  memoryMib: fc.constantFrom(1024, 65_536),
  replicas: fc.constantFrom(1, 1, 1, 2),
})

/** Nodes of every sort: without device, of one model, of two, of two sizes of memory. */
const nodes: fc.Arbitrary<SchedNode[]> = fc
  .array(
    fc.record({
      models: fc.array(fc.constantFrom('A100', 'A100', 'T4'), { maxLength: 4 }),
      memoryMib: fc.constantFrom(16_000, 40_000),
      cpuMilli: fc.constantFrom(8000, 32_000),
    }),
    { minLength: 1, maxLength: 5 },
  )
  .map((list) =>
    list.map(({ models, memoryMib, cpuMilli }, index) => ({
      ...aNode(`n${index}`, 0, { cpuMilli }),
      devices: models.map((model, device) => aDevice(`n${index}`, device, { model, memoryMib })),
    })),
  )

const demands: fc.Arbitrary<DemandShare[]> = fc.array(
  fc.record({ request: requests, weight: fc.nat(50).map((n) => n + 1) }),
)

const worlds = fc.record({ nodes, demand: demands, wanted: fc.array(requests, { minLength: 1, maxLength: 12 }) })

test('a rule never changes whether something fits: alone, each job starts under all of them or under none', () => {
  fc.assert(
    fc.property(worlds, ({ nodes, demand, wanted: [request] }) => {
      const snapshot = aSnapshot({ nodes, demand, queued: [aJob('j', request)] })
      const starts = [...rules, lots].map((placement) =>
        decide(snapshot, { ...fifoPolicy, placement }, noon).some(({ type }) => type === 'start'),
      )
      expect(new Set(starts).size).toBe(1)
    }),
    { numRuns: 150, seed: 1 },
  )
})

test('equal inputs give equal decisions, in whatever order nodes and demand are listed', () => {
  fc.assert(
    fc.property(worlds, ({ nodes, demand, wanted }) => {
      const queued = wanted.map((request, index) => aJob(`j${index}`, request))
      for (const placement of [...rules, lots]) {
        const policy = { ...fifoPolicy, placement }
        const decisions = decide(aSnapshot({ nodes, demand, queued }), policy, noon)
        const turned = aSnapshot({
          nodes: nodes.toReversed(),
          demand: demand.toReversed(),
          queued: queued.toReversed(),
        })
        expect(decide(turned, policy, noon)).toEqual(decisions)
      }
    }),
    { numRuns: 50, seed: 2 },
  )
})

test('what a placer remembers is what it would find afresh', () => {
  fc.assert(
    fc.property(worlds, fc.constantFrom(...rules), ({ nodes, demand, wanted }, placement) => {
      const layout = layOut(nodes)
      const free = emptyFree(layout)
      const shapes = openShapes()
      const rule = openRule(placement, layout, () => demand)
      const remembering = createPlacer(layout, free, () => rule)
      for (const request of [...wanted, ...wanted, ...wanted]) {
        const found = remembering.find(shapes.of(request))
        const fresh = createPlacer(layout, free, () => openRule(placement, layout, () => demand))
        expect(found).toEqual(fresh.find(shapes.of(request)))
        if (found !== null) take(layout, free, found.pods)
      }
    }),
    { numRuns: 200, seed: 3 },
  )
})
