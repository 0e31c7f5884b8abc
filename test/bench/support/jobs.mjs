// Jobs for benchmarks: an environment, code, what a submit of it needs, and the changes that follow.
import { execFileSync, spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { WebSocket } from 'ws'
import {
  captureWorkspace,
  notebookCode,
  pinEnvironment,
  readNotebook,
  sendSnapshot,
  snapshotText,
} from '@novabrain/contracts'

/** Where uv is: `NOVABRAIN_UV` or the one on the PATH. Throws when there is none. */
export const findUv = () =>
  execFileSync('/bin/sh', ['-c', `command -v "${process.env['NOVABRAIN_UV'] ?? 'uv'}"`], { encoding: 'utf8' }).trim()

/** A scratch folder of the benchmark. */
export const makeScratch = () => mkdtempSync(path.join(tmpdir(), 'novabrain-bench-work-'))

/** An environment such as one works in; needs a package index. Answers its interpreter. */
export const makePython = (uv, scratch) => {
  const folder = path.join(scratch, 'python')
  execFileSync(uv, ['venv', '--quiet', folder])
  const python = path.join(folder, 'bin', 'python')
  execFileSync(uv, ['pip', 'install', '--quiet', '--python', python, 'ipykernel', 'scikit-learn', 'pandas'])
  return python
}

/** Milliseconds since 1970 in fractions, on the clock that the job's own `time.time()` reads too. */
export const nowMs = () => performance.timeOrigin + performance.now()

/** The same program as a script and as a notebook of one cell. */
export const entrypointOf = (kind, program) => {
  if (kind === 'script')
    return {
      task: { kind: 'script', path: 'main.py', arguments: [] },
      entrypoint: { path: 'main.py', text: program, code: [program] },
    }
  const cell = { cell_type: 'code', id: 'a', metadata: {}, source: program, outputs: [], execution_count: null }
  const text = JSON.stringify({ nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [cell] })
  const { notebook } = readNotebook(text, 'main.ipynb')
  return {
    task: { kind: 'notebook', path: 'main.ipynb', parameters: {} },
    entrypoint: { path: 'main.ipynb', text: snapshotText(notebook), code: notebookCode(notebook).code },
  }
}

const hostOf = (python, folder) => ({
  sha256: (bytes) => Promise.resolve(createHash('sha256').update(bytes).digest('hex')),
  run: async (text) => {
    const child = spawn(python, ['-'], { cwd: folder, stdio: ['pipe', 'pipe', 'inherit'] })
    child.stdin.end(text)
    return Buffer.concat(await child.stdout.toArray()).toString()
  },
})

/** Pin and snapshot: what the submit of an unchanged notebook finds. Answers the body of a submit. */
export const prepareJob = async (server, { python, scratch, kind, program }) => {
  const { task, entrypoint } = entrypointOf(kind, program)
  const folder = mkdtempSync(path.join(scratch, 'code-'))
  const host = hostOf(python, folder)
  const workspace = await captureWorkspace(host, { folder, entrypoint })
  const pinned = await pinEnvironment(server.client, server.projectId, workspace)
  if (pinned.status !== 'pinned') throw new Error(`The environment was not pinned: ${JSON.stringify(pinned)}`)
  const snapshot = await sendSnapshot(server.client, server.projectId, host, workspace)
  const body = { task, snapshotId: snapshot.id, pinDigest: pinned.pin.digest, resources: { gpuCount: 0 } }
  return { body, packages: pinned.pin.packages.length }
}

/** Every change of every job, with the time at which this client heard of it. */
export const listenToJobs = async (server) => {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/stream`)
  const heard = []
  let wake = () => undefined
  socket.on('message', (data) => {
    const frame = JSON.parse(data)
    if (frame.type === 'event' && frame.record.event.type === 'job_changed')
      heard.push({ atMs: nowMs(), job: frame.record.event.job })
    wake()
  })
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'authenticate', token: server.token }))
  socket.send(JSON.stringify({ type: 'subscribe', projectId: server.projectId, cursor: null, topics: [] }))
  return {
    of: (jobId) => heard.filter(({ job }) => job.id === jobId),
    /** The first change of this job for which `found` holds, those heard already included. */
    async until(jobId, found) {
      for (;;) {
        const change = heard.find((each) => each.job.id === jobId && found(each.job))
        if (change !== undefined) return change
        await new Promise((resolve) => (wake = resolve))
      }
    },
    close: () => socket.terminate(),
  }
}
