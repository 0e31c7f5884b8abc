// Processor time of a process and everything it started, by the kernel's own count: it does not grow by what others do. And
// who stands for other machines, which take no processor from a server, stands back for it.
import { readFileSync } from 'node:fs'
import { setPriority } from 'node:os'
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

/** How nice who stands for another machine is to those measured: whatever they start is too. */
export const otherMachine = 10

/** A process that stands for another machine. */
export const standsForAnotherMachine = ({ pid }) => setPriority(pid, otherMachine)

/** Milliseconds of processor time of a process and its children so far. */
export const cpuMsOf = (pid) => treeOf(pid).reduce((sum, each) => sum + ticksOf(each) * tickMs, 0)
