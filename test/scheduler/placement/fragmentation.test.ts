import type { FragmentationPolicy } from '@novabrain/scheduler'
import { openEconomy, priceOfPieces } from '../../../scheduler/src/placement/economy.js'
import { openPieces } from '../../../scheduler/src/placement/fragmentation.js'
import { openScarcity } from '../../../scheduler/src/placement/scarcity.js'
import { typicalOf } from '../../../scheduler/src/placement/typical.js'
import { layOut } from '../../../scheduler/src/steps/cluster.js'
import { aNode, aRunningJob } from '../builders.js'
import { asked, placeOf, scores } from './cluster.js'

/** The rule with only some of its terms. */
const rule = (weights: Partial<FragmentationPolicy>): FragmentationPolicy => ({
  kind: 'fragmentation',
  cpuStrand: 0,
  scarcity: 0,
  cpuPieces: 0,
  cpuShort: 0,
  stepMilli: 20,
  ...weights,
})

test('λ: a job that wants few cores goes where the GPUs will lack some', () => {
  const scene = {
    nodes: [aNode('a', 4, { cpuMilli: 64_000 }), aNode('b', 4, { cpuMilli: 8000 })],
    // Eight cores a GPU on average. The big job fits nowhere and the small one everywhere, so F stays as it is.
    demand: [asked(9, { cpuMilli: 1000 }), asked(1, { cpuMilli: 71_000 })],
  }
  const light = { cpuMilli: 2000 }
  // On b 8 cores do for one of 4 GPUs, 3000 lack some; then 6 for ¾ of one, and 2250 of 3000 lack some: 750 fewer.
  // All lose 0.1 · 1000 that the big job could not use anyhow. ⌊(100 + 0.5 · 750) / 20⌋ = 23.
  expect(scores(rule({ cpuStrand: 500 }), scene, light)).toEqual({ a: -5, b: -23 })
  expect(placeOf(rule({ cpuStrand: 500 }), scene, light)).toEqual(['b', 'b-gpu0'])
  expect(placeOf(rule({}), scene, light)).toEqual(['a', 'a-gpu0'])
})

test('μ: a job keeps away from the nodes that others must have', () => {
  const scene = {
    nodes: [aNode('a', 1, {}, { model: 'T4' }), aNode('b', 1)],
    demand: [asked(9), asked(1, { gpuModel: 'T4' })],
  }
  // A tenth of the demand must have T4, half of the GPUs are T4: 0.2 more are asked of a than of b. ⌊−0.5 · 1000 · 0.2 / 20⌋.
  // On b a tenth of the GPU was of no use to anybody who wants T4.
  expect(scores(rule({ scarcity: 500 }), scene, {})).toEqual({ a: 5, b: -5 })
  expect(placeOf(rule({ scarcity: 500 }), scene, {})).toEqual(['b', 'b-gpu0'])
  expect(placeOf(rule({ scarcity: 500 }), scene, { gpuModel: 'T4' })).toEqual(['a', 'a-gpu0'])
})

test('scarce is what few nodes can run: by model, by GPUs on one node, by cores beside them', () => {
  const nodes = [
    aNode('a', 8, { cpuMilli: 64_000 }),
    aNode('b', 8, { cpuMilli: 128_000 }),
    aNode('c', 4),
    aNode('d', 4, {}, { model: 'T4' }),
    aNode('e', 0),
  ]
  const layout = layOut(nodes)
  const demand = [
    asked(32),
    asked(1, { gpuCount: 8, cpuMilli: 100_000 }),
    asked(1, { gpuCount: 8 }),
    asked(16, { gpuModel: 'T4' }),
  ]
  // Of 64 GPUs wanted 8 must be b's (24 ÷ 8 = 3 times as dense), 8 on a or b (1.5 times), 16 T4 (6 times). c gets none.
  expect([...openScarcity(layout, demand, 1000)]).toEqual([187, 562, 0, 1500, 0])
  expect([...openScarcity(layout, demand, 0)]).toEqual([0, 0, 0, 1500, 0])
})

test('ν: a job without GPU leaves no cores in pieces that the next ones cannot use', () => {
  const nodes = [aNode('a', 0, { cpuMilli: 36_000 }), aNode('b', 0, { cpuMilli: 8000 })]
  const demand = [8000, 32_000].map((cpuMilli) => asked(1, { gpuCount: 0, cpuMilli }))
  const eight = { gpuCount: 0, cpuMilli: 8000 }
  // Sixteen cores are a GPU. a: half the jobs cannot use the 28 that stay, 875 · ½ more; b: its 8 were half lost, 250 · ½.
  expect(scores(rule({ cpuPieces: 500 }), { nodes, demand }, eight)).toEqual({ a: 22, b: -6 })
  expect(placeOf(rule({ cpuPieces: 500 }), { nodes, demand }, eight)).toEqual(['b'])
  expect(placeOf(rule({}), { nodes, demand }, eight)).toEqual(['a'])
})

test('scores within one step are equal, and go to the first device and node', () => {
  const scene = {
    nodes: [aNode('a', 1), aNode('b', 1)],
    running: [aRunningJob('r', 'b', [0], { gpuMilli: 500 })],
    demand: [asked(99, { gpuMilli: 500 }), asked(1)],
  }
  // Whole jobs are one in a hundred and beyond the usual 95 %: both devices are as good.
  expect(placeOf(rule({}), scene, { gpuMilli: 500 })).toEqual(['a', 'a-gpu0'])
})

test('pieces are the cores that a part of the jobs without GPU is too big for', () => {
  const pieces = openPieces([asked(3, { gpuCount: 0, cpuMilli: 8000 }), asked(1, { gpuCount: 0, cpuMilli: 32_000 })])
  expect([0, 4000, 8000, 16_000, 31_999, 32_000].map(pieces)).toEqual([0, 4000, 2000, 4000, 7999, 0])
  expect(openPieces([asked(1)])(5000)).toBe(0)
})

test('the price of pieces rises where CPU and GPUs end together, and falls where nothing helps', () => {
  expect([500, 800, 830, 860, 950, 1075, 1200, 3000].map(priceOfPieces)).toEqual([0, 0, 500, 1000, 1000, 500, 0, 0])
})

test('the economy: cores that go with a GPU, what CPU the demand needs, how scarce a model is', () => {
  const layout = layOut([aNode('a', 1, { cpuMilli: 16_000 }, { model: 'T4' }), aNode('b', 3, { cpuMilli: 16_000 })])
  const classes = [
    asked(1, { cpuMilli: 4000, gpuModel: 'T4' }),
    asked(1, { cpuMilli: 4000 }),
    asked(2, { gpuCount: 0, cpuMilli: 4000 }),
  ]
  const economy = openEconomy(layout, classes)
  // 4 cores a GPU; 16 cores for every two GPUs, so 32 for four: just what is there. Half must have a quarter of the GPUs.
  expect(economy.gpuPerCpu).toBe(250_000)
  expect(economy.cpuNeed).toBe(1000)
  expect([...economy.scarcity]).toEqual([2000, 0])
  // A share of 0.6 spoils a whole device: as many cores, twice the devices per job.
  expect(openEconomy(layout, [asked(1, { gpuMilli: 600, cpuMilli: 4000 })]).cpuNeed).toBe(500)
  expect(openEconomy(layout, []).cpuNeed).toBe(0)
})

test('typical requests: the most frequent that cover 95 %, memory of the node left out', () => {
  const typical = typicalOf([
    asked(90, { memoryMib: 1 }),
    asked(4, { memoryMib: 2 }),
    asked(3, { gpuCount: 2 }),
    asked(3, { gpuMilli: 500 }),
  ])
  expect(typical.classes.map(({ request, weight }) => [request.gpuCount, request.gpuMilli, weight])).toEqual([
    [1, 1000, 94],
    [2, 1000, 3],
  ])
  expect([typical.weight, typical.all.length]).toEqual([97, 3])
  expect(typicalOf([asked(3e9), asked(1e9, { gpuCount: 2 })]).weight).toBe(1_000_000)
})

test('ten thousand different requests are looked at as coarsely as needed, and placed all the same', () => {
  const demand = Array.from({ length: 10_000 }, (_, n) =>
    asked(1 + (n % 7), {
      gpuMilli: 1 + (n % 999),
      gpuMemoryMib: 1 + ((n * 31) % 40_000),
      cpuMilli: 1 + ((n * 17) % 64_000),
    }),
  )
  expect(typicalOf(demand)).toMatchObject({ classes: { length: 512 }, all: { length: 2000 } })
  const scene = {
    nodes: [aNode('a', 2), aNode('b', 2)],
    running: [aRunningJob('r', 'b', [1], { gpuMilli: 500 })],
    demand,
  }
  expect(placeOf(rule({ cpuStrand: 500, scarcity: 500 }), scene, { gpuMilli: 400 })).toEqual(['b', 'b-gpu1'])
})
