import { execFile, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { NovaBrainError, type CaptureHost, type Fetch, type KeptStore, type KeptSubmission } from '@novabrain/contracts'
import type { Platform } from './platform.js'
import { openWebSocket } from './web-socket.js'

/** An extension host that is a Node process: on a desktop, in code-server, on a remote host. */
export const nodePlatform: Platform = {
  windows: process.platform === 'win32',
  fetch: fetch as unknown as Fetch,
  openSocket: openWebSocket,
  python: (interpreter, folder): CaptureHost => ({
    run: (program) => runProgram(interpreter, folder, program),
    sha256: async (bytes) => createHash('sha256').update(bytes).digest('hex'),
  }),
  firstPython: (candidates) => first(candidates, (candidate) => [candidate, '-c', '']),
  firstCommand: (candidates) => first(candidates, (candidate) => [...candidate, '--version']),
  keptStore: (folder) => folderStore(path.join(folder, 'submissions')),
  runCommand: (command, cwd, signal) => runToEnd(command, cwd, signal),
  async writeFile(file, bytes) {
    await mkdir(path.dirname(file), { recursive: true })
    await writeFile(file, bytes, { mode: 0o600 })
  },
  randomText: (bytes) => randomBytes(bytes).toString('base64url'),
  sha256Base64Url: async (text) => createHash('sha256').update(text).digest('base64url'),
}

/** The first candidate whose trial ends well. */
const first = async <C>(candidates: readonly C[], trial: (candidate: C) => readonly string[]): Promise<C | null> => {
  for (const candidate of candidates) {
    const [program = '', ...args] = trial(candidate)
    const answers = await promisify(execFile)(program, args, { timeout: 10_000 }).then(
      () => true,
      () => false,
    )
    if (answers) return candidate
  }
  return null
}

const runProgram = (interpreter: string, folder: string, program: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn(interpreter, ['-'], { cwd: folder, stdio: ['pipe', 'pipe', 'pipe'] })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'ENOENT' || error.code === 'EACCES' ? new NovaBrainError('python_not_found') : error),
    )
    child.stdin.once('error', () => undefined)
    child.once('close', () => resolve(Buffer.concat(chunks).toString('utf8')))
    child.stdin.end(program)
  })

const runToEnd = (command: readonly string[], cwd: string, signal: AbortSignal): Promise<string> =>
  new Promise((resolve, reject) => {
    const [program = '', ...args] = command
    execFile(program, args, { cwd, signal, maxBuffer: 64 * 1024 * 1024 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout)
      else reject(new Error(lastLines(stderr) || error.message, { cause: error }))
    })
  })

const lastLines = (text: string): string => text.trimEnd().split('\n').slice(-5).join('\n')

/** What waits: a folder a submission, written beside its place and moved there when it is whole. */
const folderStore = (folder: string): KeptStore => {
  const placeOf = (key: string) => path.join(folder, createHash('sha256').update(key).digest('hex'))
  return {
    async put(kept) {
      const place = placeOf(kept.key)
      const making = `${place}.${randomBytes(4).toString('hex')}.part`
      await mkdir(making, { recursive: true, mode: 0o700 })
      const { inMemory, ...workspace } = kept.workspace
      for (const [digest, bytes] of inMemory) await writeFile(path.join(making, digest), bytes, { mode: 0o600 })
      const record = { ...kept, workspace: { ...workspace, digests: [...inMemory.keys()] } }
      await writeFile(path.join(making, 'submission.json'), JSON.stringify(record), { mode: 0o600 })
      await rm(place, { recursive: true, force: true })
      await rename(making, place)
    },
    async all() {
      const names = await readdir(folder).catch(() => [])
      await Promise.all(
        names.filter((name) => name.endsWith('.part')).map((name) => forgetOld(path.join(folder, name))),
      )
      const whole = names.filter((name) => /^[0-9a-f]{64}$/.test(name))
      return (await Promise.all(whole.map((name) => readKept(path.join(folder, name))))).flat()
    },
    remove: async (key) => rm(placeOf(key), { recursive: true, force: true }),
  }
}

/** How long writing a submission may take; what is older was left by an editor that ended in the middle of it. */
const longestWriteMs = 3_600_000

const forgetOld = async (place: string): Promise<void> => {
  const writtenAtMs = await stat(place).then(
    ({ mtimeMs }) => mtimeMs,
    () => Date.now(),
  )
  if (Date.now() - writtenAtMs > longestWriteMs) await rm(place, { recursive: true, force: true })
}

type Record_ = Omit<KeptSubmission, 'workspace'> & {
  readonly workspace: Omit<KeptSubmission['workspace'], 'inMemory'> & { readonly digests: readonly string[] }
}

/** What was removed by another window meanwhile is not there. */
const readKept = async (place: string): Promise<KeptSubmission[]> => {
  try {
    const record = JSON.parse(await readFile(path.join(place, 'submission.json'), 'utf8')) as Record_
    const { digests, ...workspace } = record.workspace
    const bytes = await Promise.all(
      digests.map(async (digest) => [digest, new Uint8Array(await readFile(path.join(place, digest)))] as const),
    )
    return [{ ...record, workspace: { ...workspace, inMemory: new Map(bytes) } }]
  } catch {
    return []
  }
}
