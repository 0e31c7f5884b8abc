import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** What a runner is told by the executor that starts it. */
export interface RunnerConfig {
  readonly serverUrl: string
  readonly attemptId: string
  readonly token: string
  /** Scratch folder of this attempt. */
  readonly workDir: string
  /** Kept between attempts: environments, contents of snapshots, uv's cache. */
  readonly cacheDir: string
  /** Where jobs keep what they save between attempts, a folder each. */
  readonly checkpointsDir: string
  readonly uv: string | null
  /** The interpreter to use where no environment is pinned. */
  readonly python: string | null
}

type Environment = Readonly<Record<string, string | undefined>>

/** Read the runner's environment; throws one error that names every variable that is missing. */
export const readRunnerConfig = (env: Environment): RunnerConfig => {
  const token = env['NOVABRAIN_ATTEMPT_TOKEN'] ?? readToken(env['NOVABRAIN_ATTEMPT_TOKEN_FILE'])
  const needed = {
    NOVABRAIN_SERVER_URL: env['NOVABRAIN_SERVER_URL'],
    NOVABRAIN_ATTEMPT_ID: env['NOVABRAIN_ATTEMPT_ID'],
    NOVABRAIN_ATTEMPT_TOKEN: token,
    NOVABRAIN_WORK_DIR: env['NOVABRAIN_WORK_DIR'],
  }
  const missing = Object.entries(needed).filter(([, value]) => !value)
  if (missing.length > 0) throw new Error(`The runner needs ${missing.map(([name]) => name).join(', ')}.`)
  const workDir = needed.NOVABRAIN_WORK_DIR ?? ''
  return {
    serverUrl: (needed.NOVABRAIN_SERVER_URL ?? '').replace(/\/+$/, ''),
    attemptId: needed.NOVABRAIN_ATTEMPT_ID ?? '',
    token: token ?? '',
    workDir,
    cacheDir: env['NOVABRAIN_CACHE_DIR'] || join(workDir, 'cache'),
    checkpointsDir: env['NOVABRAIN_CHECKPOINTS_ROOT'] || join(workDir, 'checkpoints'),
    uv: env['NOVABRAIN_UV'] || null,
    python: env['NOVABRAIN_PYTHON'] || null,
  }
}

const readToken = (file: string | undefined): string | undefined =>
  file ? readFileSync(file, 'utf8').trim() : undefined
