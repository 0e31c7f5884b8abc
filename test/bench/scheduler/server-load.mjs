// The two clients of the benchmark of the whole server, each in a process of its own: `submit` sends jobs from some
// connections at once, `look` asks what pages ask for at a fixed pace. Options come as JSON in the first argument; what was
// measured goes to the parent.
import { setTimeout as delay } from 'node:timers/promises'
import { createClient } from '@novabrain/contracts'

const options = JSON.parse(process.argv[2])
const { projectId } = options
const client = createClient({
  baseUrl: options.url,
  fetch,
  headers: () => ({ authorization: `Bearer ${options.token}` }),
})

const submit = async ({ jobs, clients, body }) => {
  const took = []
  let next = 0
  const begun = performance.now()
  const send = async () => {
    for (let index = next++; index < jobs; index = next++) {
      const atMs = performance.now()
      await client.submitJob({
        params: { projectId },
        idempotencyKey: `bench-${index}`,
        body: { ...body, name: `sweep-${index % 50}` },
      })
      took.push(performance.now() - atMs)
    }
  }
  await Promise.all(Array.from({ length: clients }, send))
  return { took, seconds: (performance.now() - begun) / 1000 }
}

/**
 * Counted from when a question was due, so that a server that stood still is not asked less. Each is asked once before: what
 * this client takes to come up is not the server's.
 */
const look = async ({ everyMs, runId }) => {
  const params = { projectId }
  const questions = {
    'who am I': () => client.getMe({}),
    'list of jobs': () => client.listJobs({ params, query: { limit: 50 } }),
    'list of runs': () => client.listRuns({ params, query: { limit: 50 } }),
    'one run': () => client.getRun({ params: { ...params, runId } }),
    nodes: () => client.listNodes({}),
  }
  const names = Object.keys(questions)
  const took = Object.fromEntries(names.map((name) => [name, []]))
  const pending = new Set()
  let [over, asked] = [false, 0]
  process.once('message', () => (over = true))
  for (const name of names) await questions[name]()
  const begun = performance.now()
  while (!over) {
    const dueMs = begun + asked * everyMs
    await delay(Math.max(0, dueMs - performance.now()))
    const name = names[asked++ % names.length]
    const answer = questions[name]().then(() => took[name].push(performance.now() - dueMs))
    pending.add(answer)
    answer.finally(() => pending.delete(answer)).catch((error) => process.send({ fault: `${name}: ${error.message}` }))
  }
  await Promise.allSettled(pending)
  return { took }
}

process.once('disconnect', () => process.exit(0))
process.send(await { submit, look }[options.role](options), () => process.exit(0))
