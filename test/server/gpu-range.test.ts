import type { Resources } from '@novabrain/contracts'
import { mostGpuMilli } from '../../server/src/core/assistant/gpu-hours.js'
import { completeResources } from '../../server/src/core/jobs/default-resources.js'
import { amended, gpuRangeFault } from '../../server/src/core/jobs/gpu-range.js'
import { resizedText, resizingText } from '../../server/src/core/jobs/texts.js'
import { parseGpus } from '../../server/src/cli/parse.js'
import { textsOf } from '../../server/src/cli/texts.js'

test('a range counts whole GPUs upwards from one, of a job that can begin again', () => {
  expect(gpuRangeFault({ gpuCount: 0 }, 'kernel')).toBeNull()
  expect(gpuRangeFault({ gpuCount: 2, maxGpuCount: null }, 'script')).toBeNull()
  expect(gpuRangeFault({ maxGpuCount: 4 }, 'script')).toBeNull()
  expect(gpuRangeFault({ gpuCount: 4, maxGpuCount: 4 }, 'notebook')).toBeNull()
  expect(gpuRangeFault({ gpuCount: 5, maxGpuCount: 4 }, 'script')).toBe('gpu_range_invalid')
  expect(gpuRangeFault({ gpuCount: 0, maxGpuCount: 4 }, 'script')).toBe('gpu_range_invalid')
  expect(gpuRangeFault({ gpuCount: 1, maxGpuCount: 4, gpuMilli: 999 }, null)).toBe('gpu_range_of_shares')
  expect(gpuRangeFault({ gpuCount: 1, maxGpuCount: 4 }, 'kernel')).toBe('gpu_range_of_kernel')
})

test('a range begins at one where no least is named, even where there is no GPU, and one number is none', () => {
  expect(completeResources({ maxGpuCount: 4 }, { gpuCount: 0 })).toMatchObject({ gpuCount: 1, maxGpuCount: 4 })
  expect(completeResources({ gpuCount: 2, maxGpuCount: 2 }, { gpuCount: 8 }).maxGpuCount).toBeUndefined()
  expect(completeResources({ gpuCount: 2, maxGpuCount: null }, { gpuCount: 8 }).maxGpuCount).toBeUndefined()
})

test('a change that says nothing of the range, and does not fit into it, ends it', () => {
  const before: Resources = { gpuCount: 2, maxGpuCount: 4, gpuMilli: 1000, gpuMemoryMib: 0, cpuMilli: 1, memoryMib: 1 }
  expect(amended(before, { gpuCount: 3 }, 'script')).toMatchObject({ gpuCount: 3, maxGpuCount: 4 })
  expect(amended(before, { gpuCount: 5 }, 'script')).toMatchObject({ gpuCount: 5, maxGpuCount: null })
  expect(amended(before, { gpuCount: 0 }, 'script')).toMatchObject({ gpuCount: 0, maxGpuCount: null })
  expect(amended(before, { gpuCount: 1, gpuMilli: 500 }, 'script')).toMatchObject({ maxGpuCount: null })
  expect(amended(before, { maxGpuCount: 1 }, 'script')).toMatchObject({ gpuCount: 2, maxGpuCount: 1 })
})

test('what an elastic job may cost is counted with the most it can use', () => {
  expect(mostGpuMilli({ gpuCount: 1, maxGpuCount: 4, gpuMilli: 1000 })).toBe(4000)
  expect(mostGpuMilli({ gpuCount: 2, gpuMilli: 500 })).toBe(1000)
})

test('a resize is told with both numbers and for whom, in both languages', () => {
  const shrink = { from: 4, to: 2, forJob: '#12' }
  expect(resizingText(shrink, 'en')).toBe(
    'The job saves itself and goes on with 2 instead of 4 GPUs, so that #12 can start.',
  )
  expect(resizedText(shrink, 'zh-CN')).toBe('它为 #12 将 GPU 从 4 块减少到 2 块。')
  const grow = { from: 1, to: 3, forJob: '' }
  expect(resizedText(grow, 'en')).toBe('It grew from 1 to 3 GPUs that were idle.')
  expect(resizingText(grow, 'zh-CN')).toContain('GPU 将从 1 块增加到 3 块后继续运行')
})

test('the command line takes a number or a range', () => {
  const texts = textsOf('en')
  expect(parseGpus('2', texts)).toEqual({ gpuCount: 2 })
  expect(parseGpus('1-4', texts)).toEqual({ gpuCount: 1, maxGpuCount: 4 })
  for (const text of ['', '-1', '1-', '1-4-8', 'all', '0.5'])
    expect(() => parseGpus(text, texts)).toThrow('--gpus takes')
})
