import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { AttemptResult, Stage } from '@novabrain/contracts'
import { replaceFile } from './files.js'
import { startTicksOf } from './process-table.js'

/**
 * What an executor may read in `runner.json` of the work folder when it asks a runner directly, for instance after a
 * restart of the server. A process is the same one only if both its id and its start time fit.
 */
export interface RunnerState {
  readonly pid: number
  /** Field 22 of `/proc/PID/stat`: clock ticks since boot. `null` where there is no `/proc`. */
  readonly startTimeTicks: number | null
  readonly attemptId: string
  /** A stage; `finished` once the result stands; `over` when the server no longer wanted it. */
  readonly phase: Stage | 'finished' | 'over'
  readonly startedAt: string
  readonly result: AttemptResult | null
  /** The server has accepted the result. */
  readonly acknowledged: boolean
}

/** Keeps `runner.json` true. */
export interface StateFile {
  update(facts: Partial<Pick<RunnerState, 'phase' | 'result' | 'acknowledged'>>): Promise<void>
  /** Whether the file is still there; a runner whose work folder was taken away has nothing left to do. */
  exists(): Promise<boolean>
}

/** Write the first state and return the hand that keeps it. A full disk leaves the old state. */
export const openStateFile = async (workDir: string, attemptId: string): Promise<StateFile> => {
  const path = join(workDir, 'runner.json')
  let state: RunnerState = {
    pid: process.pid,
    startTimeTicks: await startTicksOf(process.pid),
    attemptId,
    phase: 'starting',
    startedAt: new Date().toISOString(),
    result: null,
    acknowledged: false,
  }
  // A phase is of no use once the process is gone; a result is.
  const write = () => replaceFile(path, JSON.stringify(state), state.result !== null).catch(() => undefined)
  let last = write()
  await last
  return {
    update: (facts) => {
      state = { ...state, ...facts }
      last = last.then(write)
      return last
    },
    exists: () =>
      last.then(() =>
        readFile(path).then(
          () => true,
          () => false,
        ),
      ),
  }
}
