import { completeResources } from '../../server/src/core/jobs/default-resources.js'
import { gpuMemoryText, grantedMib } from '../../server/src/core/jobs/gpu-memory.js'
import { predictRunTime } from '../../server/src/core/jobs/predict-run-time.js'
import { freshlyQueuedText, startsNowText, statusText } from '../../server/src/core/jobs/texts.js'

const past = (submittedBy: string, name: string, runMs: number) => ({ submittedBy, name, runMs })

test('the most alike past jobs tell how long the next will run', () => {
  const history = [
    past('ana', 'train', 100),
    past('ana', 'train', 300),
    past('ana', 'train', 9000),
    past('ana', 'clean', 5),
    past('bo', 'train', 70),
  ]
  expect(predictRunTime(history, { submittedBy: 'ana', name: 'train' })).toEqual({
    runMs: 300,
    from: 'same_user_and_name',
    sampleCount: 3,
  })
  expect(predictRunTime(history, { submittedBy: 'ana', name: 'new' })).toMatchObject({ from: 'same_user', runMs: 100 })
  expect(predictRunTime(history, { submittedBy: 'eve', name: 'train' })).toMatchObject({
    from: 'everybody',
    runMs: 100,
  })
  expect(predictRunTime([], { submittedBy: 'ana', name: 'train' })).toBeNull()
})

test('what earlier runs took of a GPU is told, and whether a share is too small for it', () => {
  const quarter = grantedMib({ gpuMilli: 250, gpuMemoryMib: 0 }, 81_559)
  expect(gpuMemoryText(10_924, quarter, 'en')).toBe('Earlier runs of it took up to 10.7 GiB of GPU memory.')
  expect(gpuMemoryText(62_358, quarter, 'en')).toBe(
    'Earlier runs of it took up to 60.9 GiB of GPU memory; 19.9 GiB will probably be too little.',
  )
  expect(gpuMemoryText(62_358, quarter, 'zh-CN')).toBe('此前的同名运行最多占用 60.9 GiB 显存，19.9 GiB 很可能不够。')
})

test('a share is granted the memory it asks for, else its part of the device once that is known', () => {
  expect(grantedMib({ gpuMilli: 500, gpuMemoryMib: 16_384 }, 81_559)).toBe(16_384)
  expect(grantedMib({ gpuMilli: 1000, gpuMemoryMib: 16_384 }, 81_559)).toBe(81_559)
  expect(grantedMib({ gpuMilli: 500, gpuMemoryMib: 0 }, null)).toBeNull()
  expect(gpuMemoryText(10_924, null, 'zh-CN')).toBe('此前的同名运行最多占用 10.7 GiB 显存。')
})

test('a job that says nothing of GPUs gets one where there are any', () => {
  expect(completeResources({}, { gpuCount: 4 })).toMatchObject({ gpuCount: 1, gpuMilli: 1000 })
  expect(completeResources({}, { gpuCount: 0 })).toMatchObject({ gpuCount: 0, gpuMemoryMib: 0, gpuModel: null })
  expect(completeResources({ gpuCount: 0, gpuMemoryMib: 99 }, { gpuCount: 4 })).toMatchObject({
    gpuCount: 0,
    gpuMemoryMib: 0,
  })
  expect(completeResources({ gpuCount: 99 }, { gpuCount: 4 })).toMatchObject({ gpuCount: 99 })
  expect(completeResources({ gpuCount: 2, gpuMilli: 500 }, { gpuCount: 4 })).toMatchObject({ gpuMilli: 1000 })
})

test('every sentence on a job exists in English and Chinese', () => {
  const job = { status: 'failed', reason: 'out_of_gpu_memory', nodeName: 'gpu-1' } as const
  expect(statusText(job, 'en')).toBe('The job has failed: the memory of the GPU ran out.')
  expect(statusText(job, 'zh-CN')).toBe('作业失败：GPU 显存不足。')
  expect(statusText({ ...job, status: 'running' }, 'en')).toContain('gpu-1')
  expect(freshlyQueuedText('lost', 'zh-CN')).toContain('进程已消失')
  expect(startsNowText('gpu-1', 'en')).toBe('Starts now on gpu-1.')
})
