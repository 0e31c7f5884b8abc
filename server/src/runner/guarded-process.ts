import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { closeSync, constants, openSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Duplex } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { descendantsOf, listProcesses, sendSignal } from './process-table.js'

/** A command, and what it runs in. */
export interface Command {
  readonly file: string
  readonly arguments: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

/** How a process ended: exactly one of the two is set. */
export interface ProcessEnd {
  readonly exitCode: number | null
  readonly signal: string | null
}

/** A command that runs under the guard (see `guard.py`): neither it nor anything it starts outlives this process. */
export interface GuardedProcess {
  readonly guardPid: number
  /** How the command ended; what it left behind may still run. Resolves when its output so far has been handed on. */
  readonly ended: Promise<ProcessEnd>
  /** Send a signal to the command and everything below it. */
  signal(name: NodeJS.Signals): Promise<void>
  /** Kill whatever is left of it. Resolves when nothing is. */
  dispose(): Promise<void>
}

/** What it takes to start guarded processes. */
export interface Guarding {
  /** The interpreter that runs the guard, and the guard. */
  readonly python: string
  readonly guardPath: string
  /** For the pipe through which output comes. */
  readonly folder: string
}

/** How long output may still come from processes left behind before they are killed. */
const leftoverOutputMs = 200

let pipes = 0

/**
 * Start a command. Its standard output and error are one and the same pipe, so their order is kept; `onOutput` is awaited
 * before more is read, so a slow disk slows the command instead of filling memory. It is a named pipe and not Node's
 * socket, since programs open `/dev/stdout` and `/dev/stderr` again, which a socket refuses.
 */
export const startGuarded = async (
  guarding: Guarding,
  command: Command,
  onOutput: (bytes: Uint8Array) => Promise<void>,
): Promise<GuardedProcess> => {
  const pipe = await openPipe(join(guarding.folder, `output-${(pipes += 1)}`))
  const child = spawn(guarding.python, ['-I', '-S', guarding.guardPath, command.file, ...command.arguments], {
    cwd: command.cwd,
    env: { ...command.env },
    stdio: ['ignore', pipe.writeFd, pipe.writeFd, 'pipe'],
    detached: true,
  })
  closeSync(pipe.writeFd)
  const pumped = pump(pipe.reader, onOutput)
  const gone = goneOf(child)
  const control = child.stdio[3] as Duplex
  const guardPid = child.pid ?? -1
  return {
    guardPid,
    ended: endOf(control, gone).then(async (end) => {
      await Promise.race([pumped, quiet(pipe.reader)])
      return end
    }),
    signal: async (name) => {
      for (const { pid } of descendantsOf(guardPid, await listProcesses())) sendSignal(pid, name)
    },
    dispose: async () => {
      control.destroy()
      await gone
      await Promise.race([pumped, delay(1000, undefined, { ref: false })])
      pipe.reader.destroy()
    },
  }
}

const openPipe = async (path: string): Promise<{ reader: Socket; writeFd: number }> => {
  await rm(path, { force: true })
  await promisify(execFile)('mkfifo', ['-m', '600', path])
  const readFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const writeFd = openSync(path, constants.O_WRONLY)
  await rm(path)
  return { reader: new Socket({ fd: readFd, readable: true, writable: false }), writeFd }
}

const pump = async (reader: Socket, onOutput: (bytes: Uint8Array) => Promise<void>): Promise<void> => {
  try {
    for await (const bytes of reader) await onOutput(bytes as Uint8Array)
  } catch {
    // The pipe was destroyed since nobody is left who writes to it.
  }
}

/** Resolves when nothing has been read for a moment: a daemon left behind may keep the pipe open for ever. */
const quiet = async (reader: Socket): Promise<void> => {
  for (let before = -1; before !== reader.bytesRead;) {
    before = reader.bytesRead
    await delay(leftoverOutputMs)
  }
}

const killedEnd: ProcessEnd = { exitCode: null, signal: 'SIGKILL' }

/** Resolves when the guard itself is gone, with how it ended. */
const goneOf = (child: ChildProcess): Promise<ProcessEnd> =>
  new Promise((resolve) => {
    child.once('error', () => resolve({ exitCode: 127, signal: null }))
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }))
  })

/** What the guard tells of its command; a guard that ends without a word has killed it, or the kernel did in its stead. */
const endOf = async (control: Duplex, gone: Promise<ProcessEnd>): Promise<ProcessEnd> => {
  control.on('error', () => undefined)
  const told = new Promise<ProcessEnd>((resolve) => {
    createInterface({ input: control }).on('line', (line) => {
      const message = JSON.parse(line) as Partial<ProcessEnd> & { pid?: number }
      if (message.pid === undefined) resolve({ exitCode: message.exitCode ?? null, signal: message.signal ?? null })
    })
  })
  return Promise.race([told, gone.then((end): ProcessEnd => (end.exitCode === 127 ? end : killedEnd))])
}
