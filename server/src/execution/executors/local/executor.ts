/**
 * Runs attempts as processes of this machine.
 *
 * Each attempt has a scratch folder `work/<attemptId>`. The runner is started in a session of its own with its output in
 * files, so it lives on when the server dies. What is known of it lies in the folder: `process.json` (which process we
 * started) and `runner.json` (what the runner says of itself, and its result once there is one). A process is the same
 * only if number and start time agree; ids of processes come round again.
 *
 * Between the start of the process and the writing of `process.json` the server may die. Then the process is found by the
 * attempt's id in its environment, which it and everything it starts carry. No folder, or nothing written and nothing
 * found: it never ran. The folder is looked for first, since looking through all processes would delay every start.
 *
 * A runner is signalled once: that it was asked to stop lies in the folder too, so that a server that starts anew does not
 * take the grace from a task that saves itself. Should the signal be lost between the two, its next heartbeat tells it.
 */
import { randomBytes } from 'node:crypto'
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, open, readFile, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { Config } from '../../../config.js'
import type { Executor } from '../../executor.js'
import { findDevices, hostSize } from './devices.js'
import { runnerEnvironment } from './environment.js'
import { isAlive, killAll, processesOf, signal, startTicksOf, type ProcessMark } from './processes.js'
import { createCheckpointFolders } from './checkpoint-folders.js'
import { createWorkFolders } from './work-folder.js'

export interface LocalOptions {
  readonly config: Config
  /** The bundled runner, `dist/runner.mjs`. */
  readonly runnerPath: string
  /** Where runners find this server. */
  readonly serverUrl: () => string
  /** The environment of the server, of which the runner gets what any program needs and no secrets. */
  readonly environment: Readonly<Record<string, string | undefined>>
}

/** The executor that needs nothing but this machine. */
export const createLocalExecutor = (options: LocalOptions): Executor => {
  const { config } = options
  const folders = createWorkFolders(join(config.home, 'work'))
  const checkpoints = createCheckpointFolders(config.checkpointsFolder ?? join(config.home, 'checkpoints'))
  const listeners = new Set<(attemptId: string) => void>()
  const starting = new Map<string, Promise<void>>()
  let devices: Awaited<ReturnType<typeof findDevices>> = []

  const runnerOf = async (attemptId: string): Promise<ProcessMark | null> =>
    (await folders.report(attemptId)) ?? (await folders.marked(attemptId)) ?? (await processesOf(attemptId))[0] ?? null

  const ask: Executor['ask'] = async (attemptId) => {
    if (!(await folders.exists(attemptId))) return { kind: 'never_started' }
    const report = await folders.report(attemptId)
    const runner = report ?? (await runnerOf(attemptId))
    if (runner === null) return { kind: 'never_started' }
    if (await isAlive(runner)) return { kind: 'alive' }
    // It may have written its result between the two looks.
    const last = await folders.report(attemptId)
    return { kind: 'ended', result: last?.result ?? null, lastWords: await folders.lastWords(attemptId) }
  }

  const launch = async (attemptId: string, token: string): Promise<void> => {
    if ((await ask(attemptId)).kind !== 'never_started') return
    const tokenPath = await folders.prepare(attemptId, token)
    const folder = folders.folderOf(attemptId)
    const [out, err] = [await open(join(folder, 'runner.out'), 'a'), await open(join(folder, 'runner.err'), 'a')]
    try {
      const child = spawn(process.execPath, [options.runnerPath], {
        cwd: folder,
        detached: true,
        stdio: ['ignore', out.fd, err.fd],
        env: runnerEnvironment(options.environment, {
          NOVABRAIN_SERVER_URL: options.serverUrl(),
          NOVABRAIN_ATTEMPT_ID: attemptId,
          NOVABRAIN_ATTEMPT_TOKEN_FILE: tokenPath,
          NOVABRAIN_WORK_DIR: folder,
          NOVABRAIN_CACHE_DIR: join(config.home, 'cache'),
          NOVABRAIN_CHECKPOINTS_ROOT: checkpoints.root,
          NOVABRAIN_UV: config.uvPath ?? ownUv(config.home),
          NOVABRAIN_PYTHON: config.pythonPath,
        }),
      })
      const pid = await new Promise<number>((resolve, reject) => {
        child.once('error', reject)
        child.once('spawn', () => resolve(child.pid ?? 0))
      })
      child.once('exit', () => listeners.forEach((listener) => listener(attemptId)))
      child.unref()
      await folders.mark(attemptId, { pid, startTimeTicks: await startTicksOf(pid) })
    } finally {
      await out.close()
      await err.close()
    }
  }

  return {
    kind: 'local',
    capabilities: {
      requeue: false,
      suspend: false,
      deviceFraction: false,
      devicePinning: true,
      memoryLimit: false,
      startEstimate: false,
      reasonText: true,
    },

    async discover() {
      const id = await nodeIdOf(config.home)
      devices = await findDevices(id, config.gpus, { known: devices })
      return { id, name: hostname(), executor: 'local', ...hostSize(), devices }
    },

    start(attemptId, token) {
      const running = starting.get(attemptId)
      if (running !== undefined) return running
      const started = launch(attemptId, token).finally(() => starting.delete(attemptId))
      starting.set(attemptId, started)
      return started
    },

    ask,

    async stop(attemptId) {
      const runner = await runnerOf(attemptId)
      if (runner !== null && (await folders.noteStop(attemptId))) await signal(runner, 'SIGTERM')
    },

    async kill(attemptId) {
      const runner = await runnerOf(attemptId)
      if (runner !== null) await signal(runner, 'SIGKILL')
      await killAll(attemptId)
    },

    list: () => folders.list(),
    release: (attemptId) => folders.remove(attemptId),
    saved: () => checkpoints.list(),
    forget: (jobId) => checkpoints.remove(jobId),
    onGone: (listener) => void listeners.add(listener),
  }
}

/** The id of this node, made once for a data folder. */
const nodeIdOf = async (home: string): Promise<string> => {
  const path = join(home, 'node-id')
  const known = await readFile(path, 'utf8').catch(() => '')
  if (/^[0-9a-f]{32}$/.test(known.trim())) return known.trim()
  const id = randomBytes(16).toString('hex')
  await mkdir(home, { recursive: true, mode: 0o700 })
  await writeFile(path, `${id}\n`)
  return id
}

/** The uv among the tools of the data folder, if it was put there. */
const ownUv = (home: string): string | undefined =>
  ['tools/bin/uv', 'tools/Scripts/uv.exe'].map((place) => join(home, place)).find((place) => existsSync(place))
