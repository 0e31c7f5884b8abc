import type { DeviceGrant, VerdictKind } from '@novabrain/contracts'
import { afterAttempt, plainVerdict, retryDelayMs } from '../../server/src/core/jobs/after-attempt.js'

const device = (facts: Partial<DeviceGrant> = {}): DeviceGrant => ({
  deviceId: 'd'.repeat(32),
  index: 0,
  model: 'A100',
  milli: 1000,
  memoryMib: 40_960,
  simulated: false,
  ...facts,
})

const after = (kind: VerdictKind, facts: Partial<Parameters<typeof afterAttempt>[0]> = {}) =>
  afterAttempt({
    verdict: plainVerdict(kind, 'the line that decided'),
    command: 'none',
    retries: { maxRetries: 2, retryCount: 0, memoryRaised: false },
    devices: [device()],
    largestDeviceMib: 40_960,
    ...facts,
  })

test('success ends the job whatever was asked of it', () => {
  for (const command of ['none', 'cancelled', 'preempted', 'resized'] as const)
    expect(after('succeeded', { command })).toMatchObject({ jobStatus: 'succeeded', reason: null, requeue: null })
})

test('a stop that was asked for makes every other end a cancellation, with the evidence kept', () => {
  for (const kind of ['exit_code', 'signal', 'lost', 'cell_failed', 'cancelled'] as const)
    expect(after(kind, { command: 'cancelled' })).toMatchObject({
      attemptState: 'cancelled',
      jobStatus: 'cancelled',
      verdict: { kind: 'cancelled', evidence: 'the line that decided' },
    })
})

test('making room sends the job back to the queue and counts against nothing', () => {
  for (const kind of ['preempted', 'signal', 'lost'] as const)
    expect(
      after(kind, { command: 'preempted', retries: { maxRetries: 0, retryCount: 0, memoryRaised: false } }),
    ).toMatchObject({
      attemptState: 'preempted',
      jobStatus: 'queued',
      requeue: { countsAsRetry: false, delayMs: 0 },
    })
})

test('going on with another number of GPUs counts against nothing, whatever the program made of the wish', () => {
  for (const kind of ['resized', 'preempted', 'signal', 'exit_code', 'lost'] as const)
    expect(
      after(kind, { command: 'resized', retries: { maxRetries: 0, retryCount: 0, memoryRaised: false } }),
    ).toMatchObject({
      attemptState: 'resized',
      jobStatus: 'queued',
      reason: 'resized',
      verdict: { kind: 'resized', evidence: 'the line that decided' },
      requeue: { countsAsRetry: false, delayMs: 0 },
    })
  expect(after('resized', { command: 'cancelled' })).toMatchObject({ jobStatus: 'cancelled' })
})

test('errors of the job itself are never tried again', () => {
  const kinds = ['exit_code', 'signal', 'out_of_host_memory', 'timed_out', 'missing_package', 'cell_failed'] as const
  for (const kind of kinds) expect(after(kind)).toMatchObject({ jobStatus: 'failed', reason: kind, requeue: null })
})

test('failures of the machinery are tried again with a growing pause until the retries are used up', () => {
  const retries = (retryCount: number) => ({ maxRetries: 2, retryCount, memoryRaised: false })
  expect(after('lost', { retries: retries(0) })).toMatchObject({ jobStatus: 'queued', requeue: { delayMs: 1000 } })
  expect(after('lost', { retries: retries(1) })).toMatchObject({ jobStatus: 'queued', requeue: { delayMs: 2000 } })
  expect(after('lost', { retries: retries(2) })).toMatchObject({ attemptState: 'lost', jobStatus: 'failed' })
  expect(retryDelayMs(100)).toBe(300_000)
})

test('out of memory on a share asks for a whole device with twice the memory, once', () => {
  const devices = [device({ milli: 250, memoryMib: 8192 })]
  expect(after('out_of_gpu_memory', { devices })).toMatchObject({
    jobStatus: 'queued',
    requeue: { gpuMemoryMib: 16_384, countsAsRetry: false },
  })
  const retries = { maxRetries: 2, retryCount: 0, memoryRaised: true }
  expect(after('out_of_gpu_memory', { devices, retries })).toMatchObject({ jobStatus: 'failed' })
})

test('out of memory on a whole device asks for a larger one, and ends the job where none exists', () => {
  expect(after('out_of_gpu_memory', { largestDeviceMib: 65_536 })).toMatchObject({
    requeue: { gpuMemoryMib: 65_536 },
  })
  expect(after('out_of_gpu_memory')).toMatchObject({ jobStatus: 'failed', reason: 'out_of_gpu_memory' })
})
