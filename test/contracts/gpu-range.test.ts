import * as fc from 'fast-check'
import {
  amendedResources,
  gpuRangeFault,
  gpusText,
  mostGpusOnNode,
  readGpus,
  type DeviceChoice,
  type Resources,
} from '@novabrain/contracts'

test('a range counts whole GPUs upwards from one, of a job that can begin again', () => {
  expect(gpuRangeFault({ gpuCount: 0 }, 'kernel')).toBeNull()
  expect(gpuRangeFault({ gpuCount: 2, maxGpuCount: null }, 'script')).toBeNull()
  expect(gpuRangeFault({ maxGpuCount: 4 }, 'script')).toBeNull()
  expect(gpuRangeFault({ gpuCount: 4, maxGpuCount: 4 }, 'notebook')).toBeNull()
  expect(gpuRangeFault({ gpuCount: 5, maxGpuCount: 4 }, 'script')).toBe('gpu_range_invalid')
  expect(gpuRangeFault({ gpuCount: 0, maxGpuCount: 4 }, 'script')).toBe('gpu_range_invalid')
  expect(gpuRangeFault({ gpuCount: 1, maxGpuCount: 128 }, null)).toBeNull()
  expect(gpuRangeFault({ gpuCount: 1, maxGpuCount: 129 }, null)).toBe('gpu_range_invalid')
  expect(gpuRangeFault({ gpuCount: 1, maxGpuCount: 4, gpuMilli: 999 }, null)).toBe('gpu_range_of_shares')
  expect(gpuRangeFault({ gpuCount: 1, maxGpuCount: 4 }, 'kernel')).toBe('gpu_range_of_kernel')
})

test('a change that says nothing of the range, and does not fit into it, ends it', () => {
  const before: Resources = { gpuCount: 2, maxGpuCount: 4, gpuMilli: 1000, gpuMemoryMib: 0, cpuMilli: 1, memoryMib: 1 }
  expect(amendedResources(before, { gpuCount: 3 }, 'script')).toMatchObject({ gpuCount: 3, maxGpuCount: 4 })
  expect(amendedResources(before, { gpuCount: 5 }, 'script')).toMatchObject({ gpuCount: 5, maxGpuCount: null })
  expect(amendedResources(before, { gpuCount: 0 }, 'script')).toMatchObject({ gpuCount: 0, maxGpuCount: null })
  expect(amendedResources(before, { gpuCount: 1, gpuMilli: 500 }, 'script')).toMatchObject({ maxGpuCount: null })
  expect(amendedResources(before, { maxGpuCount: 1 }, 'script')).toMatchObject({ gpuCount: 2, maxGpuCount: 1 })
})

test('a number or a range is read as it is typed in either language, and nothing else is guessed', () => {
  expect(readGpus('2')).toEqual({ gpuCount: 2, maxGpuCount: null })
  for (const text of ['1-4', ' 1 – 4 ', '1—4', '1~4', '1～4', '1至4', '1 到 4'])
    expect(readGpus(text)).toEqual({ gpuCount: 1, maxGpuCount: 4 })
  expect(readGpus('3-3')).toEqual({ gpuCount: 3, maxGpuCount: null })
  expect(readGpus('4-1')).toEqual({ gpuCount: 4, maxGpuCount: 1 })
  for (const text of ['', '-1', '1-', '1-4-8', 'all', '0.5', '1 4', '1e3', '99999999'])
    expect(readGpus(text)).toBeNull()
})

test('what is written of a range is read as that range', () => {
  const count = fc.integer({ min: 0, max: 128 })
  fc.assert(
    fc.property(count, fc.option(count), (gpuCount, most) => {
      const asked = { gpuCount, maxGpuCount: most === gpuCount ? null : most }
      expect(readGpus(gpusText(asked))).toEqual(asked)
    }),
  )
})

test('a job gets as many GPUs as one node has', () => {
  const choice = { memoryMib: 1, simulated: false, free: 0 }
  const choices: DeviceChoice[] = [
    { ...choice, model: 'A', total: 8, mostOnNode: 4 },
    { ...choice, model: 'B', total: 2, mostOnNode: 1 },
    { ...choice, model: null, total: 9, mostOnNode: 9 },
  ]
  expect(mostGpusOnNode(choices, 'A')).toBe(4)
  expect(mostGpusOnNode(choices, null)).toBe(4)
  expect(mostGpusOnNode([], null)).toBeNull()
  expect(mostGpusOnNode(choices, 'C')).toBeNull()
})
