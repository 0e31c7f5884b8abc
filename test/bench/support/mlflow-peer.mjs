// A real `mlflow server`, the peer that tracking is measured beside, in a schema of its own of the same PostgreSQL.
import { execFileSync, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { once } from 'node:events'
import path from 'node:path'
import pg from 'pg'
import { findUv } from './jobs.mjs'

const version = '3.17.2'
const folder = path.resolve(import.meta.dirname, '../../../.novabrain/tools/mlflow-bench')

/** A Python with mlflow and a driver for PostgreSQL; installed once, which needs uv and a package index. */
export const findPeerPython = () => {
  const python = path.join(folder, 'bin', 'python')
  if (existsSync(python)) return python
  const uv = findUv()
  execFileSync(uv, ['venv', '--quiet', folder], { stdio: ['ignore', 'inherit', 'inherit'] })
  execFileSync(uv, ['pip', 'install', '--quiet', '--python', python, `mlflow==${version}`, 'psycopg2-binary'], {
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  return python
}

const freePort = async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

const untilAnswers = async (url, child) => {
  for (let tries = 0; tries < 1500; tries += 1) {
    if (child.exitCode !== null) throw new Error('mlflow server ended')
    const answer = await fetch(`${url}/health`).catch(() => null)
    if (answer?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
  throw new Error('mlflow server did not answer')
}

/** Start it with the workers it starts by itself; what runs beside tracking in it is switched off, in its favour. */
export const startMlflow = async ({ python, postgresUrl, home }) => {
  const admin = new pg.Client({ connectionString: postgresUrl })
  await admin.connect()
  await admin.query('CREATE SCHEMA mlflow_peer').finally(() => admin.end())
  const store = new URL(postgresUrl)
  store.searchParams.set('options', '-csearch_path=mlflow_peer')
  const port = await freePort()
  const child = spawn(
    python,
    [
      ...[
        '-m',
        'mlflow',
        'server',
        '--backend-store-uri',
        store.href.replace(/^postgres(ql)?:/, 'postgresql+psycopg2:'),
      ],
      ...[
        '--host',
        '127.0.0.1',
        '--port',
        String(port),
        '--artifacts-destination',
        path.join(home, 'mlflow-artifacts'),
      ],
    ],
    {
      cwd: home,
      detached: true,
      stdio: ['ignore', 'ignore', process.env['NOVABRAIN_BENCH_VERBOSE'] ? 'inherit' : 'ignore'],
      env: { ...process.env, MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false', MLFLOW_DISABLE_TELEMETRY: 'true' },
    },
  )
  const close = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    process.kill(-child.pid, 'SIGTERM')
    const timer = setTimeout(() => process.kill(-child.pid, 'SIGKILL'), 10_000)
    await once(child, 'exit')
    clearTimeout(timer)
  }
  const url = `http://127.0.0.1:${port}`
  try {
    await untilAnswers(url, child)
  } catch (error) {
    await close()
    throw error
  }
  return { url, version, pid: child.pid, close }
}
