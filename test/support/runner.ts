import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { AttemptResult, AttemptSpec } from '@novabrain/contracts'
import { findPython, findUv, toolsDir } from './python-tools.js'
import { startRunnerServer, type RunnerServer } from './runner-server.js'

const build = resolve(__dirname, '../../server/src/runner/build.mjs')

/** Bundle the runner as it ships and return the path of the file. */
export const bundleRunner = async (): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'novabrain-runner-bundle-'))
  const outfile = join(folder, 'runner.mjs')
  await promisify(execFile)(process.execPath, [build, '--outfile', outfile])
  return outfile
}

/** An identifier as NovaBrain makes them. */
export const newId = (): string => randomBytes(16).toString('hex')

/** One real runner process, with the server it talks to. */
export interface RunnerStage {
  readonly server: RunnerServer
  readonly process: ChildProcess
  readonly pid: number
  readonly attemptId: string
  readonly workDir: string
  /** Resolves with the exit code of the runner. */
  readonly exited: Promise<number | null>
  /** The result, once the runner is gone; the exit code is asserted to be 0. */
  result(): Promise<AttemptResult>
  /** Processes that carry the mark of the attempt, the runner left out. */
  living(): Promise<readonly number[]>
  close(): Promise<void>
}

/** What a stage is made from; the rest is filled in. */
export interface StageOptions {
  readonly bundle: string
  /** Path to text. */
  readonly files: Readonly<Record<string, string | Uint8Array>>
  readonly spec: Partial<AttemptSpec> & Pick<AttemptSpec, 'task'>
  readonly cacheDir?: string
  readonly env?: Readonly<Record<string, string>>
  /** Called before the runner starts. */
  readonly prepare?: (server: RunnerServer) => void
}

/** A spec with everything a job has by default. */
export const specOf = (part: StageOptions['spec'], files: AttemptSpec['files']): AttemptSpec => ({
  attemptId: newId(),
  jobId: newId(),
  jobNumber: 18,
  projectId: newId(),
  runId: newId(),
  experimentId: '1',
  files,
  pin: null,
  devices: [],
  cpuMilli: 1000,
  memoryMib: 4096,
  environmentVariables: {},
  timeLimitMs: null,
  gracePeriodMs: 5000,
  heartbeatIntervalMs: 200,
  ...part,
})

/** Start a server and a runner for it. */
export const stageRunner = async (options: StageOptions): Promise<RunnerStage> => {
  const contents = Object.entries(options.files).map(([path, content]) => ({ path, bytes: Buffer.from(content) }))
  const files = contents.map(({ path, bytes }) => ({ path, digest: sha256(bytes), sizeBytes: bytes.length }))
  const spec = specOf(options.spec, files)
  const server = await startRunnerServer(spec)
  for (const { bytes } of contents) server.blobs.set(sha256(bytes), bytes)
  options.prepare?.(server)
  const workDir = await mkdtemp(join(tmpdir(), 'novabrain-attempt-'))
  const child = spawn(process.execPath, [options.bundle], {
    env: {
      ...process.env,
      NOVABRAIN_SERVER_URL: server.url,
      NOVABRAIN_ATTEMPT_ID: spec.attemptId,
      NOVABRAIN_ATTEMPT_TOKEN: server.token,
      NOVABRAIN_WORK_DIR: workDir,
      NOVABRAIN_CACHE_DIR: options.cacheDir ?? join(toolsDir, 'runner-cache'),
      NOVABRAIN_UV: await findUv(),
      NOVABRAIN_PYTHON: await findPython(),
      ...options.env,
    },
    stdio: ['ignore', 'inherit', 'inherit'],
    detached: true,
  })
  const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)))
  const living = async () => (await withMark(spec.attemptId)).filter((pid) => pid !== child.pid)
  return {
    server,
    process: child,
    pid: child.pid ?? -1,
    attemptId: spec.attemptId,
    workDir,
    exited,
    result: async () => {
      const code = await exited
      const result = server.result()
      if (code !== 0 || result === null) throw new Error(`The runner ended with ${code} and told no result`)
      return result
    },
    living,
    close: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL')
      await exited
      await server.close()
      await rm(workDir, { recursive: true, force: true })
    },
  }
}

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

const withMark = async (attemptId: string): Promise<readonly number[]> => {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const marked = await Promise.all(
    pids.map(async (pid) =>
      (await readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')).includes(`NOVABRAIN_ATTEMPT_ID=${attemptId}`),
    ),
  )
  return pids.filter((_, index) => marked[index]).map(Number)
}
