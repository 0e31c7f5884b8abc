import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** One living process. */
export interface ProcessEntry {
  readonly pid: number
  readonly parentPid: number
  /** Processor time of it and of the children it has waited for, in milliseconds. */
  readonly cpuMs: number
  readonly startTicks: number
}

/** Linux counts processor time in hundredths of a second for programs, whatever the kernel uses inside. */
const msPerTick = 10

/** The fields of `/proc/PID/stat` we need, or `null` for a zombie or what cannot be read. The name may hold anything. */
export const parseStat = (pid: number, text: string): ProcessEntry | null => {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  const state = fields[0]
  if (fields.length < 20 || state === 'Z' || state === 'X') return null
  const number = (field: number) => Number(fields[field - 3])
  const ticks = number(14) + number(15) + number(16) + number(17)
  return { pid, parentPid: number(4), cpuMs: ticks * msPerTick, startTicks: number(22) }
}

const linux = existsSync('/proc/self/stat')

/** Every living process this machine shows. */
export const listProcesses = async (): Promise<readonly ProcessEntry[]> => {
  if (!linux) return listWithPs()
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)
  const entries = await Promise.all(pids.map(readEntry))
  return entries.filter((entry) => entry !== null)
}

const readEntry = async (pid: number): Promise<ProcessEntry | null> => {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => null)
  return text === null ? null : parseStat(pid, text)
}

/** macOS has no `/proc`: processor time is then not told. */
const listWithPs = async (): Promise<readonly ProcessEntry[]> => {
  const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,ppid=,stat='])
  return stdout
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields.length === 3 && !fields[2]?.startsWith('Z'))
    .map(([pid, parentPid]) => ({ pid: Number(pid), parentPid: Number(parentPid), cpuMs: 0, startTicks: 0 }))
}

/** When a process started, in clock ticks since boot, or `null`. */
export const startTicksOf = async (pid: number): Promise<number | null> => (await readEntry(pid))?.startTicks ?? null

/** The processes below `root`, without itself. */
export const descendantsOf = (root: number, processes: readonly ProcessEntry[]): readonly ProcessEntry[] => {
  const byParent = new Map<number, ProcessEntry[]>()
  for (const entry of processes) byParent.set(entry.parentPid, [...(byParent.get(entry.parentPid) ?? []), entry])
  const found: ProcessEntry[] = []
  for (let level = byParent.get(root) ?? []; level.length > 0;) {
    found.push(...level)
    level = level.flatMap(({ pid }) => byParent.get(pid) ?? [])
  }
  return found
}

const childrenAreListed = existsSync(`/proc/self/task/${process.pid}/children`)

/**
 * `root` and the processes below it. Where the kernel lists the children of each thread (`CONFIG_PROC_CHILDREN`) only the
 * tree itself is looked at, which on a busy machine costs a small part of reading every process. Its files answer at
 * once, so they are read without the detour over Node's threads.
 */
export const treeOf = async (root: number): Promise<readonly ProcessEntry[]> => {
  if (!childrenAreListed) {
    const all = await listProcesses()
    return [...all.filter(({ pid }) => pid === root), ...descendantsOf(root, all)]
  }
  const found: ProcessEntry[] = []
  const seen = new Set<number>()
  for (let level = [root]; level.length > 0; level = level.flatMap(childrenOf)) {
    level = level.filter((pid) => !seen.has(pid))
    for (const pid of level) {
      seen.add(pid)
      const entry = parseStat(pid, readNow(`/proc/${pid}/stat`))
      if (entry !== null) found.push(entry)
    }
  }
  return found
}

const childrenOf = (pid: number): readonly number[] => {
  try {
    const threads = readdirSync(`/proc/${pid}/task`)
    return threads.flatMap((thread) => readNow(`/proc/${pid}/task/${thread}/children`).match(/\d+/g)?.map(Number) ?? [])
  } catch {
    return []
  }
}

const readNow = (path: string): string => {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

/** The processes above `pid`, and itself. */
export const ancestorsOf = (pid: number, processes: readonly ProcessEntry[]): ReadonlySet<number> => {
  const parents = new Map(processes.map((entry) => [entry.pid, entry.parentPid]))
  const found = new Set<number>()
  for (let at: number | undefined = pid; at !== undefined && at > 0 && !found.has(at); at = parents.get(at))
    found.add(at)
  return found
}

/** The processes that carry `name=value` in the environment they were started with. */
export const processesWith = async (
  name: string,
  value: string,
  processes: readonly ProcessEntry[],
): Promise<readonly ProcessEntry[]> => {
  if (!linux) return []
  const wanted = Buffer.from(`${name}=${value}\0`)
  const carries = async ({ pid }: ProcessEntry) => {
    const environment = await readFile(`/proc/${pid}/environ`).catch(() => Buffer.alloc(0))
    const at = environment.indexOf(wanted)
    return at === 0 || (at > 0 && environment[at - 1] === 0)
  }
  const carrying = await Promise.all(processes.map(carries))
  return processes.filter((_, index) => carrying[index])
}

/** Send a signal; a process that is gone already is no fault. */
export const sendSignal = (pid: number, signal: NodeJS.Signals): void => {
  try {
    process.kill(pid, signal)
  } catch {
    // It ended in between.
  }
}
