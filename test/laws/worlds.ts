import fc from 'fast-check'
import type { JobRequest, QueueOrder } from '@novabrain/scheduler'
import { aSmallNode, type JobWish, type Step, type World } from './history.js'

const minute = 60_000

const shapes: fc.Arbitrary<JobRequest> = fc.record({
  gpuCount: fc.constantFrom(0, 1, 1, 1, 2, 3),
  gpuMilli: fc.constantFrom(1000, 1000, 1000, 500, 300),
  gpuMemoryMib: fc.constantFrom(0, 0, 0, 10_000, 30_000),
  gpuModel: fc.constantFrom(null, null, null, 'A100', 'T4'),
  cpuMilli: fc.constantFrom(0, 1000, 4000, 8000),
  memoryMib: fc.constantFrom(1024, 1024, 12_288),
  replicas: fc.constantFrom(1, 1, 1, 2, 3),
})

const wishes = (honest: boolean): fc.Arbitrary<JobWish> =>
  fc.record({
    queue: fc.nat(2),
    owner: fc.nat(1),
    priority: fc.constantFrom(100, 200, 200, 300),
    request: shapes,
    runtimeMs: fc.integer({ min: 1, max: 40 }).map((minutes) => minutes * minute),
    predicted: honest ? fc.constant(true) : fc.boolean(),
    resumes: fc.boolean(),
    spareGpus: honest ? fc.constant(0) : fc.constantFrom(0, 0, 1, 2, 3),
    backOffMs: honest ? fc.constant(0) : fc.constantFrom(0, 0, 0, 2 * minute),
  })

const submits = (honest: boolean): fc.Arbitrary<Step> => wishes(honest).map((job): Step => ({ kind: 'submit', job }))

const waits: fc.Arbitrary<Step> = fc
  .constantFrom(1, 3, 10, 45)
  .map((minutes): Step => ({ kind: 'wait', ms: minutes * minute }))

/** What a queue may choose for itself; mostly nothing. */
export const orders: fc.Arbitrary<QueueOrder | null> = fc.option(
  fc.record({
    kind: fc.constantFrom('cluster' as const, 'predicted' as const, 'submitted' as const),
    fair: fc.boolean(),
    patienceMs: fc.constantFrom(null, null, 0, 5 * minute, 15 * minute),
  }),
  { freq: 2 },
)

const disturbances: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('cancel' as const), pick: fc.nat(9) }),
  fc.record({
    kind: fc.constantFrom('close_node' as const, 'open_node' as const, 'lose_node' as const),
    pick: fc.nat(3),
  }),
  fc.record({ kind: fc.constant('change_quota' as const), pick: fc.nat(2), gpus: fc.option(fc.nat(4)) }),
  fc.record({ kind: fc.constant('change_order' as const), pick: fc.nat(2), order: orders }),
)

const nodes = fc
  .array(
    fc.tuple(fc.constantFrom(0, 1, 2, 4), fc.constantFrom('A100', 'A100', 'T4'), fc.constantFrom(16_000, 40_000)),
    {
      minLength: 1,
      maxLength: 3,
    },
  )
  .map((list) => list.map(([gpus, model, memoryMib], index) => aSmallNode(index, gpus, model, memoryMib)))

/** A history in which most jobs make do with several numbers of devices, and most of the time there is something to share. */
export const elasticWorlds = (steps: number): fc.Arbitrary<World> => {
  const job: fc.Arbitrary<JobWish> = fc.record({
    queue: fc.nat(1),
    owner: fc.nat(1),
    priority: fc.constantFrom(100, 200, 200, 200, 300),
    request: fc.record({
      gpuCount: fc.constantFrom(0, 1, 1, 1, 2, 3),
      gpuMilli: fc.constantFrom(1000, 1000, 1000, 500),
      gpuMemoryMib: fc.constant(0),
      gpuModel: fc.constantFrom(null, null, null, 'A100'),
      cpuMilli: fc.constantFrom(0, 1000, 1000, 3000),
      memoryMib: fc.constant(1024),
      replicas: fc.constantFrom(1, 1, 1, 2),
    }),
    runtimeMs: fc.integer({ min: 3, max: 90 }).map((minutes) => minutes * minute),
    predicted: fc.boolean(),
    resumes: fc.boolean(),
    spareGpus: fc.constantFrom(0, 1, 2, 3, 3),
    backOffMs: fc.constant(0),
  })
  return fc.record({
    nodes: fc
      .array(fc.tuple(fc.constantFrom(2, 4, 4), fc.constantFrom('A100', 'A100', 'T4')), { minLength: 1, maxLength: 2 })
      .map((list) => list.map(([gpus, model], index) => aSmallNode(index, gpus, model, 40_000))),
    quotas: fc.array(fc.option(fc.integer({ min: 1, max: 5 }), { freq: 1 }), { minLength: 3, maxLength: 3 }),
    borrowing: fc.option(fc.nat(2)),
    lending: fc.option(fc.nat(2)),
    orders: fc.array(orders, { minLength: 3, maxLength: 3 }),
    steps: fc.array(
      fc.oneof(
        { weight: 5, arbitrary: job.map((wish): Step => ({ kind: 'submit', job: wish })) },
        { weight: 6, arbitrary: waits },
        { weight: 1, arbitrary: disturbances },
      ),
      { minLength: 2, maxLength: steps },
    ),
  })
}

/** Histories on clusters of one to three small nodes; `honest` ones know every run time and are never disturbed, and at most `steps` things happen. */
export const worlds = (honest: boolean, steps = 14): fc.Arbitrary<World> =>
  fc.record({
    nodes,
    quotas: honest
      ? fc.constant([null, null, null])
      : fc.array(fc.option(fc.nat(4), { freq: 2 }), { minLength: 3, maxLength: 3 }),
    borrowing: fc.option(fc.nat(2)),
    lending: fc.option(fc.nat(2)),
    orders: fc.array(orders, { minLength: 3, maxLength: 3 }),
    steps: fc.array(
      honest
        ? fc.oneof({ weight: 3, arbitrary: submits(true) }, { weight: 2, arbitrary: waits })
        : fc.oneof(
            { weight: 6, arbitrary: submits(false) },
            { weight: 4, arbitrary: waits },
            { weight: 1, arbitrary: disturbances },
          ),
      { minLength: 2, maxLength: steps },
    ),
  })
