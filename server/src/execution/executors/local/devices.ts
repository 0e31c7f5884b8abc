import { createHash } from 'node:crypto'
import { execFile } from 'node:child_process'
import { availableParallelism, cpus } from 'node:os'
import type { NodeDescription } from '../../../modules/nodes/service.js'
import { machineMemoryBytes } from '../../../system.js'

type FoundDevice = NodeDescription['devices'][number]

/** This machine's processors in thousandths of a core, and its memory in MiB. */
export const hostSize = (): { cpuMilli: number; memoryMib: number } => ({
  cpuMilli: availableParallelism() * 1000,
  memoryMib: Math.floor(machineMemoryBytes() / 1_048_576),
})

interface Asking {
  /** Devices found before: they stay while the driver does not answer. */
  readonly known?: readonly FoundDevice[]
  readonly patienceMs?: number
  /** The program to ask, by name or path. */
  readonly driver?: string
}

/**
 * The devices of this machine. `auto` asks the driver, `none` asks nobody, `4x24GiB` declares simulated ones. A machine
 * without any is shown as one CPU device, which is never granted.
 */
export const findDevices = async (
  nodeId: string,
  gpus: string,
  { known = [], patienceMs = 10_000, driver = 'nvidia-smi' }: Asking = {},
): Promise<readonly FoundDevice[]> => {
  const output = gpus === 'auto' ? await run(driver, query, patienceMs) : ''
  if (output === null && known.length > 0) return known
  const found = declaredGpus(nodeId, gpus) ?? parseNvidia(output ?? '', nodeId)
  return found.length > 0 ? found : [cpuDevice(nodeId)]
}

const declaredGpus = (nodeId: string, gpus: string): FoundDevice[] | null => {
  const match = /^(\d+)x(\d+)GiB$/.exec(gpus)
  if (match === null) return null
  const memoryGib = Number(match[2])
  return Array.from({ length: Number(match[1]) }, (_, index) => ({
    id: idOf(nodeId, 'simulated', index),
    index,
    kind: 'gpu',
    model: `Simulated ${String(memoryGib)} GiB`,
    memoryMib: memoryGib * 1024,
    simulated: true,
  }))
}

const query = ['--query-gpu=index,name,memory.total', '--format=csv,noheader,nounits']

/** What `nvidia-smi --query-gpu=index,name,memory.total --format=csv,noheader,nounits` prints, as devices. */
export const parseNvidia = (output: string, nodeId: string): FoundDevice[] =>
  output.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s*,\s*(.+?)\s*,\s*(\d+)\s*$/.exec(line)
    if (match === null) return []
    const [index, model, memoryMib] = [Number(match[1]), match[2] ?? '', Number(match[3])]
    return [{ id: idOf(nodeId, 'gpu', index), index, kind: 'gpu', model, memoryMib, simulated: false }]
  })

const cpuDevice = (nodeId: string): FoundDevice => ({
  id: idOf(nodeId, 'cpu', 0),
  index: 0,
  kind: 'cpu',
  model: cpus()[0]?.model.trim() || 'CPU',
  memoryMib: hostSize().memoryMib,
  simulated: false,
})

/** The same device has the same id after a restart. */
const idOf = (nodeId: string, kind: string, index: number): string =>
  createHash('sha256')
    .update(`${nodeId}/${kind}/${String(index)}`)
    .digest('hex')
    .slice(0, 32)

/** What a program prints; nothing if it is not there or fails; `null` if it takes too long. */
const run = (program: string, args: readonly string[], patienceMs: number): Promise<string | null> =>
  new Promise((resolve) => {
    execFile(program, args, { timeout: patienceMs, killSignal: 'SIGKILL' }, (error, stdout) => {
      if (error === null) resolve(stdout)
      else resolve(error.killed === true ? null : '')
    })
  })
