// A built server with an embedded PostgreSQL (fsync on) and simulated nodes that join as the server's own node does
// (server-fleet.mjs), each in a process of its own, for benchmarks of the whole. Nodes and whoever submits stand for other
// machines and stand back for the server; whoever looks does not.
import { createHash } from 'node:crypto'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import pg from 'pg'
import { pino } from 'pino'
import { startEmbeddedPostgres } from '../../../server/dist/postgres/embedded.js'
import { cpuMsOf, standsForAnotherMachine } from '../support/cpu.mjs'
import { median, quantile, startBenchServer } from '../support/server.mjs'

export const progress = (text) => console.error(`${new Date().toISOString().slice(11, 19)} ${text}`)

/** A child of the benchmark that gets its options as JSON. */
export const begin = (file, options) => {
  const child = fork(path.join(import.meta.dirname, file), [JSON.stringify(options)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const answer = new Promise((resolve, reject) => {
    child.on('message', (message) => {
      if (message.fault !== undefined) progress(message.fault)
      else resolve(message)
    })
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code}`)))
  })
  answer.catch(() => undefined)
  return { child, answer }
}

/** The same on what stands for another machine. */
export const beginElsewhere = (file, options) => {
  const begun = begin(file, options)
  standsForAnotherMachine(begun.child)
  return begun
}

/** Never resolves; fails with the child. */
export const failureOf = ({ answer }) => answer.then(() => new Promise(() => undefined))

const uploadScript = async ({ client, projectId }) => {
  const text = 'print("done")\n'
  const digest = createHash('sha256').update(text).digest('hex')
  await client.putBlob({ params: { projectId, digest }, body: Buffer.from(text) })
  const files = [{ path: 'main.py', sizeBytes: text.length, digest, reason: 'entrypoint' }]
  const body = { files, excluded: [], git: null }
  return (await client.createCodeSnapshot({ params: { projectId }, body })).snapshot.id
}

export const rounded = (number, digits = 1) => Number(number.toFixed(digits))
export const spread = (numbers) => ({
  p50: rounded(median(numbers)),
  p99: rounded(quantile(numbers, 0.99)),
  max: rounded(Math.max(...numbers)),
})

const line = (cells) => `| ${cells.join(' | ')} |`
export const tableOf = (head, rows) =>
  [line(head), line(head.map((_, index) => (index === 0 ? '---' : '---:'))), ...rows.map(line)].join('\n')

/**
 * Start all of it; jobs run for `runMs`. `job(resources)` is the body of a submission, `watchCpu` tells processor time from
 * its call on, `lookFor` asks meanwhile what pages ask for.
 */
export const startWholeServer = async ({ nodes, gpusPerNode, runMs, lookEveryMs = 50 }) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'novabrain-bench-postgres-'))
  chmodSync(folder, 0o711)
  const postgres = await startEmbeddedPostgres({ home: folder, log: pino({ level: 'silent' }) })
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => void postgres.stop().finally(() => process.exit(1)))
  const admin = new pg.Client(postgres.adminUrl.replace(/\/[^/]*$/, `/${new URL(postgres.url).pathname.slice(1)}`))
  await admin.connect()
  const server = await startBenchServer({ databaseUrl: postgres.url })
  const { home, url, token, projectId, client } = server
  const snapshotId = await uploadScript(server)
  const task = { kind: 'script', path: 'main.py', arguments: [] }
  const job = (resources) => ({ task, resources, pinDigest: null, snapshotId })
  const submit = (body) => client.submitJob({ params: { projectId }, body })
  const { runId } = await submit(job({ gpuCount: 0, cpuMilli: 100 }))
  const fleet = beginElsewhere('server-fleet.mjs', {
    home,
    databaseUrl: postgres.url,
    serverUrl: url,
    nodes,
    gpusPerNode,
    runMs,
  })
  await fleet.answer
  progress(`the server runs, and ${nodes} nodes with ${nodes * gpusPerNode} GPUs`)
  const asking = { role: 'look', url, token, projectId, runId, everyMs: lookEveryMs }
  const pids = { server: server.pid, postgres: postgres.pid(), fleet: fleet.child.pid }
  return {
    server,
    admin,
    pids,
    job,
    submit,
    async lookFor(work) {
      await server.loopDelayMs()
      const looker = begin('server-load.mjs', asking)
      const done = await work()
      looker.child.send('stop')
      const { took } = await looker.answer
      return { done, took, loop: await server.loopDelayMs() }
    },
    watchCpu() {
      const [begunMs, before] = [performance.now(), Object.entries(pids).map(([name, pid]) => [name, cpuMsOf(pid)])]
      return () => ({
        seconds: (performance.now() - begunMs) / 1000,
        of: Object.fromEntries(before.map(([name, ms]) => [name, cpuMsOf(pids[name]) - ms])),
      })
    },
    async close() {
      fleet.child.send('stop')
      await once(fleet.child, 'exit')
      await server.close()
      await admin.end()
      await postgres.stop()
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}
