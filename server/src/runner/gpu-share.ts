import type { DeviceGrant } from '@novabrain/contracts'
import type { GpuUse } from './gpu.js'

/** Whether others may hold the rest of the device. */
export const isShare = ({ milli }: DeviceGrant): boolean => milli < 1000

/**
 * What a process takes of a device before its framework counts: the driver's context and the libraries' workspaces. On an
 * H100 with PyTorch 2.11 they were 612 to 742 MiB, and the driver kept 480 MiB of the card for itself.
 */
const beforeCountingMib = 1024

/** How much of its share a framework may count on, MiB: small shares keep three quarters whatever the rest takes. */
const limitMib = ({ memoryMib }: DeviceGrant): number =>
  memoryMib - Math.min(beforeCountingMib, Math.floor(memoryMib / 4))

/** The same as a part of the device, rounded down. */
const fractionOf = (grant: DeviceGrant): number => {
  const { milli, memoryMib, deviceMemoryMib } = grant
  if (memoryMib === 0 || deviceMemoryMib === undefined || deviceMemoryMib === 0) return milli / 1000
  return Math.floor((limitMib(grant) / deviceMemoryMib) * 10_000) / 10_000
}

const growing = {
  PYTORCH_CUDA_ALLOC_CONF: 'expandable_segments:True',
  TF_FORCE_GPU_ALLOW_GROWTH: 'true',
  XLA_PYTHON_CLIENT_PREALLOCATE: 'false',
}

/** JAX stops at three quarters of a device unless it is told otherwise. */
const ofWholeDevice = { XLA_PYTHON_CLIENT_MEM_FRACTION: '0.95', NOVABRAIN_GPU_MEMORY_FRACTION: '1' }

/**
 * Frameworks that take a whole device by default are told to take what they need. Those on a share are held to it: JAX and
 * CuPy by these variables, PyTorch by `gpu_share.py`, which reads `NOVABRAIN_GPU_MEMORY_FRACTION`. It is each process that
 * is held; TensorFlow and programs that call CUDA themselves are not.
 */
export const memoryVariables = (devices: readonly DeviceGrant[]): Readonly<Record<string, string>> => {
  if (devices.length === 0) return {}
  if (!devices.some(isShare)) return { ...growing, ...ofWholeDevice }
  const fraction = String(Math.min(...devices.map(fractionOf)))
  const bytes = Math.min(...devices.map(limitMib)) * 1_048_576
  return {
    ...growing,
    XLA_PYTHON_CLIENT_MEM_FRACTION: fraction,
    ...(bytes > 0 ? { CUPY_GPU_MEMORY_LIMIT: String(bytes) } : {}),
    NOVABRAIN_GPU_MEMORY_FRACTION: fraction,
  }
}

/** Says once that a job takes more GPU memory than its share, which is why others on the device may find too little. */
export const overuseNote = (devices: readonly DeviceGrant[], tell: (line: string) => void): ((use: GpuUse) => void) => {
  const grantedMib = devices.reduce((sum, { memoryMib }) => sum + memoryMib, 0)
  let silent = grantedMib === 0 || !devices.some(isShare)
  return ({ memoryMib, ofJob }) => {
    if (silent || !ofJob || memoryMib <= grantedMib) return
    silent = true
    tell(
      `this job uses ${memoryMib} MiB of GPU memory, more than its share of ${grantedMib} MiB: others may find too little`,
    )
  }
}
