// node test/bench/websocket-fanout.mjs [--clients 1000] [--events 200]
// How fast events reach many open sockets: a built server in a process of its own, PostgreSQL of its own, real sockets in
// this process. Events are rows committed to the outbox, so that the relay and its numbering are measured too. Every client
// must get every event once and in order, or the benchmark fails. Needs `npm run build`. Prints a table.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { Value } from '@sinclair/typebox/value'
import pg from 'pg'
import { WebSocket } from 'ws'
import { Config } from '../../server/dist/config.js'
import { createLog, readCredentials, startEmbeddedPostgres, startServer } from '../../server/dist/index.js'

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '1000' },
    events: { type: 'string', default: '200' },
    serve: { type: 'string' },
    database: { type: 'string' },
  },
})

const serve = async (home, databaseUrl) => {
  const settings = { home, databaseUrl, port: 0, gpus: 'none', logLevel: 'error' }
  const server = await startServer(Value.Decode(Config, Value.Default(Config, settings)))
  process.once('message', async () => {
    await server.close()
    process.exit(0)
  })
  process.send({ url: server.url, ...(await readCredentials(home)) })
}

const appendEvents = (database, { tenantId, projectId }, from, count) =>
  database.query(
    `WITH added AS (
       INSERT INTO outbox_events (tenant_id, project_id, at, event)
       SELECT $1, $2, now(), jsonb_build_object('type', 'run_changed', 'runId', lpad(to_hex(n), 32, '0'),
         'experimentId', '0', 'name', 'run ' || n, 'status', 'RUNNING')
       FROM generate_series($3::int, $4::int) AS n RETURNING 1)
     SELECT pg_notify('novabrain_outbox', '') FROM added LIMIT 1`,
    [tenantId, projectId, from, from + count - 1],
  )

/** A client that counts; `reached(n)` settles when event number n has come. */
const openClient = async (server, cursor) => {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/stream`)
  const client = { socket, last: 0, cursor, wrong: 0, waiting: null, left: false }
  let ready
  const subscribed = new Promise((resolve) => (ready = resolve))
  socket.on('message', (data) => {
    const frame = JSON.parse(data)
    if (frame.type === 'ready') {
      client.cursor ??= frame.cursor
      ready()
    }
    if (frame.type === 'error' || frame.type === 'reset') client.wrong += 1
    if (frame.type !== 'event' || frame.record.event.type !== 'run_changed') return
    const number = parseInt(frame.record.event.runId, 16)
    if (client.last !== 0 && number !== client.last + 1) client.wrong += 1
    client.last = number
    client.cursor = frame.record.cursor
    if (client.waiting !== null && number >= client.waiting.number) client.waiting.resolve()
  })
  socket.on('close', (code) => {
    if (code === 1006 && client.left) return
    console.error(`A socket was closed by the server: ${code}`)
    process.exit(1)
  })
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'authenticate', token: server.token }))
  socket.send(JSON.stringify({ type: 'subscribe', projectId: server.projectId, cursor, topics: [] }))
  await subscribed
  return client
}

const reached = (client, number) =>
  client.last >= number ? Promise.resolve() : new Promise((resolve) => (client.waiting = { number, resolve }))

const elapsedMs = async (work) => {
  const startMs = performance.now()
  await work()
  return performance.now() - startMs
}

const percentile = (sorted, share) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]

const memoryMib = (pid) => {
  const line = readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)
  return line === null ? null : Math.round(Number(line[1]) / 1024)
}

const bench = async () => {
  const [clientCount, eventCount] = [Number(values.clients), Number(values.events)]
  const home = mkdtempSync(path.join(tmpdir(), 'novabrain-bench-'))
  chmodSync(home, 0o711)
  const postgres = await startEmbeddedPostgres({ home, log: createLog({ logLevel: 'silent' }) })
  const child = fork(import.meta.filename, ['--serve', home, '--database', postgres.url])
  const [server] = await once(child, 'message')
  const database = new pg.Client({ connectionString: postgres.url })
  await database.connect()
  await database.query(`SELECT set_config('novabrain.access', 'system', false)`)
  const found = await database.query('SELECT tenant_id FROM projects WHERE id = $1', [server.projectId])
  const place = { tenantId: found.rows[0].tenant_id, projectId: server.projectId }
  let number = 1
  let clients = []

  const openAll = async (cursors) => {
    clients = await Promise.all(cursors.map((cursor) => openClient(server, cursor)))
  }
  const leaveAll = () => {
    for (const client of clients) {
      client.left = true
      client.socket.terminate()
    }
  }
  const connectMs = await elapsedMs(() => openAll(Array(clientCount).fill(null)))
  const emit = async (count) => {
    const last = number + count - 1
    const all = Promise.all(clients.map((client) => reached(client, last)))
    await appendEvents(database, place, number, count)
    number += count
    await all
  }
  const latencies = []
  for (let round = 0; round < 40; round += 1) latencies.push(await elapsedMs(() => emit(1)))
  latencies.sort((a, b) => a - b)
  const burstMs = await elapsedMs(() => emit(eventCount))
  const rssMib = memoryMib(child.pid)

  const cursors = clients.map((client) => client.cursor)
  const wrongBefore = clients.reduce((sum, { wrong }) => sum + wrong, 0)
  leaveAll()
  await appendEvents(database, place, number, eventCount)
  number += eventCount
  const resumeMs = await elapsedMs(async () => {
    await openAll(cursors)
    await Promise.all(clients.map((client) => reached(client, number - 1)))
  })
  const wrong = wrongBefore + clients.reduce((sum, client) => sum + client.wrong, 0)

  leaveAll()
  await database.end()
  child.send('stop')
  await once(child, 'exit')
  await postgres.stop()
  rmSync(home, { recursive: true, force: true })

  const perSecond = (ms) => Math.round((clientCount * eventCount) / (ms / 1000)).toLocaleString('en')
  console.log(`${cpus()[0].model}, ${cpus().length} cores for server, PostgreSQL and clients; Node ${process.version}`)
  console.log(`| measure | ${clientCount} clients |\n| --- | ---: |`)
  console.log(`| connect, sign in, subscribe: all | ${(connectMs / 1000).toFixed(2)} s |`)
  console.log(`| one event, from INSERT to the last client, p50 | ${percentile(latencies, 0.5).toFixed(1)} ms |`)
  console.log(`| the same, p95 | ${percentile(latencies, 0.95).toFixed(1)} ms |`)
  console.log(`| ${eventCount} events at once: messages/s | ${perSecond(burstMs)} |`)
  console.log(`| all away during ${eventCount} events, then caught up | ${(resumeMs / 1000).toFixed(2)} s |`)
  console.log(`| memory of the server (RSS) | ${rssMib ?? 'not told'} MiB |`)
  console.log(`| events lost, doubled or out of order | ${wrong} |`)
  if (wrong > 0) process.exitCode = 1
}

await (values.serve === undefined ? bench() : serve(values.serve, values.database))
