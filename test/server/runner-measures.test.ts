import type { DeviceGrant } from '@novabrain/contracts'
import { gpuUseOf } from '../../server/src/runner/gpu.js'
import { memoryVariables, overuseNote } from '../../server/src/runner/gpu-share.js'
import { processorUse } from '../../server/src/runner/sampler.js'
import { ancestorsOf, descendantsOf, parseStat, type ProcessEntry } from '../../server/src/runner/process-table.js'
import { insideOf } from '../../server/src/runner/files.js'
import * as h100 from '../support/h100.js'

const stat = (name: string, state: string) =>
  `4711 (${name}) ${state} 12 4711 4711 0 -1 4194304 100 0 0 0 150 25 30 5 20 0 1 0 98765 1000 200 0`

test('a process is read from its line even when its name holds brackets and spaces', () => {
  expect(parseStat(4711, stat('a) b (c', 'S'))).toEqual({ pid: 4711, parentPid: 12, cpuMs: 2100, startTicks: 98765 })
})

test('a zombie is not living', () => {
  expect(parseStat(4711, stat('python', 'Z'))).toBeNull()
})

test('a tree of processes is found below its root, and the way up from a leaf', () => {
  const entry = (pid: number, parentPid: number): ProcessEntry => ({ pid, parentPid, cpuMs: 0, startTicks: 0 })
  const all = [entry(1, 0), entry(2, 1), entry(3, 2), entry(4, 3), entry(5, 1)]
  expect(descendantsOf(2, all).map(({ pid }) => pid)).toEqual([3, 4])
  expect([...ancestorsOf(4, all)]).toEqual([4, 3, 2, 1])
})

/** A job with these processes, on a machine where these others live too. */
const view = (pids: readonly number[], others: readonly number[] = []) => ({
  pids: new Set(pids),
  isHere: (pid: number) => others.includes(pid),
})

const devices = '0, GPU-a, 35, 10240\n1, GPU-b, 100, 20480\n'

test("a job's GPU memory is that of its own processes on its own devices", () => {
  const processes = '10, GPU-a, 4000\n11, GPU-a, 6000\n10, GPU-b, 100\n'
  expect(gpuUseOf(devices, processes, [0], view([10]))).toEqual({ milli: 350, memoryMib: 4000, ofJob: true })
})

test('where the driver names no processes the use of the whole device stands for it', () => {
  const whole = { milli: 1350, memoryMib: 30720, ofJob: false }
  expect(gpuUseOf(devices, '10, GPU-a, [N/A]\n', [0, 1], view([10]))).toEqual(whole)
})

test('in a container, where the driver names processes of the host, the whole device stands for the job', () => {
  const use = gpuUseOf(h100.shared, h100.sharedBy, [0], view([42]))
  expect(use).toEqual({ milli: 970, memoryMib: 69_431, ofJob: false })
})

test('two jobs on one H100 are told apart, and the memory of one is not the last word about the other', () => {
  const others = [774, 810]
  const of = (pid: number) => gpuUseOf(h100.shared, h100.sharedBy, [0], view([pid], others))
  expect(of(774)).toEqual({ milli: 970, memoryMib: 31_638, ofJob: true })
  expect(of(810)).toEqual({ milli: 970, memoryMib: 37_778, ofJob: true })
  const after = gpuUseOf(h100.left.devices, h100.left.processes, [0], view([810], [774]))
  expect(after).toEqual({ milli: 980, memoryMib: 0, ofJob: true })
})

test('an idle H100 is used by nobody', () => {
  expect(gpuUseOf(h100.idle, '', [0], view([774]))).toEqual({ milli: 0, memoryMib: 0, ofJob: false })
})

test('processor time that a process takes with it while it ends, and gives back, is counted once', () => {
  const use = processorUse()
  expect(use.since(0, 0)).toBe(0)
  expect(use.since(2000, 2000)).toBe(1000)
  expect(use.since(10, 4000)).toBe(0)
  expect(use.since(2100, 5000)).toBe(100)
})

test('two looks that follow at once say the same', () => {
  const use = processorUse()
  use.since(0, 0)
  expect(use.since(1000, 2000)).toBe(500)
  expect(use.since(1010, 2001)).toBe(500)
  expect(use.since(1500, 3000)).toBe(500)
})

const grant = (facts: Partial<DeviceGrant>): DeviceGrant => ({
  deviceId: 'd'.repeat(32),
  index: 0,
  model: 'NVIDIA H100 80GB HBM3',
  milli: 500,
  memoryMib: 40_779,
  deviceMemoryMib: 81_559,
  simulated: false,
  ...facts,
})

test('two halves of an H100 leave room for what the driver and the context of each take', () => {
  const { NOVABRAIN_GPU_MEMORY_FRACTION: fraction, CUPY_GPU_MEMORY_LIMIT: bytes } = memoryVariables([grant({})])
  const [usableMib, contextMib] = [81_079, 742]
  expect(2 * (Number(fraction) * usableMib + contextMib)).toBeLessThan(usableMib)
  expect(Number(fraction)).toBeGreaterThan(0.48)
  expect(Number(bytes)).toBe((40_779 - 1024) * 1024 ** 2)
})

test('a share is as large as the memory it was granted, whatever its part of the computing', () => {
  const share = memoryVariables([grant({ milli: 500, memoryMib: 16_384 })])
  expect(share).toMatchObject({ NOVABRAIN_GPU_MEMORY_FRACTION: '0.1883', XLA_PYTHON_CLIENT_MEM_FRACTION: '0.1883' })
})

test('a whole device is held to nothing, and a framework takes of it what it needs', () => {
  expect(memoryVariables([grant({ milli: 1000, memoryMib: 81_559 })])).toEqual({
    PYTORCH_CUDA_ALLOC_CONF: 'expandable_segments:True',
    TF_FORCE_GPU_ALLOW_GROWTH: 'true',
    XLA_PYTHON_CLIENT_PREALLOCATE: 'false',
    XLA_PYTHON_CLIENT_MEM_FRACTION: '0.95',
    NOVABRAIN_GPU_MEMORY_FRACTION: '1',
  })
})

test('a job that takes more than its share is told so once, and only on a measure of its own', () => {
  const lines: string[] = []
  const note = overuseNote([grant({ milli: 250, memoryMib: 20_389 })], (line) => lines.push(line))
  note({ milli: 0, memoryMib: 20_000, ofJob: true })
  note({ milli: 0, memoryMib: 69_431, ofJob: false })
  expect(lines).toEqual([])
  note({ milli: 0, memoryMib: 41_478, ofJob: true })
  note({ milli: 0, memoryMib: 41_479, ofJob: true })
  expect(lines).toEqual([
    'this job uses 41478 MiB of GPU memory, more than its share of 20389 MiB: others may find too little',
  ])
})

test('a job on a whole device has no share to keep to', () => {
  const lines: string[] = []
  overuseNote([grant({ milli: 1000, memoryMib: 100 })], (line) => lines.push(line))({
    milli: 0,
    memoryMib: 200,
    ofJob: true,
  })
  expect(lines).toEqual([])
})

test('a device the driver does not know is not measured', () => {
  expect(gpuUseOf(devices, '', [7], view([]))).toBeNull()
})

test.each(['../x', '/etc/passwd', 'a/../../x', '.'])('the path %s does not stand inside the root', (path) => {
  expect(insideOf('/srv/code', path)).toBeNull()
})

test('a plain path stands inside the root', () => {
  expect(insideOf('/srv/code', 'src/train.py')).toBe('/srv/code/src/train.py')
})
