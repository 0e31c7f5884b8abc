import { mostGpuMilli } from '../../server/src/core/assistant/gpu-hours.js'
import { completeResources } from '../../server/src/core/jobs/default-resources.js'
import { resizedText, resizingText, startsNowText } from '../../server/src/core/jobs/texts.js'
import { parseGpus } from '../../server/src/cli/parse.js'
import { textsOf } from '../../server/src/cli/texts.js'

test('a range begins at one where no least is named, even where there is no GPU, and one number is none', () => {
  expect(completeResources({ maxGpuCount: 4 }, { gpuCount: 0 })).toMatchObject({ gpuCount: 1, maxGpuCount: 4 })
  expect(completeResources({ gpuCount: 2, maxGpuCount: 2 }, { gpuCount: 8 }).maxGpuCount).toBeUndefined()
  expect(completeResources({ gpuCount: 2, maxGpuCount: null }, { gpuCount: 8 }).maxGpuCount).toBeUndefined()
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

test('a preview says with how many GPUs of its range a job would start, in both languages', () => {
  const range = { gpuCount: 3, least: 1, most: 4 }
  expect(startsNowText('lab-1', 'en', range)).toBe('Starts now on lab-1 with 3 of 1–4 GPUs.')
  expect(startsNowText('lab-1', 'zh-CN', range)).toBe('将立即在 lab-1 上以 3 块 GPU 开始（可用 1–4 块）。')
  expect(startsNowText('lab-1', 'en')).toBe('Starts now on lab-1.')
})

test('the command line takes a number or a range', () => {
  const texts = textsOf('en')
  expect(parseGpus('2', texts)).toEqual({ gpuCount: 2 })
  expect(parseGpus('1-4', texts)).toEqual({ gpuCount: 1, maxGpuCount: 4 })
  for (const text of ['', '-1', '1-', '1-4-8', 'all', '0.5'])
    expect(() => parseGpus(text, texts)).toThrow('--gpus takes')
})
