// node test/bench/runner-idle.mjs [--seconds 30] [--python PATH]
// What a job costs besides itself: one that only sleeps, as a script and as a notebook, under the real runner. Read from
// /proc/PID/stat, so Linux only: processor time of the runner and of each process it started, and of the server and its
// PostgreSQL, as a share of one core; memory as proportional share (PSS). Needs what click-to-start.mjs needs.
// Prints a table; exits with 1 when a budget is broken.
import { randomUUID } from 'node:crypto'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import path from 'node:path'
import { parseArgs } from 'node:util'
import { findUv, listenToJobs, makePython, makeScratch, prepareJob } from './support/jobs.mjs'
import { machineLine, startBenchServer } from './support/server.mjs'

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '30' }, python: { type: 'string' } } })
const measuredMs = Number(values.seconds) * 1000
const settleMs = 5000
const budgetPercent = 2
const msPerTick = 10
const program = 'import time\nprint("sleeps", flush=True)\ntime.sleep(3600)\n'

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

const readText = (path) => {
  try {
    return readFileSync(path, 'latin1')
  } catch {
    return ''
  }
}

/** Every living process: its parent, its processor time so far, how it was called. */
const processes = () =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      const stat = readText(`/proc/${name}/stat`)
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
      if (fields.length < 20) return []
      const command = readText(`/proc/${name}/cmdline`).replaceAll('\0', ' ')
      return [
        {
          pid: Number(name),
          parent: Number(fields[1]),
          cpuMs: (Number(fields[11]) + Number(fields[12])) * msPerTick,
          command,
        },
      ]
    })

const below = (root, all) => {
  const children = all.filter(({ parent }) => parent === root)
  return children.flatMap((child) => [child, ...below(child.pid, all)])
}

const roleOf = (command) => {
  if (command.includes('runner.mjs')) return 'runner'
  if (command.includes('guard.py')) return 'guard'
  if (command.includes('notebook_driver.py')) return 'driver of the notebook'
  return 'the program itself'
}

/** The tree of the attempt, and server and PostgreSQL; `postgres` stands beside the server, in its data folder. */
const looked = (server, attemptId) => {
  const all = processes()
  const runner = all.find(
    ({ pid, command }) =>
      command.includes('runner.mjs') && readText(`/proc/${pid}/environ`).includes(`NOVABRAIN_ATTEMPT_ID=${attemptId}`),
  )
  const postmaster = all.find(({ command }) => command.includes('postgres') && command.includes(server.home))
  return [
    ...[runner, ...below(runner.pid, all)].map((each) => ({ ...each, role: roleOf(each.command) })),
    { ...all.find(({ pid }) => pid === server.pid), role: 'server' },
    ...[postmaster, ...below(postmaster.pid, all)].map((each) => ({ ...each, role: 'PostgreSQL' })),
  ]
}

const pssMib = (pid) => Number(/^Pss:\s+(\d+)/m.exec(readText(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0) / 1024

const measure = async (server, place, kind) => {
  const { body } = await prepareJob(server, { ...place, kind, program })
  const changes = await listenToJobs(server)
  const params = { projectId: server.projectId }
  const job = await server.client.submitJob({ params, body, idempotencyKey: randomUUID() })
  const running = await changes.until(job.id, ({ attempt }) => attempt?.stage === 'running')
  await pause(settleMs)
  const before = new Map(looked(server, running.job.attempt.id).map((each) => [each.pid, each.cpuMs]))
  const startedMs = performance.now()
  await pause(measuredMs)
  const tookMs = performance.now() - startedMs
  const shares = new Map()
  for (const { pid, cpuMs, role } of looked(server, running.job.attempt.id)) {
    const known = shares.get(role) ?? { cpuMs: 0, mib: 0 }
    shares.set(role, { cpuMs: known.cpuMs + cpuMs - (before.get(pid) ?? 0), mib: known.mib + pssMib(pid) })
  }
  await server.client.stopJob({ params: { ...params, jobId: job.id } })
  await changes.until(job.id, ({ endedAt }) => endedAt !== null)
  changes.close()
  return [...shares].map(([role, { cpuMs, mib }]) => ({ kind, role, percent: (cpuMs / tookMs) * 100, mib }))
}

const scratch = makeScratch()
let server = null
try {
  const uv = findUv()
  const python = values.python === undefined ? makePython(uv, scratch) : path.resolve(values.python)
  server = await startBenchServer({ uvPath: uv })
  const rows = []
  for (const kind of ['script', 'notebook']) rows.push(...(await measure(server, { python, scratch }, kind)))
  console.log(`\n${values.seconds} s of a job that sleeps; ${machineLine()}\n`)
  console.log('| job | process | % of one core | memory MiB |')
  console.log('| --- | --- | ---: | ---: |')
  for (const { kind, role, percent, mib } of rows)
    console.log(`| ${kind} | ${role} | ${percent.toFixed(2)} | ${mib.toFixed(0)} |`)
  process.exitCode = rows.every(({ role, percent }) => role !== 'runner' || percent <= budgetPercent) ? 0 : 1
} finally {
  await server?.close()
  rmSync(scratch, { recursive: true, force: true, maxRetries: 5 })
}
