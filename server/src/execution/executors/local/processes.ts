import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'

/** A process, told from a later one with the same number by when it started. */
export interface ProcessMark {
  readonly pid: number
  /** Field 22 of `/proc/PID/stat`: clock ticks since boot. `null` where there is no `/proc`. */
  readonly startTimeTicks: number | null
}

/** When a process started, or `null` when it is not there, is a zombie, or there is no `/proc`. */
export const startTicksOf = async (pid: number): Promise<number | null> => {
  const stat = await readFile(`/proc/${String(pid)}/stat`, 'latin1').catch(() => null)
  if (stat === null) return null
  // The name of the program, in parentheses, may hold anything, parentheses and blanks too.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' || fields[0] === 'X' ? null : Number(fields[19])
}

/** Whether this very process lives. */
export const isAlive = async ({ pid, startTimeTicks }: ProcessMark): Promise<boolean> => {
  if (startTimeTicks !== null) return (await startTicksOf(pid)) === startTimeTicks
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return isCode(error, 'EPERM')
  }
}

/** Send a signal; a process that is gone already is no error. */
export const signal = async (mark: ProcessMark, name: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
  if (!(await isAlive(mark))) return
  try {
    process.kill(mark.pid, name)
  } catch (error) {
    if (!isCode(error, 'ESRCH')) throw error
  }
}

const isCode = (error: unknown, code: string): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && error.code === code

/** The processes that carry the id of an attempt in their environment, wherever in the tree they went. */
export const processesOf = async (attemptId: string): Promise<ProcessMark[]> => {
  const needle = `NOVABRAIN_ATTEMPT_ID=${attemptId}`
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^\d+$/.test(name))
  const carries = async (pid: number): Promise<ProcessMark[]> => {
    const environment = await readFile(`/proc/${String(pid)}/environ`, 'latin1').catch(() => '')
    if (!environment.split('\0').includes(needle)) return []
    const startTimeTicks = await startTicksOf(pid)
    return startTimeTicks === null ? [] : [{ pid, startTimeTicks }]
  }
  return (await Promise.all(pids.map(Number).map(carries))).flat()
}

/** Kill every process of an attempt until none is left: a process may fork while it is being looked for. */
export const killAll = async (attemptId: string): Promise<void> => {
  for (let round = 0; round < 100; round += 1) {
    const left = await processesOf(attemptId)
    if (left.length === 0) return
    for (const mark of left) await signal(mark, 'SIGKILL')
    await delay(20)
  }
  throw new Error(`Processes of attempt ${attemptId} cannot be ended`)
}
