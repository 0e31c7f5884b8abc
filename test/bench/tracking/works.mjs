// What is measured, each work once for any server that speaks MLflow's API. A work gives how much it did in a second, or how
// many milliseconds one took.
import http from 'node:http'
import { once } from 'node:events'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { open, stat } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { Writable } from 'node:stream'
import { promisify } from 'node:util'
import { memoryMib, watchMemory } from '../support/memory.mjs'
import { quantile } from '../support/server.mjs'

const withAgent = async (sockets, work) => {
  const agent = new http.Agent({ keepAlive: true, maxSockets: sockets })
  try {
    return await work(agent)
  } finally {
    agent.destroy()
  }
}

const createRun = async (call) =>
  (await call('POST', '/runs/create', { experiment_id: '0', start_time: Date.now() })).run.info.run_id

/** Clients that do one thing after another for a while; answers how many were done in a second by all. */
const rateOf = (system, { clients, durationMs, begin, turn }) =>
  withAgent(clients, async (agent) => {
    const call = system.callWith(agent)
    const own = await Promise.all(Array.from({ length: clients }, () => begin(call)))
    const started = performance.now()
    let done = 0
    await Promise.all(
      own.map(async (state) => {
        for (let index = 0; performance.now() - started < durationMs; index += 1) {
          await turn(call, state, index)
          done += 1
        }
      }),
    )
    return { rate: done / ((performance.now() - started) / 1000) }
  })

const point = (index) => ({
  key: `metric ${index % 10}`,
  value: Math.random(),
  timestamp: Date.now(),
  step: index,
})

/** `log_metric`, one by one. */
export const logMetric = (clients) => (system, durationMs) =>
  rateOf(system, {
    clients,
    durationMs,
    begin: createRun,
    turn: (call, runId, index) => call('POST', '/runs/log-metric', { run_id: runId, ...point(index) }),
  })

/** `log_batch` of many metrics, by 4 clients; metrics in a second. */
export const logBatch = (size) => async (system, durationMs) => {
  const { rate } = await rateOf(system, {
    clients: 4,
    durationMs,
    begin: createRun,
    turn: (call, runId, index) =>
      call('POST', '/runs/log-batch', {
        run_id: runId,
        metrics: Array.from({ length: size }, (_, each) => point(index * size + each)),
      }),
  })
  return { rate: rate * size }
}

/** A run begun, 20 params, and the run ended, by 4 clients; runs in a second. */
export const wholeRun = (system, durationMs) =>
  rateOf(system, {
    clients: 4,
    durationMs,
    begin: async () => null,
    turn: async (call) => {
      const runId = await createRun(call)
      const params = Array.from({ length: 20 }, (_, each) => ({ key: `param ${each}`, value: `value ${each}` }))
      await call('POST', '/runs/log-batch', { run_id: runId, params })
      await call('POST', '/runs/update', { run_id: runId, status: 'FINISHED', end_time: Date.now() })
    },
  })

/** Milliseconds of requests one after another. */
const timesOf = (system, count, request) =>
  withAgent(1, async (agent) => {
    const call = system.callWith(agent)
    const times = []
    for (let index = 0; index < count; index += 1) {
      const begun = performance.now()
      await request(call, index)
      times.push(performance.now() - begun)
    }
    return times
  })

const pageSize = 100

/** The first page of a search with a filter on a metric and an order by another; checked that it is a full page in order. */
export const search = (experiment) => async (system, count) => {
  const times = await timesOf(system, count, async (call, index) => {
    const { runs } = await call('POST', '/runs/search', {
      experiment_ids: [String(experiment)],
      filter: `metrics.accuracy > ${0.4 + (index % 10) / 50}`,
      order_by: ['metrics.loss ASC'],
      max_results: pageSize,
    })
    const losses = runs.map(({ data }) => data.metrics.find(({ key }) => key === 'loss').value)
    if (losses.length !== pageSize || losses.some((loss, at) => loss < losses[at - 1]))
      throw new Error(`${system.name} gave ${losses.length} runs, or in another order`)
  })
  return { p50: quantile(times, 0.5), p95: quantile(times, 0.95) }
}

/** Every point of a metric, as `get_metric_history` reads it. */
export const history = (runId, key, points) => async (system, count) => {
  const times = await timesOf(system, count, async (call) => {
    const { metrics } = await call('GET', `/metrics/get-history?run_id=${runId}&metric_key=${key}`)
    if (metrics.length !== points) throw new Error(`${system.name} gave ${metrics.length} points of ${points}`)
  })
  return { p50: quantile(times, 0.5), p95: quantile(times, 0.95) }
}

/** A metric for a chart, as the pages of each read it. */
export const chart = (runId, key) => async (system, count) => {
  const times = await timesOf(system, count, async (call) => {
    if ((await system.chart(call, runId, key)) < 200) throw new Error(`${system.name} gave too few points for a chart`)
  })
  return { p50: quantile(times, 0.5), p95: quantile(times, 0.95) }
}

const request = async (system, method, address, file) => {
  const { hostname, port } = new URL(system.url)
  const headers = {
    ...(system.token === undefined ? {} : { authorization: `Bearer ${system.token}` }),
    ...(file === undefined
      ? {}
      : { 'content-type': 'application/octet-stream', 'content-length': (await stat(file)).size }),
  }
  const path = `/api/2.0/mlflow-artifacts/artifacts/${address}`
  const asked = http.request({ hostname, port, path, method, headers })
  const answered = once(asked, 'response')
  answered.catch(() => undefined)
  if (file !== undefined) await send(file, asked)
  asked.end()
  const [response] = await answered
  if (response.statusCode !== 200)
    throw new Error(`${system.name} answered ${response.statusCode} to ${method} ${path}`)
  return response
}

/** A file into a request, through one piece of memory: a client that collects garbage would be measured too. */
const send = async (file, asked) => {
  const handle = await open(file)
  const piece = Buffer.alloc(1 << 20)
  try {
    for (;;) {
      const { bytesRead } = await handle.read(piece, 0, piece.length)
      if (bytesRead === 0) return
      await new Promise((resolve, reject) => {
        asked.write(piece.subarray(0, bytesRead), (error) => (error ? reject(error) : resolve()))
      })
    }
  } finally {
    await handle.close()
  }
}

/**
 * Make a file one that no store has seen: a store that knows its contents would have nothing to write. What others left to
 * be written is on the disk before it begins: whoever syncs would wait for their bytes too.
 */
const makeNew = async (file) => {
  const handle = await open(file, 'r+')
  await handle.write(randomBytes(64), 0, 64, 0)
  await handle.close()
  await promisify(execFile)('sync')
}

const bytesOf = async (response) => {
  let received = 0
  await pipeline(
    response,
    new Writable({
      write(chunk, _encoding, done) {
        received += chunk.length
        done()
      },
    }),
  )
  return received
}

/**
 * A file up and down again through the server, and away; MB in a second each way, and by how many MiB the memory of the
 * server grew meanwhile. Where what is deleted is kept for a while, it is forgotten: each turn of a system whose file stays
 * would have to find the kernel's memory for another, the turns of a system whose file goes would find their own again.
 */
export const artifact = (file, sizeBytes) => async (system) => {
  await makeNew(file)
  const runId = await withAgent(1, (agent) => createRun(system.callWith(agent)))
  const address = `0/${runId}/artifacts/large.bin`
  const before = memoryMib(system.pid)
  const most = watchMemory(system.pid)
  try {
    const begun = performance.now()
    ;(await request(system, 'PUT', address, file)).resume()
    const sent = performance.now()
    const received = await bytesOf(await request(system, 'GET', address))
    const ended = performance.now()
    if (received !== sizeBytes) throw new Error(`${system.name} gave ${received} bytes of ${sizeBytes}`)
    const rate = (ms) => sizeBytes / 1e6 / (ms / 1000)
    return { up: rate(sent - begun), down: rate(ended - sent), grown: Math.max(0, most() - before) }
  } finally {
    most()
    ;(await request(system, 'DELETE', address)).resume()
    await system.forget?.()
  }
}
