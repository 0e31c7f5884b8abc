import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Readable } from 'node:stream'

const repository = resolve(__dirname, '../..')

/** The command as it was built. */
export const novabrain = join(repository, 'server/bin/novabrain.js')

/** How a program ended, and what it printed. */
export interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** A program that runs. */
export interface Running {
  readonly process: ChildProcess
  /** Resolves once the text was printed on either stream; fails with all that was printed if the program ends before. */
  until(text: string): Promise<void>
  readonly ended: Promise<Ended>
}

/** The environment of this machine (how it reaches the network among it) without what is ours, and what the test says. */
export const plainEnvironment = (more: Readonly<Record<string, string>>): Record<string, string> => {
  const theirs = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined || /^(NOVABRAIN_|OTEL_|JEST_|NODE_ENV|VIRTUAL_ENV|LC_)/.test(name)
      ? []
      : [[name, value] as const],
  )
  return { ...Object.fromEntries(theirs), LANG: 'C.UTF-8', ...more }
}

/** Start a program. */
export const start = (
  command: string,
  args: readonly string[],
  options: { env: Record<string, string>; cwd: string },
) => {
  const child = spawn(command, args, { ...options, stdio: ['pipe', 'pipe', 'pipe'] })
  const printed = { stdout: '', stderr: '' }
  let look: () => void = () => undefined
  const collect = (stream: Readable, into: keyof typeof printed) =>
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed[into] += text
      look()
    })
  collect(child.stdout, 'stdout')
  collect(child.stderr, 'stderr')
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, ...printed }))
  const said = (text: string) => printed.stdout.includes(text) || printed.stderr.includes(text)
  const until = (text: string) =>
    new Promise<void>((done, reject) => {
      look = () => (said(text) ? done() : undefined)
      look()
      void ended.then(() => reject(new Error(`It ended before it said "${text}":\n${printed.stdout}${printed.stderr}`)))
    })
  return { process: child, until, ended } satisfies Running
}

/** The processes that have a text in their command line or environment: whatever a test has left behind. */
export const processesWith = async (text: string): Promise<string[]> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
  const found = await Promise.all(
    pids.map(async (pid) => {
      const [words, variables] = await Promise.all(
        ['cmdline', 'environ'].map((file) => readFile(`/proc/${pid}/${file}`, 'latin1').catch(() => '')),
      )
      return `${words}\0${variables}`.includes(text) ? [`${pid} ${(words ?? '').replaceAll('\0', ' ')}`] : []
    }),
  )
  return found.flat()
}
