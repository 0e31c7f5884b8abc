import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'

/** What a job takes of its GPUs: computing in thousandths of one device, summed over devices, and memory in MiB. */
export interface GpuUse {
  readonly milli: number
  readonly memoryMib: number
  /** Whether the memory is that of the job's own processes; otherwise that of whole devices stands for it. */
  readonly ofJob: boolean
}

const deviceFields = 'index,uuid,utilization.gpu,memory.used'
const processFields = 'pid,gpu_uuid,used_memory'
const patienceMs = 3000

let absent = false

/**
 * Ask the driver about the devices with these indices. Memory is that of the job's own processes; where the driver does
 * not tell it by process, or names processes that are not seen here (in containers), the whole use of the device stands
 * for it. Computing is always that of the whole device. `null` without devices or driver.
 */
export const readGpuUse = async (indices: readonly number[], pids: ReadonlySet<number>): Promise<GpuUse | null> => {
  if (indices.length === 0 || absent) return null
  const [devices, processes] = await Promise.all([
    query([`--query-gpu=${deviceFields}`]),
    query([`--query-compute-apps=${processFields}`]),
  ])
  return devices === null ? null : gpuUseOf(devices, processes ?? '', indices, { pids, isHere })
}

const isHere = (pid: number): boolean => existsSync(`/proc/${pid}`)

/** The processes of a job, and which others exist on this machine. */
export interface ProcessView {
  readonly pids: ReadonlySet<number>
  readonly isHere: (pid: number) => boolean
}

/** The same from what `nvidia-smi --format=csv,noheader,nounits` printed. */
export const gpuUseOf = (
  devices: string,
  processes: string,
  indices: readonly number[],
  { pids, isHere }: ProcessView,
): GpuUse | null => {
  const ours = rows(devices).filter(([index]) => indices.includes(Number(index)))
  if (ours.length === 0) return null
  const uuids = new Set(ours.map(([, uuid]) => uuid))
  const told = rows(processes)
    .filter(([, uuid]) => uuids.has(uuid))
    .map(([pid, , used]) => ({ pid: Number(pid), usedMib: Number(used) }))
    .filter(({ usedMib }) => Number.isFinite(usedMib))
  const ofJob = told.some(({ pid }) => pids.has(pid) || isHere(pid))
  const whole = ours.map(([, , , used]) => Number(used)).filter(Number.isFinite)
  const own = told.filter(({ pid }) => pids.has(pid)).map(({ usedMib }) => usedMib)
  const utilisation = ours.map(([, , percent]) => Number(percent)).filter(Number.isFinite)
  return { milli: Math.round(sum(utilisation) * 10), memoryMib: Math.round(sum(ofJob ? own : whole)), ofJob }
}

const rows = (text: string): readonly string[][] =>
  text
    .split('\n')
    .filter((line) => line.includes(','))
    .map((line) => line.split(',').map((field) => field.trim()))

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)

const query = (options: readonly string[]): Promise<string | null> =>
  new Promise((resolve) => {
    const all = [...options, '--format=csv,noheader,nounits']
    execFile('nvidia-smi', all, { timeout: patienceMs }, (error, stdout) => {
      if (error !== null && 'code' in error && error.code === 'ENOENT') absent = true
      resolve(error === null ? stdout : null)
    })
  })
