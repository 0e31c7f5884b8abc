// Processor time of a process and everything it started, by the kernel's own count: it does not grow by what others do.
import { readFileSync } from 'node:fs'
import { treeOf } from './memory.mjs'

const tickMs = 10

/** Fields after the name, which may hold spaces: user and system time, then the same of children that were waited for. */
const ticksOf = (pid) => {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0)
  } catch {
    return 0
  }
}

/** Milliseconds of processor time of a process and its children so far. */
export const cpuMsOf = (pid) => treeOf(pid).reduce((sum, each) => sum + ticksOf(each) * tickMs, 0)
