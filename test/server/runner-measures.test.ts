import { gpuUseOf } from '../../server/src/runner/gpu.js'
import { ancestorsOf, descendantsOf, parseStat, type ProcessEntry } from '../../server/src/runner/process-table.js'
import { insideOf } from '../../server/src/runner/files.js'

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

const devices = '0, GPU-a, 35, 10240\n1, GPU-b, 100, 20480\n'

test("a job's GPU memory is that of its own processes on its own devices", () => {
  const processes = '10, GPU-a, 4000\n11, GPU-a, 6000\n10, GPU-b, 100\n'
  expect(gpuUseOf(devices, processes, [0], new Set([10]))).toEqual({ milli: 350, memoryMib: 4000 })
})

test('where the driver names no processes the use of the whole device stands for it', () => {
  expect(gpuUseOf(devices, '10, GPU-a, [N/A]\n', [0, 1], new Set([10]))).toEqual({ milli: 1350, memoryMib: 30720 })
})

test('a device the driver does not know is not measured', () => {
  expect(gpuUseOf(devices, '', [7], new Set())).toBeNull()
})

test.each(['../x', '/etc/passwd', 'a/../../x', '.'])('the path %s does not stand inside the root', (path) => {
  expect(insideOf('/srv/code', path)).toBeNull()
})

test('a plain path stands inside the root', () => {
  expect(insideOf('/srv/code', 'src/train.py')).toBe('/srv/code/src/train.py')
})
