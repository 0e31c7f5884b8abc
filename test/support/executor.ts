import { randomBytes } from 'node:crypto'
import { createClient, type AttemptResult, type Client, type Stage, type Verdict } from '@novabrain/contracts'
import type { Executor, Fate } from '../../server/src/execution/executor.js'
import type { NodeDescription } from '../../server/src/modules/nodes/service.js'

/** A verdict with nothing but its kind. */
export const verdictOf = (kind: Verdict['kind'], facts: Partial<Verdict> = {}): Verdict => ({
  kind,
  exitCode: null,
  signal: null,
  evidence: null,
  cellIndex: null,
  module: null,
  ...facts,
})

/** The runner of an attempt, played by the test: it says what it is told to say, through the real API. */
export interface FakeRunner {
  readonly attemptId: string
  readonly client: Client
  /** Say what it does; answers what the server wants of it. */
  beat(stage: Stage, stageDetail?: string | null): ReturnType<Client['heartbeat']>
  log(offset: number, text: string): Promise<{ sizeBytes: number }>
  finish(verdict: Verdict): Promise<void>
  /** Vanish without a word. */
  die(): void
  /** Vanish, leaving a result that never reached the server. */
  dieWith(result: AttemptResult): void
}

export interface FakeExecutor extends Executor {
  /** Attempts in the order they were started; an attempt started twice stands here twice. */
  readonly started: readonly string[]
  readonly stopped: readonly string[]
  readonly killed: readonly string[]
  /** The runner of an attempt, once it was started. */
  runner(attemptId: string): FakeRunner
  /** Make the next starts fail. */
  failStarts(error: Error | null): void
  /** Forget everything but the running processes, as a server does that was killed. */
  restarted(): FakeExecutor
}

type Life = { token: string; fate: Fate }

/** What the fake node has. */
export interface FakeNode {
  readonly gpuCount?: number
  readonly gpuMemoryMib?: number
  readonly cpuMilli?: number
  /** Whether its devices only stand for real ones; they do unless told. */
  readonly simulated?: boolean
}

/** What an executor that plays the local one can do. */
export const localCapabilities: Executor['capabilities'] = {
  requeue: false,
  suspend: false,
  deviceFraction: true,
  devicePinning: true,
  memoryLimit: true,
  startEstimate: false,
  reasonText: true,
}

/** An executor that keeps the contract and starts nothing. */
export const createFakeExecutor = (
  serverUrl: () => string,
  { gpuCount = 0, gpuMemoryMib = 24_576, cpuMilli = 64_000, simulated = true }: FakeNode = {},
  lives = new Map<string, Life>(),
  nodeId = randomBytes(16).toString('hex'),
): FakeExecutor => {
  const [started, stopped, killed] = [[] as string[], [] as string[], [] as string[]]
  let startFault: Error | null = null
  let gone: (attemptId: string) => void = () => undefined

  const end = (attemptId: string, result: AttemptResult | null): void => {
    const life = lives.get(attemptId)
    if (life !== undefined) life.fate = { kind: 'ended', result, lastWords: null }
    gone(attemptId)
  }

  const node: NodeDescription = {
    id: nodeId,
    name: 'fake-node',
    executor: 'local',
    cpuMilli,
    memoryMib: 256_000,
    devices: Array.from({ length: gpuCount }, (_, index) => ({
      id: `${nodeId.slice(0, 30)}${index.toString(16).padStart(2, '0')}`,
      index,
      kind: 'gpu',
      model: 'Fake GPU',
      memoryMib: gpuMemoryMib,
      simulated,
    })),
  }

  const runner = (attemptId: string): FakeRunner => {
    const life = lives.get(attemptId)
    if (life === undefined) throw new Error(`Attempt ${attemptId} was never started`)
    const headers = { authorization: `Bearer ${life.token}` }
    const client = createClient({
      baseUrl: serverUrl(),
      fetch: (url, init) => fetch(url, init as RequestInit),
      headers: () => headers,
    })
    let sequence = 0
    const params = { attemptId }
    return {
      attemptId,
      client,
      beat(stage, stageDetail = null) {
        sequence += 1
        return client.heartbeat({ params, body: { sequence, stage, stageDetail, samples: [] } })
      },
      log: (offset, text) => client.appendLog({ params, query: { offset }, body: Buffer.from(text) }),
      async finish(verdict) {
        await client.finishAttempt({ params, body: { verdict, logSizeBytes: 0 } })
        end(attemptId, { verdict, logSizeBytes: 0 })
      },
      die: () => end(attemptId, null),
      dieWith: (result) => end(attemptId, result),
    }
  }

  return {
    kind: 'local',
    saved: () => Promise.resolve([]),
    forget: () => Promise.resolve(),
    capabilities: localCapabilities,
    started,
    stopped,
    killed,
    discover: () => Promise.resolve(node),
    start(attemptId, token) {
      if (startFault !== null) return Promise.reject(startFault)
      if (lives.has(attemptId)) return Promise.resolve()
      started.push(attemptId)
      lives.set(attemptId, { token, fate: { kind: 'alive' } })
      return Promise.resolve()
    },
    ask: (attemptId) => Promise.resolve(lives.get(attemptId)?.fate ?? { kind: 'never_started' }),
    stop(attemptId) {
      stopped.push(attemptId)
      return Promise.resolve()
    },
    kill(attemptId) {
      const life = lives.get(attemptId)
      if (life?.fate.kind === 'alive') {
        killed.push(attemptId)
        life.fate = { kind: 'ended', result: null, lastWords: null }
      }
      return Promise.resolve()
    },
    list: () => Promise.resolve([...lives.keys()]),
    release: () => Promise.resolve(),
    onGone: (listener) => {
      gone = listener
    },
    runner,
    failStarts: (error) => {
      startFault = error
    },
    restarted: () => createFakeExecutor(serverUrl, { gpuCount, gpuMemoryMib, cpuMilli }, lives, nodeId),
  }
}
