import { createHash } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { Value } from '@sinclair/typebox/value'
import { pino } from 'pino'
import { Config } from '../../server/src/config.js'
import { createDataSource } from '../../server/src/db/data-source.js'
import type { Executor, Fate } from '../../server/src/execution/executor.js'
import { createSupervisor } from '../../server/src/execution/supervisor.js'
import { createFoundation } from '../../server/src/foundation.js'
import { createServices } from '../../server/src/modules/index.js'
import type { NodeDescription } from '../../server/src/modules/nodes/service.js'
import { AttemptOverError, createLink } from '../../server/src/runner/link.js'
import { localCapabilities, verdictOf } from './executor.js'

/** An attempt as the simulated node lived it; the times are those of the monotonic clock. */
export interface LivedAttempt {
  readonly attemptId: string
  readonly jobId: string
  readonly devices: readonly { readonly deviceId: string; readonly milli: number; readonly memoryMib: number }[]
  readonly fromMs: number
  readonly toMs: number
}

export interface SimulatedNodes {
  /** Attempts in the order in which they were started; one that was started twice stands here twice. */
  readonly started: readonly string[]
  readonly lived: readonly LivedAttempt[]
  close(): Promise<void>
}

interface Options {
  readonly home: string
  readonly databaseUrl: string
  readonly serverUrl: string
  readonly nodes: number
  readonly gpusPerNode: number
  /** How long the next attempt runs. */
  readonly runMs: () => number
}

const idOf = (name: string): string => createHash('sha256').update(name).digest('hex').slice(0, 32)

const describe = (name: string, gpuCount: number): NodeDescription => ({
  id: idOf(name),
  name,
  executor: 'local',
  cpuMilli: 64_000,
  memoryMib: 256_000,
  devices: Array.from({ length: gpuCount }, (_, index) => ({
    id: idOf(`${name}/${String(index)}`),
    index,
    kind: 'gpu',
    model: 'Simulated 24 GiB',
    memoryMib: 24_576,
    simulated: true,
  })),
})

/**
 * Nodes that outlive the server: each has the supervisor that a node of the server has, over the same database, and
 * runners that speak the real runner's protocol through the real runner's link, but run nothing.
 */
export const startSimulatedNodes = async (options: Options): Promise<SimulatedNodes> => {
  const { home, databaseUrl, serverUrl } = options
  const [started, lived] = [[] as string[], [] as LivedAttempt[]]
  const over = new AbortController()
  setMaxListeners(0, over.signal)
  const log = pino({ level: 'silent' })
  const config = Value.Decode(Config, Value.Default(Config, { home, databaseUrl, gpus: 'none', logLevel: 'silent' }))
  const dataSource = await createDataSource({ url: databaseUrl, log }).initialize()
  const foundation = createFoundation({ config, dataSource, log })
  const { jobModules } = createServices(foundation)

  const live = async (attemptId: string, token: string): Promise<void> => {
    const link = createLink({ serverUrl, attemptId, token })
    const fromMs = performance.now()
    const { jobId, devices } = await link.spec(over.signal)
    await link.heartbeat({ sequence: 1, stage: 'running', stageDetail: null, samples: [] }, over.signal)
    await delay(options.runMs(), undefined, { signal: over.signal })
    lived.push({ attemptId, jobId, devices, fromMs, toMs: performance.now() })
    await link.finish({ verdict: verdictOf('succeeded', { exitCode: 0 }), logSizeBytes: 0 }, over.signal)
  }

  const createExecutor = (node: NodeDescription): Executor => {
    const fates = new Map<string, Fate>()
    let gone: (attemptId: string) => void = () => undefined
    return {
      kind: 'local',
      capabilities: localCapabilities,
      discover: () => Promise.resolve(node),
      start(attemptId, token) {
        started.push(attemptId)
        fates.set(attemptId, { kind: 'alive' })
        const end = () => {
          fates.set(attemptId, { kind: 'ended', result: null, lastWords: null })
          gone(attemptId)
        }
        void live(attemptId, token)
          .catch((error: unknown) => {
            if (!over.signal.aborted && !(error instanceof AttemptOverError)) throw error
          })
          .then(end)
        return Promise.resolve()
      },
      ask: (attemptId) => Promise.resolve(fates.get(attemptId) ?? { kind: 'never_started' }),
      stop: () => Promise.resolve(),
      kill: () => Promise.resolve(),
      list: () => Promise.resolve([...fates.keys()]),
      release: (attemptId) => Promise.resolve(void fates.delete(attemptId)),
      saved: () => Promise.resolve([]),
      forget: () => Promise.resolve(),
      onGone: (listener) => {
        gone = listener
      },
    }
  }

  const supervisors = Array.from({ length: options.nodes }, (_, index) =>
    createSupervisor({
      ...foundation,
      ...jobModules,
      executor: createExecutor(describe(`simulated-${String(index)}`, options.gpusPerNode)),
    }),
  )
  for (const supervisor of supervisors) await supervisor.start()
  const waker = setInterval(() => supervisors.forEach((supervisor) => supervisor.wake()), 200)
  return {
    started,
    lived,
    async close() {
      clearInterval(waker)
      over.abort()
      for (const supervisor of supervisors) await supervisor.stop()
      await dataSource.destroy()
    },
  }
}
