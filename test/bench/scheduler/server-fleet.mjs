// Simulated nodes for the benchmark of the whole server, in a process of their own: `node server-fleet.mjs` with the
// options as JSON in its first argument. No machine but the server's own can join yet, so each node comes in by the door
// that the server's own node uses: a supervisor with an executor, over the same PostgreSQL. What it starts is no process
// but a runner that speaks the runner's protocol over HTTP (what to run, signs of life, the end) and runs nothing.
import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { pino } from 'pino'
import { Value } from '@sinclair/typebox/value'
import { createClient } from '@novabrain/contracts'
import { Config } from '../../../server/dist/config.js'
import { createDataSource } from '../../../server/dist/db/data-source.js'
import { createSupervisor } from '../../../server/dist/execution/supervisor.js'
import { createFoundation } from '../../../server/dist/foundation.js'
import { workChannel } from '../../../server/dist/modules/jobs/lifecycle.js'
import { createServices } from '../../../server/dist/modules/index.js'

const { home, databaseUrl, serverUrl, nodes, gpusPerNode, runMs } = JSON.parse(process.argv[2])
const idOf = (name) => createHash('sha256').update(name).digest('hex').slice(0, 32)
const verdict = { kind: 'succeeded', exitCode: 0, signal: null, evidence: null, cellIndex: null, module: null }

const runner = async (attemptId, token) => {
  const client = createClient({ baseUrl: serverUrl, fetch, headers: () => ({ authorization: `Bearer ${token}` }) })
  const params = { attemptId }
  const beat = (sequence) =>
    client.heartbeat({ params, body: { sequence, stage: 'running', stageDetail: null, samples: [] } })
  await client.getAttemptSpec({ params })
  await beat(1)
  for (let sequence = 2, leftMs = runMs; leftMs > 0; leftMs -= 1000, sequence += 1) {
    await delay(Math.min(leftMs, 1000))
    await beat(sequence)
  }
  await client.finishAttempt({ params, body: { verdict, logSizeBytes: 0 } })
}

const createExecutor = (name) => {
  const fates = new Map()
  let gone = () => undefined
  const node = {
    id: idOf(name),
    name,
    executor: 'local',
    cpuMilli: 64_000,
    memoryMib: 512_000,
    devices: Array.from({ length: gpusPerNode }, (_, index) => ({
      id: idOf(`${name}/${index}`),
      index,
      kind: 'gpu',
      model: 'Simulated 80 GiB',
      memoryMib: 81_920,
      simulated: true,
    })),
  }
  return {
    kind: 'local',
    capabilities: {},
    discover: async () => node,
    start: async (attemptId, token) => {
      if (fates.has(attemptId)) return
      fates.set(attemptId, { kind: 'alive' })
      const end = (fate) => {
        fates.set(attemptId, fate)
        gone(attemptId)
      }
      runner(attemptId, token).then(
        () => end({ kind: 'ended', result: { verdict, logSizeBytes: 0 }, lastWords: null }),
        (error) => end({ kind: 'ended', result: null, lastWords: error.message }),
      )
    },
    ask: async (attemptId) => fates.get(attemptId) ?? { kind: 'never_started' },
    stop: async () => undefined,
    kill: async () => undefined,
    list: async () => [...fates.keys()],
    release: async (attemptId) => void fates.delete(attemptId),
    saved: async () => [],
    forget: async () => undefined,
    onGone: (listener) => {
      gone = listener
    },
  }
}

const config = Value.Decode(Config, Value.Default(Config, { home, databaseUrl, gpus: 'none', logLevel: 'warn' }))
const log = pino({ level: 'warn' })
const dataSource = await createDataSource({ url: databaseUrl, log }).initialize()
const foundation = createFoundation({ config, dataSource, log })
const { jobModules } = createServices(foundation)
const supervisors = new Map(
  Array.from({ length: nodes }, (_, index) => `simulated-${String(index).padStart(3, '0')}`).map((name) => [
    idOf(name),
    createSupervisor({ ...foundation, ...jobModules, executor: createExecutor(name) }),
  ]),
)
for (const supervisor of supervisors.values()) await supervisor.start()

// A commit wakes the nodes that it concerns: one question for all of them instead of one by each.
const concerned = `SELECT DISTINCT node_id AS id FROM attempts
  WHERE ended_at IS NULL AND (state = 'submitted' OR command <> 'none')`
const signal = new pg.Client(databaseUrl)
await signal.connect()
await signal.query(`SELECT set_config('novabrain.access', 'system', false)`)
await signal.query(`LISTEN ${workChannel}`)
let [wanted, asking] = [false, false]
const wake = async () => {
  wanted = true
  if (asking) return
  asking = true
  while (wanted) {
    wanted = false
    for (const { id } of (await signal.query(concerned)).rows) supervisors.get(id)?.wake()
    await delay(25)
  }
  asking = false
}
signal.on('notification', () => void wake())
process.send('ready')

process.once('message', async () => {
  await signal.end()
  for (const supervisor of supervisors.values()) await supervisor.stop()
  await dataSource.destroy()
  process.exit(0)
})
process.once('disconnect', () => process.exit(0))
