import { spawn, type ChildProcess } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { build } from 'esbuild'
import { createClient, type Client } from '@novabrain/contracts'
import type { Config } from '../../server/src/config.js'
import { isAlive, killAll, type ProcessMark } from '../../server/src/execution/executors/local/processes.js'
import { readCredentials, type Credentials } from '../../server/src/modules/identity/first-run.js'
import { bundleRunner } from '../support/runner.js'

const repository = resolve(__dirname, '../..')

/** A server that is started again whenever it dies, as an operator's supervisor would do it. */
export interface ChaosStage {
  readonly home: string
  /** Where jobs write down what they did. */
  readonly folder: string
  credentials(): Promise<Credentials>
  client(): Promise<Client>
  /** Kill -9. Answers whether there was something to kill. */
  killServer(): boolean
  killPostgres(): Promise<boolean>
  killRunner(pick: (count: number) => number): Promise<boolean>
  readonly serverStarts: () => number
  /** The processes of runners and jobs that live. */
  living(): Promise<readonly number[]>
  close(): Promise<void>
}

export const startChaosStage = async (settings: Partial<Config> = {}): Promise<ChaosStage> => {
  const home = await mkdtemp(join(tmpdir(), 'novabrain-chaos-'))
  const folder = join(home, 'notes')
  await mkdir(folder)
  const server = await keepServer(home, settings)
  const credentials = () => patiently(async () => (await readCredentials(home)) ?? Promise.reject(new Error('none')))
  return {
    home,
    folder,
    credentials,
    client: async () => clientOf(await credentials()),
    killServer: server.kill,
    killPostgres: async () => {
      const text = await readFile(join(home, 'postgres', 'data', 'postmaster.pid'), 'utf8').catch(() => '')
      return kill(Number.parseInt(text, 10))
    },
    killRunner: async (pick) => {
      const pids = await runnerPids(home)
      return pids.length > 0 && kill(pids[pick(pids.length)] ?? 0)
    },
    living: async () => {
      const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
      const environments = await Promise.all(
        pids.map((pid) => readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')),
      )
      const ours = [`NOVABRAIN_WORK_DIR=${home}/`, `CHAOS_FOLDER=${folder}`]
      return pids.filter((_, index) => ours.some((word) => environments[index]?.includes(word))).map(Number)
    },
    serverStarts: server.starts,
    async close() {
      await server.stop()
      for (const attemptId of await readdir(join(home, 'work')).catch(() => [])) await killAll(attemptId)
      if (process.env['NOVABRAIN_CHAOS_KEEP'] === undefined) await rm(home, { recursive: true, force: true })
      else console.log(`kept: ${home}`)
    },
  }
}

/** Try until it succeeds; the server comes and goes. */
export const patiently = async <T>(work: () => Promise<T>, patienceMs = 120_000): Promise<T> => {
  const deadline = performance.now() + patienceMs
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await delay(100)
    }
  }
}

const clientOf = ({ url, token }: Credentials): Client =>
  createClient({
    baseUrl: url,
    fetch: (address, init) => fetch(address, { ...(init as RequestInit), signal: AbortSignal.timeout(10_000) }),
    headers: () => ({ authorization: `Bearer ${token}` }),
  })

const kill = (pid: number): boolean => {
  if (!Number.isInteger(pid) || pid <= 1) return false
  try {
    return process.kill(pid, 'SIGKILL')
  } catch {
    return false
  }
}

/** Runners that live, whatever they are doing: also one that has a result and is about to tell it. */
const runnerPids = async (home: string): Promise<number[]> => {
  const attempts = await readdir(join(home, 'work')).catch(() => [])
  const reports = await Promise.all(
    attempts.map((attempt) => readFile(join(home, 'work', attempt, 'runner.json'), 'utf8').catch(() => '')),
  )
  const marks = reports.flatMap(parseMark)
  const alive = await Promise.all(marks.map(isAlive))
  return marks.filter((_, index) => alive[index]).map(({ pid }) => pid)
}

/** A report that is not there, or was cut off by a crash, tells of no runner. */
const parseMark = (text: string): ProcessMark[] => {
  try {
    return [JSON.parse(text) as ProcessMark]
  } catch {
    return []
  }
}

const freePort = (): Promise<number> =>
  new Promise((resolvePort, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address()
      probe.close(() => resolvePort(typeof address === 'object' && address !== null ? address.port : 0))
    })
  })

/** Bundle the server from its sources, where its packages are found, with the runner where it looks for it. */
const bundleServer = async (): Promise<{ file: string; folder: string }> => {
  await mkdir(join(repository, 'test', 'artifacts'), { recursive: true })
  const folder = await mkdtemp(join(repository, 'test', 'artifacts', 'chaos-'))
  const file = join(folder, 'server', 'bundle', 'serve.js')
  await build({
    entryPoints: {
      serve: join(__dirname, 'serve.ts'),
      'loop-worker': join(repository, 'server/src/execution/loop-worker.ts'),
    },
    outdir: join(folder, 'server', 'bundle'),
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    packages: 'external',
    alias: {
      '@novabrain/contracts': join(repository, 'shared/contracts/src/index.ts'),
      '@novabrain/scheduler': join(repository, 'scheduler/src/index.ts'),
    },
    loader: { '.py': 'text', '.lock': 'text' },
    logLevel: 'error',
  })
  const runner = await bundleRunner()
  await writeFile(join(folder, 'runner.mjs'), await readFile(runner))
  await rm(resolve(runner, '..'), { recursive: true, force: true })
  return { file, folder }
}

const keepServer = async (home: string, settings: Partial<Config>) => {
  const bundle = await bundleServer()
  const config = {
    home,
    port: await freePort(),
    gpus: 'none',
    logLevel: process.env['NOVABRAIN_TEST_LOG'] ?? 'warn',
    heartbeatIntervalMs: 500,
    gracePeriodMs: 2000,
    ...settings,
  }
  const log = join(home, 'server.log')
  let child: ChildProcess | null = null
  let starts = 0
  let wanted = true
  let ended: Promise<void> = Promise.resolve()

  const run = (): void => {
    starts += 1
    const started = spawn('/bin/sh', ['-c', 'exec "$0" "$@" >> "$CHAOS_LOG" 2>&1', process.execPath, bundle.file], {
      cwd: repository,
      env: { ...process.env, CHAOS_CONFIG: JSON.stringify(config), CHAOS_LOG: log },
      stdio: 'ignore',
    })
    child = started
    ended = new Promise((resolveEnd) => {
      started.once('exit', () => {
        child = null
        resolveEnd()
        if (wanted) run()
      })
    })
  }
  run()

  return {
    starts: () => starts,
    kill: () => child?.kill('SIGKILL') ?? false,
    /** End in order, so that PostgreSQL ends too. */
    async stop() {
      wanted = false
      await patiently(async () => fetch(`http://127.0.0.1:${String(config.port)}/health/live`)).catch(() => undefined)
      child?.kill('SIGTERM')
      await Promise.race([ended, delay(20_000, undefined, { ref: false })])
      child?.kill('SIGKILL')
      const postmaster = await readFile(join(home, 'postgres', 'data', 'postmaster.pid'), 'utf8').catch(() => '')
      kill(Number.parseInt(postmaster, 10))
      await rm(bundle.folder, { recursive: true, force: true })
    },
  }
}
