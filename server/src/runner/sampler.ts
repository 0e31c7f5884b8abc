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

/** Begin to measure what runs below `guardPid`, and on the GPUs with these indices, of which `onGpuUse` hears. */
export const startSampler = async (
  guardPid: () => number | null,
  gpuIndices: readonly number[],
  onGpuUse: (use: GpuUse) => void,
): Promise<Sampler> => {
  const oomBefore = await readOomKills()
  const processors = processorUse()
  let peakMib = 0
  return {
    sample: async () => {
      const root = guardPid()
      const tree = root === null ? [] : await treeOf(root)
      const cpuMilli = processors.since(
        tree.reduce((sum, entry) => sum + entry.cpuMs, 0),
        performance.now(),
      )
      const memoryMib = await memoryOf(tree)
      peakMib = Math.max(peakMib, memoryMib)
      const gpu = await readGpuUse(gpuIndices, new Set(tree.map(({ pid }) => pid)))
      if (gpu !== null) onGpuUse(gpu)
      return { atMs: Date.now(), cpuMilli, memoryMib, ...gpuFacts(gpu) }
    },
    peakMib: () => peakMib,
    oomKills: async () => (await readOomKills()) - oomBefore,
  }
}

/** Two samples nearer to each other tell nothing: processor time is counted in hundredths of a second. */
const nearestMs = 100

/**
 * The mean use of processors between two looks at the processor time of a tree, in thousandths of one. A process that is
 * ending is in nobody's count until it was waited for, which for one that frees much GPU memory takes a while: the time
 * of a tree never runs back, so what was counted once is not counted again when it returns.
 */
export const processorUse = () => {
  let before: { cpuMs: number; atMs: number } | null = null
  let last = 0
  return {
    since: (cpuMs: number, atMs: number): number => {
      if (before !== null && atMs - before.atMs < nearestMs) return last
      const usedMs = before === null ? 0 : Math.max(0, cpuMs - before.cpuMs)
      last = before === null ? 0 : Math.round((usedMs * 1000) / (atMs - before.atMs))
      before = { cpuMs: Math.max(cpuMs, before?.cpuMs ?? 0), atMs }
      return last
    },
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
