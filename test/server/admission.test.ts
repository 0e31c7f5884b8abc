import { defaultPolicy } from '@novabrain/scheduler'
import { admissionText, keptAdmissionText } from '../../server/src/core/jobs/gpu-memory.js'
import { openAdmissions, type AsksForMemory, type KnownDevice } from '../../server/src/scheduling/admission.js'

const aDevice = (memoryMib: number, change: Partial<KnownDevice> = {}): KnownDevice => ({
  kind: 'gpu',
  model: 'H100',
  memoryMib,
  simulated: false,
  ...change,
})

const aShare = (change: Partial<AsksForMemory> = {}): AsksForMemory => ({
  gpuCount: 1,
  gpuMilli: 250,
  gpuMemoryMib: 0,
  gpuModel: null,
  cpuMilli: 1000,
  memoryMib: 1024,
  raisedGpuMemoryMib: null,
  gpuPeaksMib: null,
  ...change,
})

const admitted = (share: Partial<AsksForMemory>, sizes: readonly number[] = [80_000], mostGpuMilli?: number) =>
  openAdmissions(
    sizes.map((size) => aDevice(size)),
    defaultPolicy,
  ).of(aShare(share), mostGpuMilli)

const known = Array.from({ length: 20 }, () => 12_000)

test('an unknown share takes whole devices; where its queue never has so much, all the memory of one', () => {
  expect(admitted({})).toMatchObject({ request: { gpuMilli: 1000, gpuMemoryMib: 0 }, facts: { kind: 'unknown' } })
  expect(admitted({}, [80_000], 500)).toMatchObject({ request: { gpuMilli: 250, gpuMemoryMib: 80_000 } })
})

test('a known share gets what like jobs took, and never less than its part of any device it may get', () => {
  expect(admitted({ gpuPeaksMib: known })).toMatchObject({
    request: { gpuMilli: 250, gpuMemoryMib: 0 },
    facts: { kind: 'predicted', peakMib: 12_000, runs: 20 },
  })
  expect(admitted({ gpuPeaksMib: known, gpuMilli: 100 }).request.gpuMemoryMib).toBe(12_000 + 512 + 600 + 90)
  expect(admitted({ gpuPeaksMib: known }, [40_000, 80_000]).request.gpuMemoryMib).toBe(20_000)
  expect(admitted({ gpuPeaksMib: known, gpuMemoryMib: 4000 }).request.gpuMemoryMib).toBe(13_202)
  expect(admitted({ gpuPeaksMib: known, gpuMemoryMib: 30_000 }).request.gpuMemoryMib).toBe(30_000)
})

test('a share that needs a whole device gets one', () => {
  expect(admitted({ gpuPeaksMib: [79_000] })).toMatchObject({ request: { gpuMilli: 1000 }, facts: { kind: 'large' } })
})

test('simulated devices have no memory to run out of: there a share is let in as it asks', () => {
  const simulated = openAdmissions([aDevice(80_000, { simulated: true })], defaultPolicy)
  expect(simulated.of(aShare())).toMatchObject({ request: { gpuMilli: 250, gpuMemoryMib: 0 }, facts: null })
})

test('jobs of whole devices, or of none, are left as they ask; after an out-of-memory they get what it taught', () => {
  expect(admitted({ gpuMilli: 1000 })).toMatchObject({ request: { gpuMilli: 1000 }, facts: null })
  expect(admitted({ gpuCount: 0 })).toMatchObject({ facts: null })
  expect(admitted({ raisedGpuMemoryMib: 40_000, gpuPeaksMib: known })).toMatchObject({
    request: { gpuMilli: 1000, gpuMemoryMib: 40_000 },
    facts: { kind: 'raised', admittedMib: 40_000 },
  })
})

test('the owner reads it in both languages, and the part of a device that was granted is what is said', () => {
  const { facts } = admitted({ gpuPeaksMib: known })
  expect(facts === null ? '' : admissionText(facts, 'en')).toBe(
    'It is admitted with 19.5 GiB of GPU memory: like jobs peaked at 11.7 GiB (20 known).',
  )
  expect(admissionText({ kind: 'unknown' }, 'en')).toContain('nobody knows yet how much memory it needs')
  expect(admissionText({ kind: 'unknown' }, 'zh-CN')).toContain('首次')
  expect(keptAdmissionText({ admission: { kind: 'unknown' } }, 'en')).toContain('alone')
  expect(keptAdmissionText({ gpuCount: 1 }, 'en')).toBe('')
})
