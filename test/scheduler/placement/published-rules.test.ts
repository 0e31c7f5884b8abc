import { levelOf } from '../../../scheduler/src/placement/fgd.js'
import { aNode, aRunningJob } from '../builders.js'
import { asked, placeOf, scores } from './cluster.js'

const share = (gpuMilli: number, cpuMilli = 1000) => ({ gpuMilli, cpuMilli })

test('best fit: a share goes to the fullest device that has room, a whole GPU where the least stays idle', () => {
  const scene = { nodes: [aNode('a', 4), aNode('b', 2)], running: [aRunningJob('r', 'a', [2], { gpuMilli: 300 })] }
  expect(placeOf({ kind: 'best_fit' }, scene, share(500))).toEqual(['a', 'a-gpu2'])
  expect(placeOf({ kind: 'best_fit' }, scene, share(800))).toEqual(['b', 'b-gpu0'])
  expect(placeOf({ kind: 'best_fit' }, scene, {})).toEqual(['b', 'b-gpu0'])
})

describe('least remainder and dot product', () => {
  // The greatest node has 64 cores and 4 GPUs. The job wants a GPU and a core.
  const nodes = [aNode('a', 4, { cpuMilli: 64_000 }), aNode('b', 4, { cpuMilli: 32_000 })]

  test('least remainder takes the node that is fuller afterwards', () => {
    // a: 100 − 50·(63/64 + 3/4) = 13.28; b: 100 − 50·(31/64 + 3/4) = 38.28
    expect(scores({ kind: 'least_remainder' }, { nodes }, {})).toEqual({ a: -13, b: -38 })
    expect(placeOf({ kind: 'least_remainder' }, { nodes }, {})).toEqual(['b', 'b-gpu0'])
  })

  test('dot product takes the node whose free amounts point least in the direction of the job', () => {
    // a: 100 − 50·(64·1/64² + 4·1/4²) = 86.72; b: 100 − 50·(32·1/64² + 4·1/4²) = 87.11
    expect(scores({ kind: 'dot_product' }, { nodes }, {})).toEqual({ a: -86, b: -87 })
    expect(placeOf({ kind: 'dot_product' }, { nodes }, {})).toEqual(['b', 'b-gpu0'])
  })
})

test('packing: a device in use, then an idle one of a node in use, then a fresh node', () => {
  const nodes = [aNode('fresh', 4), aNode('roomy', 4), aNode('tight', 4)]
  const running = [
    aRunningJob('r1', 'roomy', [0], { gpuMilli: 400 }),
    aRunningJob('r2', 'tight', [0], { gpuMilli: 700 }),
  ]
  // roomy: 60 % of the device are idle, 100 − 60/10; tight: opens a second device, 50 − 1; fresh: 33 − its 4 devices.
  expect(scores({ kind: 'gpu_packing' }, { nodes, running }, share(500))).toEqual({
    fresh: -29,
    roomy: -94,
    tight: -49,
  })
  expect(scores({ kind: 'gpu_packing' }, { nodes, running }, { gpuCount: 2 })).toEqual({
    fresh: -29,
    roomy: -48,
    tight: -48,
  })
  expect(placeOf({ kind: 'gpu_packing' }, { nodes, running }, share(500))).toEqual(['roomy', 'roomy-gpu0'])
})

test('clustering: nodes with only the same width, then with others too, then empty ones, then those with only others', () => {
  const nodes = [aNode('empty', 4), aNode('mixed', 4), aNode('shares', 4), aNode('wholes', 4)]
  const running = [
    aRunningJob('r1', 'shares', [0], { gpuMilli: 400 }),
    aRunningJob('r2', 'mixed', [0], { gpuMilli: 400 }),
    aRunningJob('r3', 'mixed', [1]),
    aRunningJob('r4', 'wholes', [0]),
  ]
  // Bands of 25, in them ⌊25 · used/4⌋: 0.4 GPUs are 2, 1.4 are 8, one is 6.
  const scene = { nodes, running }
  expect(scores({ kind: 'gpu_clustering' }, scene, share(200))).toEqual({
    empty: -25,
    mixed: -58,
    shares: -77,
    wholes: -6,
  })
  expect(scores({ kind: 'gpu_clustering' }, scene, {})).toEqual({ empty: -25, mixed: -58, shares: -2, wholes: -81 })
  expect(placeOf({ kind: 'gpu_clustering' }, scene, { gpuCount: 2 })).toEqual(['empty', 'empty-gpu0', 'empty-gpu1'])
})

describe('fragmentation gradient descent', () => {
  // Half of what is asked for are shares of 0.5, half whole GPUs; nobody minds the cores.
  const demand = [asked(1, { gpuMilli: 500 }), asked(1)]

  test('it fills the device that was of no use to whole jobs', () => {
    const scene = {
      nodes: [aNode('a', 2), aNode('b', 2)],
      running: [aRunningJob('r', 'b', [1], { gpuMilli: 500 })],
      demand,
    }
    // a: from 0 to ½·500 that whole jobs cannot use: sigmoid(−0.25) = 43.8. b: from ½·500 to 0: sigmoid(0.25) = 56.2.
    expect(scores({ kind: 'fgd' }, scene, share(500))).toEqual({ a: -43, b: -56 })
    expect(placeOf({ kind: 'fgd' }, scene, share(500))).toEqual(['b', 'b-gpu1'])
  })

  test('equal drops go to the first node by name, and GPUs that lack CPU are of no use', () => {
    const nodes = [aNode('b', 1), aNode('a', 1), aNode('c', 1)]
    expect(placeOf({ kind: 'fgd' }, { nodes, demand }, share(500))).toEqual(['a', 'a-gpu0'])
    const needy = [asked(1, { cpuMilli: 60_000 })]
    // On 64 cores a job of 5 makes the GPU useless to those that want 60, on 128 it does not.
    const scene = { nodes: [aNode('a', 1), aNode('b', 1, { cpuMilli: 128_000 })], demand: needy }
    expect(scores({ kind: 'fgd' }, scene, { gpuCount: 0, cpuMilli: 5000 })).toEqual({ a: -26, b: -50 })
  })

  test('a device whose memory is used up is of no use, however much of its compute is idle', () => {
    const hungry = [asked(1, { gpuMilli: 200, gpuMemoryMib: 30_000 })]
    const scene = {
      nodes: [aNode('a', 2)],
      running: [aRunningJob('r', 'a', [1], { gpuMilli: 100, gpuMemoryMib: 20_000 })],
      demand: hungry,
    }
    // Of 40,000 MiB the second device has 20,000 left: its 900 are fragments already, so a small job goes there.
    expect(placeOf({ kind: 'fgd' }, scene, { gpuMilli: 300, gpuMemoryMib: 15_000 })).toEqual(['a', 'a-gpu1'])
    expect(scores({ kind: 'fgd' }, scene, { gpuMilli: 300, gpuMemoryMib: 15_000 })).toEqual({ a: -57 })
  })

  test('the score is ⌊100 · sigmoid⌋ of the drop in GPUs', () => {
    const sigmoid = (drop: number): number => Math.floor(100 / (1 + Math.exp(-drop / 1_000_000)))
    for (let drop = -5_000_000; drop <= 5_000_000; drop += 9973) expect(levelOf(drop)).toBe(sigmoid(drop))
    expect([levelOf(-1), levelOf(0), levelOf(9e9), levelOf(-9e9)]).toEqual([49, 50, 99, 0])
  })
})

test('by lot: equal seeds draw equally, and over many seeds every node that fits is drawn', () => {
  const nodes = [aNode('a', 1), aNode('b', 1), aNode('c', 0), aNode('d', 1)]
  const drawn = Array.from({ length: 40 }, (_, seed) => placeOf({ kind: 'random', seed }, { nodes }, {}))
  expect(drawn).toEqual(Array.from({ length: 40 }, (_, seed) => placeOf({ kind: 'random', seed }, { nodes }, {})))
  expect([...new Set(drawn.map((place) => place?.[0]))].sort()).toEqual(['a', 'b', 'd'])
})
