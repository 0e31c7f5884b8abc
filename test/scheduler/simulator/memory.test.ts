import { defaultPolicy } from '@novabrain/scheduler'
import {
  asAsked,
  equalNodes,
  exclusive,
  memoryWorkload,
  noCheck,
  peakOf,
  predicted,
  simulateMemory,
  staticFractions,
  type MemoryJob,
} from '@novabrain/scheduler/simulator'

const deviceMib = 81_920
const nodes = equalNodes(2, 4).map((node) => ({
  ...node,
  devices: node.devices.map((device) => ({ ...device, memoryMib: deviceMib })),
}))
const policy = { ...defaultPolicy, explain: { maximumSuggestions: 0 } }
const cluster = { nodes, policy }
const held = predicted({ name: 'held', held: true, policy })
const workload = (seed: number) => memoryWorkload({ jobs: 100, seed, devices: 8, deviceMib, loadPermille: 1500 })

test('the same seed gives the same jobs, and the same jobs the same figures', () => {
  expect(workload(1)).toEqual(workload(1))
  expect(workload(2)).not.toEqual(workload(1))
  expect(simulateMemory(workload(1), held, cluster)).toEqual(simulateMemory(workload(1), held, cluster))
})

test('with shares predicted and held nobody innocent dies, and more is computed than with devices of their own', () => {
  for (const seed of [1, 2]) {
    const jobs = workload(seed)
    const ours = simulateMemory(jobs, held, cluster)
    const alone = simulateMemory(jobs, exclusive, cluster)
    const fractions = simulateMemory(jobs, staticFractions, cluster)
    const unchecked = simulateMemory(jobs, noCheck, cluster)
    expect(alone).toMatchObject({ kills: 0, innocentKills: 0, failed: 0 })
    expect(ours).toMatchObject({ innocentKills: 0, failed: 0 })
    expect(ours.utilisationPermille).toBeGreaterThan(alone.utilisationPermille)
    expect(ours.meanCompletionS).toBeLessThan(alone.meanCompletionS)
    expect(ours.kills).toBeLessThan(fractions.kills)
    expect(ours.kills).toBeLessThan(unchecked.kills)
  }
})

const aJob = (id: string, atS: number, mib: number, askedMib: number): MemoryJob => ({
  id,
  kind: 'known',
  name: id,
  submitMs: atS * 1000,
  runMs: 600_000,
  gpuMilli: 500,
  askedMib,
  steps: [
    { atPermille: 0, mib: 1000 },
    { atPermille: 500, mib },
  ],
})

test('who asks for memory that a liar took dies, though it kept to what it had; held to its share, the liar dies', () => {
  const one = {
    policy,
    nodes: equalNodes(1, 1).map((node) => ({
      ...node,
      devices: node.devices.map((device) => ({ ...device, memoryMib: deviceMib })),
    })),
  }
  const jobs = [aJob('liar', 0, 60_000, 10_000), aJob('honest', 60, 40_000, 40_000)]
  expect(simulateMemory(jobs, asAsked, one)).toMatchObject({ kills: 1, innocentKills: 1, failed: 0 })
  const fenced = { ...asAsked, held: true }
  expect(simulateMemory(jobs, fenced, one)).toMatchObject({ kills: 1, innocentKills: 0, failed: 0 })
})

test('a second try on half as much more loses those that take more yet; a third try alone loses nobody', () => {
  const one = {
    policy,
    nodes: equalNodes(1, 1).map((node) => ({
      ...node,
      devices: node.devices.map((device) => ({ ...device, memoryMib: deviceMib })),
    })),
  }
  const liar = [aJob('liar', 0, 70_000, 10_000)]
  const after = (again: 'alone' | 'more' | 'more_then_alone') =>
    simulateMemory(liar, predicted({ name: again, held: true, policy, unknown: 'asked', again }), one)
  expect(after('alone')).toMatchObject({ kills: 1, failed: 0 })
  expect(after('more')).toMatchObject({ kills: 2, failed: 1 })
  expect(after('more_then_alone')).toMatchObject({ kills: 2, failed: 0 })
})

test('two that together take more computing than a device has go on slower', () => {
  const jobs = [aJob('a', 0, 2000, 2000), aJob('b', 0, 2000, 2000)].map((job) => ({ ...job, gpuMilli: 1000 }))
  const figures = simulateMemory(jobs, noCheck, { policy, nodes: equalNodes(1, 1) })
  expect(figures).toMatchObject({ kills: 0, meanCompletionS: 1200, jobsPerDeviceHundredths: 200 })
})

test('a workload has all kinds, and none takes more than a device has', () => {
  const jobs = workload(4)
  expect(new Set(jobs.map(({ kind }) => kind)).size).toBe(5)
  expect(jobs.every((job) => peakOf(job) < deviceMib && job.askedMib <= deviceMib)).toBe(true)
  const liars = jobs.filter(({ kind }) => kind === 'lying' || kind === 'growing')
  expect(liars.every((job) => job.askedMib < peakOf(job))).toBe(true)
})
