import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/** How a call of uv ended. `exitCode` is `null` when it was killed, by us when it took too long. */
export interface UvEnd {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

/** uv, as the server calls it: a resolver in a folder of its own, bounded in time and number. */
export interface Uv {
  /** `null` when there is no uv on this machine. `prepare` writes what the call reads into its folder. */
  run(args: readonly string[], options: UvCall): Promise<UvEnd | null>
}

export interface UvCall {
  readonly timeLimitMs: number
  prepare(folder: string): Promise<void>
}

export interface UvOptions {
  /** As configured; else uv is looked for on the `PATH` and in the tools of the data folder. */
  readonly path: string | undefined
  readonly home: string
  /** What uv may know of our environment comes out of this. */
  readonly environment: NodeJS.ProcessEnv
}

/** How many calls may be under way at once; each takes about one core for a moment. */
const mostAtOnce = 2

/** Large enough for the hashes of 5,000 packages. */
const outputLimitBytes = 67_108_864

/** What a resolver needs: where things are, how to reach the index. Nothing of ours, so no token can leak into its output. */
const passedOn =
  /^(PATH|HOME|USERPROFILE|LOCALAPPDATA|APPDATA|SYSTEMROOT|TEMP|TMP|TMPDIR|LANG|LC_ALL|XDG_(CACHE|CONFIG|DATA)_HOME|SSL_CERT_(FILE|DIR)|UV_.*|(HTTPS?|ALL|NO)_PROXY)$/i

/** Make the hand that calls uv. */
export const createUv = (options: UvOptions): Uv => {
  const turn = createTurns(mostAtOnce)
  const env = environmentOf(options)
  return {
    run: (args, { timeLimitMs, prepare }) =>
      turn(async () => {
        const folder = await mkdtemp(join(tmpdir(), 'novabrain-lock-'))
        try {
          await prepare(folder)
          return await call(options.path ?? 'uv', args, { cwd: folder, env, timeout: timeLimitMs })
        } finally {
          await rm(folder, { recursive: true, force: true })
        }
      }),
  }
}

const environmentOf = ({ environment, home }: UvOptions): NodeJS.ProcessEnv => {
  const kept = Object.fromEntries(Object.entries(environment).filter(([name]) => passedOn.test(name)))
  return {
    UV_CACHE_DIR: join(home, 'cache', 'uv'),
    UV_HTTP_TIMEOUT: '15',
    UV_HTTP_RETRIES: '1',
    ...kept,
    PATH: [kept['PATH'], join(home, 'tools', 'bin')].filter(Boolean).join(delimiter),
    UV_NO_PROGRESS: '1',
    UV_PYTHON_DOWNLOADS: 'never',
    NO_COLOR: '1',
  }
}

const call = (
  file: string,
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv; timeout: number },
): Promise<UvEnd | null> =>
  new Promise((resolve, reject) => {
    const limits = { killSignal: 'SIGKILL', maxBuffer: outputLimitBytes, windowsHide: true } as const
    const child = execFile(file, [...args], { ...options, ...limits, encoding: 'utf8' }, (error, stdout, stderr) => {
      if (error === null) return resolve({ exitCode: 0, stdout, stderr })
      if (error.code === 'ENOENT' || error.code === 'EACCES') return resolve(null)
      if (typeof error.code === 'number' || error.killed === true)
        return resolve({ exitCode: codeOf(error), stdout, stderr })
      reject(error)
    })
    child.stdin?.end()
  })

const codeOf = (error: { code?: unknown; killed?: boolean }): number | null =>
  typeof error.code === 'number' && error.killed !== true ? error.code : null

/** Let at most so many work at once; the others wait in the order they came. */
const createTurns = (most: number) => {
  const waiting: (() => void)[] = []
  let working = 0
  return async <T>(work: () => Promise<T>): Promise<T> => {
    if (working >= most) await new Promise<void>((resolve) => waiting.push(resolve))
    else working += 1
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next === undefined) working -= 1
      else next()
    }
  }
}
