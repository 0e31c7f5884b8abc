// A built server in a process of its own, with a data folder and a PostgreSQL of its own (fsync on), for benchmarks.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { cpus, loadavg, tmpdir } from 'node:os'
import path from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { Value } from '@sinclair/typebox/value'
import { createClient } from '@novabrain/contracts'
import { Config } from '../../../server/dist/config.js'

/** Start it; `settings` go over what a benchmark needs. `close` stops it and takes its folder away. */
export const startBenchServer = async (settings = {}) => {
  const home = mkdtempSync(path.join(tmpdir(), 'novabrain-bench-'))
  chmodSync(home, 0o711)
  const child = fork(import.meta.filename, ['--serve', home, JSON.stringify(settings)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const gone = once(child, 'exit')
  const started = await Promise.race([once(child, 'message'), gone.then(() => null)])
  if (started === null) throw new Error('The server did not start')
  const [{ url, token, projectId }] = started
  const client = createClient({
    baseUrl: url,
    fetch,
    headers: () => ({ authorization: `Bearer ${token}` }),
  })
  return {
    home,
    url,
    token,
    projectId,
    client,
    pid: child.pid,
    /** How late the event loop of the server came to its work since the last time this was asked, ms. */
    async loopDelayMs() {
      const answer = once(child, 'message')
      child.send('delay')
      return (await answer)[0]
    },
    async close() {
      child.send('stop')
      await gone
      rmSync(home, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** The smallest of the numbers that this share of them does not exceed (nearest rank). */
export const quantile = (numbers, share) => {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)]
}

export const median = (numbers) => quantile(numbers, 0.5)

/** What a table must say of the machine it was made on. */
export const machineLine = () =>
  `${cpus().length} cores (${cpus()[0]?.model.trim() ?? 'unknown'}), Node ${process.version}, load average ${loadavg()
    .map((each) => each.toFixed(1))
    .join(' ')}`

const serve = async (home, settings) => {
  const { startServer } = await import('../../../server/dist/main.js')
  const { readCredentials } = await import('../../../server/dist/modules/identity/first-run.js')
  const all = { home, port: 0, gpus: 'none', logLevel: 'error', ...settings }
  const server = await startServer(Value.Decode(Config, Value.Default(Config, all)))
  const leave = async () => {
    await server.close()
    process.exit(0)
  }
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  process.on('message', (asked) => {
    if (asked === 'stop') return void leave()
    const ms = (nanoseconds) => nanoseconds / 1e6
    process.send({ p50: ms(delay.percentile(50)), p99: ms(delay.percentile(99)), max: ms(delay.max) })
    delay.reset()
  })
  // The benchmark itself broke.
  process.once('disconnect', leave)
  const { token, projectId } = await readCredentials(home)
  process.send({ url: server.url, token, projectId })
}

if (process.argv[1] === import.meta.filename && process.argv[2] === '--serve')
  await serve(process.argv[3], JSON.parse(process.argv[4]))
