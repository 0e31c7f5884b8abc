import { defaultPolicy, type PlacementPolicy } from '@novabrain/scheduler'
import {
  inflate,
  openRandom,
  readPlacementNodes,
  readPlacementPods,
  readRecorded,
  rowOf,
  runPlacement,
  spreadsOf,
} from '@novabrain/scheduler/simulator'

const nodeTable = (count: number): string =>
  ['sn,cpu_milli,memory_mib,gpu,model']
    .concat(
      Array.from(
        { length: count },
        (_, n) =>
          `node-${10 + n},${n % 3 === 0 ? 104_000 : 96_000},400000,${n % 3 === 0 ? 2 : 8},${n % 3 === 0 ? 'T4' : 'G2'}`,
      ),
    )
    .join('\n')

/** Pods like those of a real cluster: shares, whole GPUs, some wide ones, some without GPU; one in so many names a model. */
const podTable = (count: number, naming: number): string => {
  const random = openRandom(5)
  const kinds = ['1,460', '1,810', '1,810', '1,300', '1,1000', '1,1000', '1,1000', '1,1000', '2,1000', '0,0']
  const rows = Array.from({ length: count }, (_, n) => {
    const kind = kinds[random.below(kinds.length)] ?? ''
    const cpu = kind === '0,0' ? [8000, 32_000][random.below(2)] : [4000, 8000, 12_000, 24_000][random.below(4)]
    return `pod-${1000 + n},${cpu},${8192},${kind},${random.below(naming) === 0 && kind !== '0,0' ? 'T4|P100' : ''}`
  })
  return ['name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec', ...rows].join('\n')
}

const nodes = readPlacementNodes(nodeTable(48))
const pods = readPlacementPods(podTable(400, 4))
const run = (placement: PlacementPolicy, seed = 1) => runPlacement({ nodes, pods, placement, seed })

test('nodes and pods are read as they stand in the traces, pods by name', () => {
  expect(nodes[0]).toMatchObject({ id: 'node-10', cpuMilli: 104_000, memoryMib: 400_000 })
  expect(nodes.map(({ devices }) => devices.length).slice(0, 3)).toEqual([2, 8, 8])
  const text = 'name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec\nb,1,2,1,500,A|B\na,3,4,0,0,\n'
  expect(readPlacementPods(text)).toEqual([
    {
      name: 'a',
      request: expect.objectContaining({ gpuCount: 0, gpuModel: null, cpuMilli: 3, memoryMib: 4 }) as unknown,
    },
    { name: 'b', request: expect.objectContaining({ gpuMilli: 500, gpuModel: 'A', otherGpuModels: ['B'] }) as unknown },
  ])
  expect(() => readPlacementPods('name,cpu_milli\n')).toThrow('memory_mib')
})

test('a sequence is shuffled and filled up to the limit, or thinned out down to it; equal seeds give the same', () => {
  const gpuMilli = (list: typeof pods): number =>
    list.reduce((sum, { request }) => sum + request.gpuCount * request.gpuMilli, 0)
  const all = gpuMilli(pods)
  const more = inflate(pods, all * 2, 3)
  expect(inflate(pods, all * 2, 3)).toEqual(more)
  expect(inflate(pods, all * 2, 4)).not.toEqual(more)
  expect(new Set(more.slice(0, pods.length))).toEqual(new Set(pods))
  // The last pod counts by one of its devices, so the limit is passed by less than the widest pod.
  expect(gpuMilli(more)).toBeGreaterThan(all * 2 - 1001)
  expect(gpuMilli(more)).toBeLessThan(all * 2 + 7001)
  const fewer = inflate(pods, all / 2, 3)
  expect(gpuMilli(fewer)).toBeLessThanOrEqual(all / 2)
  expect(gpuMilli(fewer)).toBeGreaterThan(all / 2 - 8001)
})

test('what is read out adds up: nothing is lost before the GPUs are short, and every pod is placed or lost', () => {
  const easy = readPlacementPods(podTable(400, 1_000_000))
  const once = () => runPlacement({ nodes, pods: easy, placement: defaultPolicy.placement, seed: 1 })
  const { readOuts, failed, pods: count } = once()
  expect(readOuts.map(({ arrivedPercent }) => arrivedPercent)).toEqual([
    50, 60, 70, 80, 85, 90, 95, 100, 105, 110, 115, 120, 125, 130,
  ])
  const allocated = readOuts.map(({ allocatedPercent }) => allocatedPercent)
  expect(allocated).toEqual(allocated.toSorted((left, right) => left - right))
  expect(allocated[0]).toBeGreaterThanOrEqual(50)
  expect(allocated[0]).toBeLessThan(55)
  expect(allocated.at(-1)).toBeLessThanOrEqual(100)
  for (const out of readOuts) expect(out.fragmentedPercent + out.allocatedPercent).toBeLessThanOrEqual(100.001)
  expect(failed.withoutGpu + failed.share + failed.wholeSingle + failed.severalGpus).toBe(failed.all)
  expect(failed.all).toBeLessThan(count)
  expect(once()).toEqual(once())
})

test('on the same sequences minding fragmentation allocates more GPUs than best fit, and that more than lots', () => {
  const allocated = (placement: (seed: number) => PlacementPolicy): number => {
    const rows = [1, 2, 3, 4].map((seed) => rowOf(run(placement(seed), seed)))
    return spreadsOf(rows)['allocated_130']?.mean ?? 0
  }
  const byLot = allocated((seed) => ({ kind: 'random', seed }))
  const bestFit = allocated(() => ({ kind: 'best_fit' }))
  const gradient = allocated(() => ({ kind: 'fgd' }))
  const ours = allocated(() => defaultPolicy.placement)
  expect(bestFit).toBeGreaterThan(byLot)
  expect(gradient).toBeGreaterThan(bestFit)
  expect(ours).toBeGreaterThan(gradient + 1)
})

test('published results are read as means and deviations over their seeds', () => {
  const head = `metric,variant,policy,seed,${[50, 60, 70, 80, 85, 90, 95, 100, 105, 110, 115, 120, 125, 130].map((p) => `at_${p}`).join()}`
  const row = (seed: number, value: number): string => `alloc_pct,v,FGD,${seed},${Array(14).fill(value).join()}`
  const [recorded, ...others] = readRecorded([head, row(42, 90), row(43, 92)].join('\n'))
  expect(others).toEqual([])
  expect(recorded).toMatchObject({ metric: 'alloc_pct', variant: 'v', policy: 'FGD', seeds: 2 })
  expect(recorded?.at['130']).toEqual({ mean: 91, deviation: Math.SQRT2 })
})
