import { completeResources } from '../../server/src/core/jobs/default-resources.js'
import { gpuMemoryText, grantedMib } from '../../server/src/core/jobs/gpu-memory.js'
import { aboutText, expectedRunText } from '../../server/src/core/jobs/run-time.js'
import { freshlyQueuedText, startsNowText, statusText, stoppedForText } from '../../server/src/core/jobs/texts.js'

test('how long a job will run is told as people say it, in both languages', () => {
  const second = 1000
  const [minute, hour] = [60 * second, 3600 * second]
  const told = [40 * second, minute, 2 * minute, 89 * minute, 2 * hour, 35 * hour, 48 * hour]
  expect(told.map((ms) => aboutText(ms, 'en'))).toEqual([
    '40 seconds',
    '60 seconds',
    '2 minutes',
    '89 minutes',
    '2 hours',
    '35 hours',
    '2 days',
  ])
  expect(aboutText(1, 'en')).toBe('1 second')
  expect(expectedRunText(2 * hour, 'en')).toBe('Judging by what ran before, it will run for about 2 hours.')
  expect(expectedRunText(2 * hour, 'zh-CN')).toBe('根据以往的作业，预计运行约 2 小时。')
})

test('a job that had to make room is told for what, whether it stops, waits anew or was looked at again', () => {
  const stopping = { status: 'stopping', reason: 'preempted', nodeName: 'gpu-1' } as const
  expect(statusText({ ...stopping, preemptedWhy: 'shorter' }, 'en')).toBe(
    'The job is stopping: it had to make room for a job with much less left to do.',
  )
  expect(statusText({ ...stopping, preemptedWhy: 'shorter' }, 'zh-CN')).toBe(
    '作业正在停止：为剩余工作少得多的作业让出了资源。',
  )
  expect(statusText({ ...stopping, reason: 'cancelled' }, 'en')).toBe('The job is stopping.')
  expect(freshlyQueuedText('preempted', 'en', 'priority')).toContain('a more important job')
  expect(freshlyQueuedText('preempted', 'en', null)).toContain('it had to make room.')
  const told = ['priority', 'reclaim', 'shorter', 'shutdown', null].map((why) => stoppedForText(why, 'zh-CN'))
  expect(new Set(told).size).toBe(5)
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
