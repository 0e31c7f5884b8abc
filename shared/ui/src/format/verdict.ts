import { jobEnded, type Job, type Verdict, type VerdictKind } from '@novabrain/contracts'
import { formatDuration } from './duration.js'
import { formatMib } from './bytes.js'
import { fill, type Strings } from '../locales/strings.js'

/** The one thing offered after a job ended. */
export type VerdictAction =
  | { readonly kind: 'log' }
  | { readonly kind: 'files' }
  | { readonly kind: 'environment' }
  | { readonly kind: 'open_file'; readonly path: string }
  | { readonly kind: 'install'; readonly module: string }
  | { readonly kind: 'rerun' }
  | { readonly kind: 'rerun_memory'; readonly memoryMib: number }
  | { readonly kind: 'rerun_gpu_memory'; readonly gpuMemoryMib: number }
  | { readonly kind: 'rerun_whole_gpu' }
  | { readonly kind: 'rerun_longer'; readonly timeLimitMs: number }

/** How a job ended, or `null` while it has not. A job stopped in the queue never had an attempt to judge. */
export const verdictOf = (job: Job): Verdict | null => {
  if (!jobEnded(job.status)) return null
  const nothing = { exitCode: null, signal: null, evidence: null, cellIndex: null, module: null }
  return job.attempt?.verdict ?? (job.status === 'cancelled' ? { kind: 'cancelled', ...nothing } : null)
}

/** What happened, in a sentence. Cells are counted from 1 for people. */
export const verdictSentence = (verdict: Verdict, t: Strings): string =>
  fill(t.verdict[verdict.kind], {
    exitCode: verdict.exitCode ?? '?',
    signal: verdict.signal ?? '?',
    cell: verdict.cellIndex === null ? '?' : verdict.cellIndex + 1,
    module: verdict.module ?? '?',
  })

/** What helps most after such an end. */
export const verdictAction = (job: Job, verdict: Verdict): VerdictAction => {
  const simple: Partial<Record<VerdictKind, VerdictAction>> = {
    succeeded: { kind: 'files' },
    exit_code: { kind: 'log' },
    disk_full: { kind: 'log' },
    environment_failed: { kind: 'environment' },
    cell_failed: { kind: 'open_file', path: job.task.path },
    out_of_host_memory: { kind: 'rerun_memory', memoryMib: job.resources.memoryMib * 2 },
    out_of_gpu_memory: moreGpuMemory(job),
    ...(verdict.module === null ? {} : { missing_package: { kind: 'install', module: verdict.module } as const }),
    ...(job.timeLimitMs === null
      ? {}
      : { timed_out: { kind: 'rerun_longer', timeLimitMs: job.timeLimitMs * 2 } as const }),
  }
  return simple[verdict.kind] ?? { kind: 'rerun' }
}

/**
 * A share of a GPU becomes a whole one; a whole one of some size becomes one of twice the size. The server has tried that
 * once by itself: a share that failed on a whole device, or a whole device that was not tried again, has nothing larger.
 */
const moreGpuMemory = (job: Job): VerdictAction => {
  const { resources, attempt } = job
  if (hadAllThereIs(job)) return { kind: 'log' }
  if (resources.gpuMilli < 1000) return { kind: 'rerun_whole_gpu' }
  const had = Math.max(resources.gpuMemoryMib, ...(attempt?.devices ?? []).map((device) => device.memoryMib))
  return had === 0 ? { kind: 'log' } : { kind: 'rerun_gpu_memory', gpuMemoryMib: had * 2 }
}

const hadAllThereIs = ({ task, resources, attempt }: Job): boolean => {
  if (attempt === null || attempt.devices.length === 0 || task.kind === 'kernel') return false
  const whole = attempt.devices.every(({ memoryMib, deviceMemoryMib }) => memoryMib === deviceMemoryMib)
  return whole && (attempt.number === 1 || resources.gpuMilli < 1000)
}

/** The words on the button. */
export const verdictActionLabel = (action: VerdictAction, t: Strings): string => {
  const words = t.verdictAction
  switch (action.kind) {
    case 'open_file':
      return fill(words.openFile, { path: action.path })
    case 'install':
      return fill(words.install, { module: action.module })
    case 'rerun_memory':
      return fill(words.rerunMoreMemory, { memory: formatMib(action.memoryMib) })
    case 'rerun_gpu_memory':
      return fill(words.rerunMoreGpuMemory, { memory: formatMib(action.gpuMemoryMib) })
    case 'rerun_whole_gpu':
      return words.rerunWholeGpu
    case 'rerun_longer':
      return fill(words.rerunLonger, { duration: formatDuration(action.timeLimitMs, t.duration) })
    default:
      return words[action.kind]
  }
}
