import fc from 'fast-check'
import { decide, defaultPolicy, fifoPolicy, type Policy, type QueuedJob, type QueueOrder } from '@novabrain/scheduler'
import { aJob, aNode, aQueue, aSnapshot, minute, noon } from '../scheduler/builders.js'
import { orders } from './worlds.js'

const names = ['a', 'b', 'c'] as const

const jobs: fc.Arbitrary<QueuedJob[]> = fc
  .array(
    fc.record({
      queue: fc.nat(2),
      owner: fc.constantFrom('ann', 'bo', 'cy'),
      priority: fc.constantFrom(100, 200, 200),
      minutes: fc.option(fc.integer({ min: 1, max: 90 })),
      gpuCount: fc.constantFrom(0, 1, 1, 2),
      waitedMinutes: fc.nat(40),
    }),
    { minLength: 2, maxLength: 14 },
  )
  .map((wishes) =>
    wishes.map(({ queue, owner, priority, minutes, gpuCount, waitedMinutes }, index) =>
      aJob(
        `j${String(index).padStart(2, '0')}`,
        { gpuCount },
        {
          queueName: names[queue] ?? 'a',
          owner,
          priority,
          predictedRuntimeMs: minutes === null ? null : minutes * minute,
          submittedAtMs: noon - waitedMinutes * minute,
        },
      ),
    ),
  )

/** Age bounds and leading gangs far away, so that what is seen is the order inside and between queues. */
const patient = (policy: Policy): Policy => ({
  ...policy,
  ageBound: { factor: 0, minimumMs: 60 * minute, maximumMs: 60 * minute },
  reservation: { afterWaitMs: 60 * minute },
})

const servedIn = (
  queued: readonly QueuedJob[],
  chosen: readonly (QueueOrder | null)[],
  { policy, gpus }: { readonly policy: Policy; readonly gpus: number },
): string[] => {
  const queues = names.map((name, index) => aQueue(name, { weight: index + 1, order: chosen[index] ?? null }))
  const nodes = gpus === 0 ? [] : [aNode('n1', gpus)]
  const decisions = decide(aSnapshot({ nodes, queues, queued }), patient(policy), noon)
  return decisions.flatMap((decision) => (decision.type === 'preempt' ? [] : decision.jobId))
}

test.each([
  ['where nothing starts', 0, defaultPolicy],
  ['where everything starts', 40, defaultPolicy],
  ['under first come, first served', 40, fifoPolicy],
])('%s, what one queue chooses moves nobody of any other', (_, gpus, policy) => {
  fc.assert(
    fc.property(
      jobs,
      fc.array(orders, { minLength: 3, maxLength: 3 }),
      fc.nat(2),
      orders,
      (queued, chosen, index, other) => {
        const name = names[index]
        const others = (ids: readonly string[]) =>
          ids.filter((id) => queued.find((job) => job.id === id)?.queueName !== name)
        const changed = chosen.map((order, at) => (at === index ? other : order))
        const before = others(servedIn(queued, chosen, { policy, gpus }))
        expect(others(servedIn(queued, changed, { policy, gpus }))).toEqual(before)
      },
    ),
    { numRuns: 600, seed: 20_260_102 },
  )
})

test('a queue that takes jobs as they came serves those of equal importance by the time of submission, whoever owns them', () => {
  const asTheyCame: QueueOrder = { kind: 'submitted', fair: false, patienceMs: null }
  fc.assert(
    fc.property(jobs, fc.array(orders, { minLength: 3, maxLength: 3 }), (queued, chosen) => {
      const served = servedIn(queued, [asTheyCame, ...chosen.slice(1)], { policy: defaultPolicy, gpus: 40 })
      const mine = served.flatMap((id) => queued.find((job) => job.id === id && job.queueName === 'a') ?? [])
      const sorted = [...mine].sort(
        (left, right) =>
          right.priority - left.priority || left.submittedAtMs - right.submittedAtMs || (left.id < right.id ? -1 : 1),
      )
      expect(mine.map(({ id }) => id)).toEqual(sorted.map(({ id }) => id))
    }),
    { numRuns: 300, seed: 20_260_103 },
  )
})
