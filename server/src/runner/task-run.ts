import type { ResourceSample } from '@novabrain/contracts'
import { startGuarded, type Command, type GuardedProcess, type Guarding, type ProcessEnd } from './guarded-process.js'
import type { GpuUse } from './gpu.js'
import { killLeftovers } from './leftovers.js'
import { startSampler } from './sampler.js'
import type { Stopper } from './stopper.js'

/** One run of a task under watch. */
export interface TaskRun {
  readonly guarding: Guarding
  readonly command: Command
  readonly attemptId: string
  readonly gpuIndices: readonly number[]
  readonly timeLimitMs: number | null
  readonly gracePeriodMs: number
  readonly sampleEveryMs: number
  readonly onOutput: (bytes: Uint8Array) => Promise<void>
  readonly onSample: (sample: ResourceSample) => void
  readonly onGpuUse: (use: GpuUse) => void
}

/** How the task ended, with what was measured. */
export interface TaskEnd extends ProcessEnd {
  readonly timedOut: boolean
  readonly peakMib: number
  readonly oomKills: number
  /** How many processes it had left running. */
  readonly leftovers: number
}

/** `setTimeout` takes no more than this. */
const longestTimerMs = 2_147_483_647
/** A tree that grows faster than it is listed is left to the guard after this. */
const forkersGetMs = 500

/** Run a task to its end, or to the end of its time, or until it is stopped. Nothing of it runs afterwards. */
export const runTask = async (run: TaskRun, stopper: Stopper): Promise<TaskEnd> => {
  const child = await startGuarded(run.guarding, run.command, run.onOutput)
  const sampler = await startSampler(() => child.guardPid, run.gpuIndices, run.onGpuUse)
  const sampling = repeatedly(run.sampleEveryMs, async () => run.onSample(await sampler.sample()))
  const terminate = terminator(child, run.gracePeriodMs)
  const limit = timeLimit(run.timeLimitMs, terminate.politely)
  const unlisten = [listen(stopper.signal, terminate.politely), listen(stopper.now, terminate.atOnce)]
  const end = await child.ended
  for (const stop of [...unlisten, limit.stop, terminate.stop, sampling.stop]) stop()
  run.onSample(await sampler.sample())
  await child.dispose()
  const leftovers = await killLeftovers(run.attemptId)
  return {
    ...end,
    timedOut: limit.reached(),
    peakMib: sampler.peakMib(),
    oomKills: await sampler.oomKills(),
    leftovers,
  }
}

/** SIGTERM to the whole tree, and when the grace period is over SIGKILL to what is left. */
const terminator = (child: GuardedProcess, gracePeriodMs: number) => {
  let timer: NodeJS.Timeout | undefined
  const atOnce = () => {
    void child.signal('SIGKILL')
    timer = setTimeout(() => void child.dispose(), forkersGetMs)
  }
  const politely = () => {
    if (timer !== undefined) return
    timer = setTimeout(atOnce, Math.min(gracePeriodMs, longestTimerMs))
    void child.signal('SIGTERM')
  }
  return { politely, atOnce, stop: () => clearTimeout(timer) }
}

/** Counted on a clock that never jumps. */
const timeLimit = (limitMs: number | null, onReached: () => void) => {
  const startMs = performance.now()
  let reached = false
  let timer: NodeJS.Timeout | undefined
  const look = () => {
    if (limitMs === null) return
    const leftMs = startMs + limitMs - performance.now()
    if (leftMs > 0) {
      timer = setTimeout(look, Math.min(leftMs, longestTimerMs))
      return
    }
    reached = true
    onReached()
  }
  look()
  return { stop: () => clearTimeout(timer), reached: () => reached }
}

/** Do `work` again and again, `everyMs` after it was done. */
const repeatedly = (everyMs: number, work: () => Promise<void>) => {
  let stopped = false
  let timer: NodeJS.Timeout | undefined
  const turn = () => {
    work()
      .catch(() => undefined)
      .finally(() => {
        if (!stopped) timer = setTimeout(turn, everyMs)
      })
  }
  timer = setTimeout(turn, Math.min(everyMs, 200))
  return {
    stop: () => {
      stopped = true
      clearTimeout(timer)
    },
  }
}

const listen = (signal: AbortSignal, listener: () => void): (() => void) => {
  signal.addEventListener('abort', listener, { once: true })
  if (signal.aborted) listener()
  return () => signal.removeEventListener('abort', listener)
}
