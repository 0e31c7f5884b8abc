import { readFile } from 'node:fs/promises'
import type { ResourceSample } from '@novabrain/contracts'
import { treeOf, type ProcessEntry } from './process-table.js'
import { readGpuUse, type GpuUse } from './gpu.js'

/** Measures the tree of processes below one guard. */
export interface Sampler {
  /** One sample; processor use is the mean since the one before. */
  sample(): Promise<ResourceSample>
  /** The most memory a sample has shown, in MiB. */
  peakMib(): number
  /** How many processes the kernel has killed for want of memory on this machine or in our control group. */
  oomKills(): Promise<number>
}

/** Beyond this the kernel takes too long to share out memory pages, and the plain resident size has to do. */
const mostForSharesMib = 8192
const mib = 1_048_576
const pageBytes = 4096

/** Begin to measure what runs below `guardPid`, and on the GPUs with these indices. */
export const startSampler = async (guardPid: () => number | null, gpuIndices: readonly number[]): Promise<Sampler> => {
  const oomBefore = await readOomKills()
  let before: { cpuMs: number; atMs: number } | null = null
  let peakMib = 0
  return {
    sample: async () => {
      const root = guardPid()
      const tree = root === null ? [] : await treeOf(root)
      const atMs = performance.now()
      const cpuMs = tree.reduce((sum, entry) => sum + entry.cpuMs, 0)
      const cpuMilli = before === null ? 0 : Math.max(0, ((cpuMs - before.cpuMs) * 1000) / (atMs - before.atMs))
      before = { cpuMs, atMs }
      const memoryMib = await memoryOf(tree)
      peakMib = Math.max(peakMib, memoryMib)
      const gpu = await readGpuUse(gpuIndices, new Set(tree.map(({ pid }) => pid)))
      return { atMs: Date.now(), cpuMilli: Math.round(cpuMilli), memoryMib, ...gpuFacts(gpu) }
    },
    peakMib: () => peakMib,
    oomKills: async () => (await readOomKills()) - oomBefore,
  }
}

const gpuFacts = (gpu: GpuUse | null) => ({ gpuMilli: gpu?.milli ?? null, gpuMemoryMib: gpu?.memoryMib ?? null })

/** Memory of a tree: pages that several processes share are counted once, by their proportional shares. */
const memoryOf = async (tree: readonly ProcessEntry[]): Promise<number> => {
  const bytes = await Promise.all(tree.map(({ pid }) => memoryBytesOf(pid)))
  return Math.round(bytes.reduce((sum, value) => sum + value, 0) / mib)
}

const memoryBytesOf = async (pid: number): Promise<number> => {
  const statm = await readFile(`/proc/${pid}/statm`, 'latin1').catch(() => '')
  const resident = Number(statm.split(' ')[1] ?? 0) * pageBytes
  if (resident > mostForSharesMib * mib) return resident
  const rollup = await readFile(`/proc/${pid}/smaps_rollup`, 'latin1').catch(() => '')
  const share = /^Pss:\s+(\d+) kB/m.exec(rollup)?.[1]
  return share === undefined ? resident : Number(share) * 1024
}

const readOomKills = async (): Promise<number> => {
  const sources = ['/proc/vmstat', '/sys/fs/cgroup/memory.events']
  const texts = await Promise.all(sources.map((path) => readFile(path, 'latin1').catch(() => '')))
  return texts.reduce((sum, text) => sum + Number(/^oom_kill (\d+)/m.exec(text)?.[1] ?? 0), 0)
}
