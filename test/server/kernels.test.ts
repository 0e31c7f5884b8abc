import { endsWithAttempt } from '../../server/src/core/jobs/ends-with-attempt.js'
import { afterAttempt, plainVerdict } from '../../server/src/core/jobs/after-attempt.js'
import { kernelSpecsOf } from '../../server/src/modules/kernels/specs.js'
import { jobIdOf, kernelIdOf } from '../../server/src/modules/kernels/service.js'
import { readStartRequest } from '../../server/src/modules/kernels/start-request.js'

test.each(['preempted', 'lost', 'snapshot_failed'] as const)(
  'a kernel whose attempt was %s does not wait again',
  (kind) => {
    const ended = {
      verdict: plainVerdict(kind, null),
      command: 'none' as const,
      retries: { maxRetries: 2, retryCount: 0, memoryRaised: false },
      devices: [],
      largestDeviceMib: 0,
    }
    expect(afterAttempt(ended).jobStatus).toBe('queued')
    expect(endsWithAttempt(afterAttempt(ended))).toMatchObject({ jobStatus: 'failed', reason: kind, requeue: null })
  },
)

test('a kernel that succeeded has succeeded', () => {
  const after = { attemptState: 'succeeded', jobStatus: 'succeeded', reason: null, requeue: null } as const
  const whole = { ...after, verdict: plainVerdict('succeeded', null) }
  expect(endsWithAttempt(whole)).toBe(whole)
})

test('the id of a kernel is that of its job, as a UUID', () => {
  const jobId = '01a21401378f7581a51b16172565c31e'
  expect(kernelIdOf(jobId)).toBe('01a21401-378f-7581-a51b-16172565c31e')
  expect([jobIdOf(kernelIdOf(jobId)), jobIdOf(jobId)]).toEqual([jobId, jobId])
})

describe('the kernels of a project', () => {
  const pin = (digest: string, packageCount = 42) => ({
    digest: digest.repeat(64),
    pythonVersion: '3.11.7',
    packageCount,
  })

  test('are its pins and the plain one, in the words of the reader', () => {
    const { default: first, kernelspecs } = kernelSpecsOf([pin('a'), pin('b', 7)], 'en')
    expect(first).toBe('pin-aaaaaaaaaaaa')
    expect(Object.values(kernelspecs).map(({ spec }) => spec.display_name)).toEqual([
      'NovaBrain GPU · Python 3.11 · 42 packages',
      'NovaBrain GPU · Python 3.11 · 7 packages',
      'NovaBrain GPU · Python of the node',
    ])
    expect(kernelSpecsOf([pin('a')], 'zh-CN').kernelspecs['pin-aaaaaaaaaaaa']?.spec.display_name).toBe(
      'NovaBrain GPU · Python 3.11 · 42 个软件包',
    )
  })

  test('that look the same are told apart, and without a pin there is the plain one', () => {
    const titles = Object.values(kernelSpecsOf([pin('a'), pin('b')], 'en').kernelspecs).map(
      ({ spec }) => spec.display_name,
    )
    expect(titles.slice(0, 2)).toEqual([
      'NovaBrain GPU · Python 3.11 · 42 packages · aaaaaa',
      'NovaBrain GPU · Python 3.11 · 42 packages · bbbbbb',
    ])
    expect(kernelSpecsOf([], 'en').default).toBe('python3')
  })
})

describe('a request for a kernel', () => {
  test('says by address or environment what it needs; the address wins', () => {
    const env = { KERNEL_GPUS: '2', KERNEL_MEMORY_MIB: '4096', KERNEL_QUEUE: 'night', KERNEL_IDLE_TIMEOUT_S: '60' }
    expect(readStartRequest({ name: 'pin-a', env }, { gpus: '1' })).toMatchObject({
      name: 'pin-a',
      resources: { gpuCount: 1, memoryMib: 4096 },
      queueName: 'night',
      idleTimeoutMs: 60_000,
      timeLimitMs: undefined,
    })
    expect(readStartRequest({}, { gpus: '0.25', cpus: '1.5' }).resources).toEqual({
      gpuCount: 1,
      gpuMilli: 250,
      cpuMilli: 1500,
    })
  })

  test('says nothing where it wants what is usual', () => {
    expect(readStartRequest(undefined, {})).toMatchObject({ name: null, path: 'kernel', resources: {} })
  })

  test.each(['x', '-1', '1.5', 'NaN'])('that asks for %s GPUs is refused', (gpus) => {
    expect(() => readStartRequest({}, { gpus })).toThrow(expect.objectContaining({ code: 'invalid_request' }) as Error)
  })

  test('has a path inside the project, whatever it says', () => {
    const paths = ['a/b.ipynb', '/etc/passwd', '../../up.ipynb', 'C:\\work\\a.ipynb', '..', 7]
    expect(paths.map((path) => readStartRequest({ path }, {}).path)).toEqual([
      'a/b.ipynb',
      'etc/passwd',
      'up.ipynb',
      'C:/work/a.ipynb',
      'kernel',
      'kernel',
    ])
  })

  test('has the name of its notebook, without what VS Code adds to tell its sessions apart', () => {
    const added = '-jvsc-0a1b2c3d-0000-4000-8000-0123456789abf0e1d2c3-0000-4000-8000-0123456789ab.ipynb'
    const paths = [`study${added}`, `train.py${added}`, 'a-jvsc-b.ipynb']
    expect(paths.map((path) => readStartRequest({ path }, {}).path)).toEqual([
      'study.ipynb',
      'train.ipynb',
      'a-jvsc-b.ipynb',
    ])
  })

  test('passes on the environment, without what Jupyter says of its own machine', () => {
    const env = { HF_HOME: '/data', KERNEL_USERNAME: 'me', 'not a name': '1', NUMBER: 4 }
    expect(readStartRequest({ env }, {}).environmentVariables).toEqual({ HF_HOME: '/data' })
  })
})
