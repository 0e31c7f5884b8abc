import { execFile } from 'node:child_process'
import { delimiter, dirname, isAbsolute, join } from 'node:path'
import { promisify } from 'node:util'
import { startGuarded, type GuardedProcess, type Guarding } from './guarded-process.js'
import { inheritedVariables } from './task-environment.js'
import { attemptMark } from './leftovers.js'

/** How a call of uv ended, with what it wrote. */
export interface UvEnd {
  readonly exitCode: number | null
  readonly stderr: string
}

/** uv, as the runner calls it. */
export interface Uv {
  /** Run it; each line it writes is told. Aborting the runner's stop signal kills it. */
  run(args: readonly string[], tell: (line: string) => void): Promise<UvEnd>
  /** The interpreter on this machine that fits a version, without downloading one, or `null`. */
  find(version: string): Promise<string | null>
}

/** What calls of uv need. */
export interface UvOptions {
  /** How to call it: a path, or an interpreter with `-m uv`. */
  readonly command: readonly string[]
  readonly guarding: Guarding
  readonly cacheDir: string
  readonly attemptId: string
  readonly stop: AbortSignal
}

const mostKept = 262_144

/** The way to call uv on this machine: as configured, from `PATH`, or as a module of Python; `null` when there is none. */
export const locateUv = async (configured: string | null, python: string | null): Promise<readonly string[] | null> => {
  const candidates = [
    ...(configured === null ? [] : [[configured]]),
    ['uv'],
    ...(python === null ? [] : [[python, '-m', 'uv']]),
  ]
  for (const [file = '', ...rest] of candidates) {
    const answers = await promisify(execFile)(file, [...rest, '--version']).then(
      () => true,
      () => false,
    )
    if (answers) return [file, ...rest]
  }
  return null
}

/** Make the hand that calls uv. */
export const createUv = (options: UvOptions): Uv => {
  const [file = 'uv', ...before] = options.command
  const inherited = inheritedVariables(process.env, true)
  const env = {
    ...inherited,
    PATH: [inherited['PATH'], dirname(options.guarding.python)].filter(Boolean).join(delimiter),
    UV_CACHE_DIR: process.env['UV_CACHE_DIR'] ?? join(options.cacheDir, 'uv'),
    UV_NO_PROGRESS: '1',
    [attemptMark]: options.attemptId,
  }
  const run = async (args: readonly string[], tell: (line: string) => void): Promise<UvEnd> => {
    const output = lineReader(tell)
    const command = { file, arguments: [...before, ...args], cwd: options.cacheDir, env }
    const child = await startGuarded(options.guarding, command, (bytes) => Promise.resolve(output.push(bytes)))
    const end = await stoppable(child, options.stop)
    options.stop.throwIfAborted()
    return { exitCode: end.exitCode, stderr: output.text() }
  }
  return {
    run,
    find: async (version) => {
      const args = ['python', 'find', '--no-project', '--no-python-downloads', version]
      const { exitCode, stderr } = await run(args, () => undefined)
      return exitCode === 0 ? (stderr.split('\n').findLast((line) => isAbsolute(line)) ?? null) : null
    },
  }
}

const stoppable = async (child: GuardedProcess, stop: AbortSignal) => {
  const kill = () => void child.dispose()
  stop.addEventListener('abort', kill, { once: true })
  if (stop.aborted) kill()
  try {
    return await child.ended
  } finally {
    stop.removeEventListener('abort', kill)
    await child.dispose()
  }
}

/** Hands on whole lines and keeps the last 256 KiB. */
const lineReader = (tell: (line: string) => void) => {
  let kept = ''
  let partial = ''
  return {
    push: (bytes: Uint8Array) => {
      const text = Buffer.from(bytes).toString('utf8')
      kept = (kept + text).slice(-mostKept)
      const lines = (partial + text).split('\n')
      partial = lines.pop() ?? ''
      for (const line of lines) if (line.trim() !== '') tell(line.trimEnd())
    },
    text: () => kept,
  }
}
