// Memory of a process and everything it started, as proportional share (PSS): pages that are shared count once.
import { readFileSync, readdirSync } from 'node:fs'

const read = (path) => {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

const childrenOf = (pid) =>
  readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    read(`/proc/${pid}/task/${task}/children`)
      .split(' ')
      .filter((child) => child.trim() !== '')
      .map(Number),
  )

/** A process and all that it started and that lives. */
export const treeOf = (pid) => {
  try {
    return [pid, ...childrenOf(pid).flatMap(treeOf)]
  } catch {
    return []
  }
}

const pssOf = (pid) => Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) / 1024

/** MiB of a process and its children now. */
export const memoryMib = (pid) => treeOf(pid).reduce((sum, each) => sum + pssOf(each), 0)

/** The most that a process and its children have at any look. */
export const watchMemory = (pid, everyMs = 250) => {
  let most = memoryMib(pid)
  const timer = setInterval(() => (most = Math.max(most, memoryMib(pid))), everyMs)
  return () => {
    clearInterval(timer)
    return most
  }
}
