// node test/bench/api-latency.mjs [--seconds 20] [--writers 8] [--readers 4]
// How long reading takes while metrics are written: some programs log 10 points a request without a pause, and readers
// ask in turns what pages ask for. A built server in a process of its own with a PostgreSQL of its own; measured at rest
// first and then under load, the same requests. Needs `npm run build`. Prints a table.
import { parseArgs } from 'node:util'
import http from 'node:http'
import { machineLine, quantile, startBenchServer } from './support/server.mjs'

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    writers: { type: 'string', default: '8' },
    readers: { type: 'string', default: '4' },
    runs: { type: 'string', default: '200' },
  },
})
const durationMs = Number(values.seconds) * 1000
const [writers, readers, runCount] = [values.writers, values.readers, values.runs].map(Number)
const agent = new http.Agent({ keepAlive: true })

const callerOf =
  ({ url, token }) =>
  (method, address, body) =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      const request = http.request(`${url}${address}`, { method, agent, headers }, (response) => {
        const chunks = []
        response.on('data', (chunk) => chunks.push(chunk))
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          if (response.statusCode < 300) resolve(JSON.parse(text))
          else reject(new Error(`${method} ${address} ${response.statusCode}: ${text.slice(0, 300)}`))
        })
      })
      request.on('error', reject)
      request.end(body === undefined ? undefined : JSON.stringify(body))
    })

const mlflow = '/api/2.0/mlflow'

const createRun = async (call) =>
  (await call('POST', `${mlflow}/runs/create`, { experiment_id: '0', start_time: Date.now() })).run.info.run_id

const log = (call, runId, step, count) =>
  call('POST', `${mlflow}/runs/log-batch`, {
    run_id: runId,
    metrics: Array.from({ length: count }, (_, index) => ({
      key: `metric ${index % 10}`,
      value: Math.random(),
      timestamp: Date.now(),
      step: step + index,
    })),
  })

/** What the pages of the faces read. */
const questions = ({ projectId }, runIds) => {
  const project = `/v1/projects/${projectId}`
  const any = () => runIds[Math.floor(Math.random() * runIds.length)]
  return [
    ['who am I', () => ['GET', '/v1/me']],
    ['list of jobs', () => ['GET', `${project}/jobs`]],
    ['list of runs', () => ['GET', `${project}/runs`]],
    ['one run', () => ['GET', `${mlflow}/runs/get?run_id=${any()}`]],
    ['history of a metric', () => ['GET', `${mlflow}/metrics/get-history?run_id=${any()}&metric_key=metric%200`]],
    ['nodes', () => ['GET', '/v1/nodes']],
  ]
}

const readFor = async (call, asked, ms) => {
  const times = new Map(asked.map(([name]) => [name, []]))
  const until = performance.now() + ms
  await Promise.all(
    Array.from({ length: readers }, async (_, reader) => {
      for (let turn = reader; performance.now() < until; turn += 1) {
        const [name, question] = asked[turn % asked.length]
        const begun = performance.now()
        await call(...question())
        times.get(name).push(performance.now() - begun)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    }),
  )
  return times
}

/** Write until told to stop; answers how many points were acknowledged. */
const writing = (call, runIds) => {
  let going = true
  let points = 0
  const all = runIds.map(async (runId) => {
    for (let step = 100_000; going; step += 10) {
      await log(call, runId, step, 10)
      points += 10
    }
  })
  return {
    async stop() {
      going = false
      await Promise.all(all)
      return points
    },
  }
}

const server = await startBenchServer()
try {
  const call = callerOf(server)
  const runIds = []
  for (let index = 0; index < runCount; index += 1) runIds.push(await createRun(call))
  await Promise.all(runIds.map((runId) => log(call, runId, 0, 1000)))
  const asked = questions(server, runIds)
  await readFor(call, asked, 2000)
  const rest = await readFor(call, asked, durationMs)
  const load = writing(call, await Promise.all(Array.from({ length: writers }, () => createRun(call))))
  const begun = performance.now()
  const busy = await readFor(call, asked, durationMs)
  const points = await load.stop()
  const rate = Math.round((points / (performance.now() - begun)) * 1000).toLocaleString('en')
  console.log(
    `\n${runCount} runs of 1,000 points; ${readers} readers; under load ${writers} writers of 10 points a request,`,
  )
  console.log(`together ${rate} points/s; all on ${machineLine()}\n`)
  console.log('| request | at rest p50 ms | p99 ms | under load p50 ms | p99 ms | requests |')
  console.log('| --- | ---: | ---: | ---: | ---: | ---: |')
  for (const [name] of asked) {
    const cells = [rest, busy].flatMap((times) =>
      [0.5, 0.99].map((share) => quantile(times.get(name), share).toFixed(1)),
    )
    console.log(`| ${name} | ${cells.join(' | ')} | ${rest.get(name).length} / ${busy.get(name).length} |`)
  }
} finally {
  agent.destroy()
  await server.close()
}
