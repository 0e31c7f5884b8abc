import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { findPython, findUv, toolsDir } from './python-tools.js'

const execute = promisify(execFile)

/** The client whose wishes the tests hold us to, and its server. */
export const newestMlflow = '3.17.2'
/** The oldest client that is promised the same. */
export const oldestMlflow = '3.8.1'
const scikitLearnVersion = '1.9.1'
const frameworks = { torch: '2.13.0', lightning: '2.6.6', xgboost: '3.2.0', lightgbm: '4.7.0', psutil: '7.2.2' }

/**
 * A Python that has the real `mlflow` and scikit-learn, installed once under `.novabrain/tools`. Under `CI` a failure to
 * install fails; elsewhere it answers `null` and prints why, and the tests that need it say that they were skipped.
 */
export const findMlflowPython = (version = newestMlflow): Promise<string | null> =>
  findTool(`mlflow-${version}`, (venv) => venv.uv([`mlflow==${version}`, `scikit-learn==${scikitLearnVersion}`]))

/** Another one, with the frameworks that MLflow logs by itself. */
export const findFrameworksPython = (): Promise<string | null> =>
  findTool(`mlflow-frameworks-${newestMlflow}`, async (venv) => {
    // The settings of pip may name a build of PyTorch without CUDA, which is a tenth of the other.
    await venv.pip([`torch==${frameworks.torch}`])
    const { lightning, xgboost, lightgbm, psutil } = frameworks
    const wanted = [`lightning==${lightning}`, `xgboost-cpu==${xgboost}`, `lightgbm==${lightgbm}`, `psutil==${psutil}`]
    await venv.uv([`mlflow==${newestMlflow}`, `scikit-learn==${scikitLearnVersion}`, ...wanted])
  })

/** The oldest client with the same frameworks, which it finds where the other has them. */
export const findOldFrameworksPython = async (): Promise<string | null> => {
  const python = await findFrameworksPython()
  if (python === null) return null
  return findTool(`mlflow-frameworks-${oldestMlflow}`, async (venv) => {
    // The FastAPI of its day: its server of models asks for what later ones took away.
    await venv.uv([`mlflow==${oldestMlflow}`, `scikit-learn==${scikitLearnVersion}`, 'fastapi==0.127.0'])
    const [lent, own] = await Promise.all([sitePackagesOf(python), sitePackagesOf(venv.python)])
    await writeFile(join(own, 'frameworks.pth'), `${lent}\n`)
  })
}

const sitePackagesOf = async (python: string): Promise<string> => {
  const { stdout } = await execute(python, ['-c', 'import sysconfig; print(sysconfig.get_path("purelib"))'])
  return stdout.trim()
}

/** A virtual environment that is being made. */
interface Venv {
  readonly python: string
  uv(wanted: readonly string[]): Promise<void>
  pip(wanted: readonly string[]): Promise<void>
}

const findTool = async (name: string, fill: (venv: Venv) => Promise<void>): Promise<string | null> => {
  const folder = join(toolsDir, name)
  const python = join(folder, 'bin', 'python')
  if (existsSync(python)) return python
  try {
    await install(folder, fill)
    return python
  } catch (error) {
    if (process.env['CI']) throw error
    process.stderr.write(`skipped: ${name} cannot be installed: ${String(error)}\n`)
    return null
  }
}

/** Made aside and renamed, so that an install that was cut short is no install. */
const install = async (folder: string, fill: (venv: Venv) => Promise<void>): Promise<void> => {
  const uv = await findUv()
  const making = `${folder}.${String(process.pid)}.making`
  const python = join(making, 'bin', 'python')
  const output = { maxBuffer: 64 << 20 }
  await mkdir(toolsDir, { recursive: true })
  await execute(uv, ['venv', '--quiet', '--seed', '--relocatable', '--python', await findPython(), making])
  await fill({
    python,
    async uv(wanted) {
      await execute(uv, ['pip', 'install', '--quiet', '--python', python, ...wanted], output)
    },
    async pip(wanted) {
      await execute(python, ['-m', 'pip', 'install', '--quiet', '--no-input', ...wanted], output)
    },
  })
  await rename(making, folder).catch(() => rm(making, { recursive: true, force: true }))
}

export interface ProgramResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Run a Python program that uses `mlflow` against a server, with nothing of the machine's own settings. */
export const runMlflowProgram = (
  python: string,
  program: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<ProgramResult> =>
  new Promise((resolve, reject) => {
    const child = spawn(python, program, {
      env: {
        PATH: process.env['PATH'] ?? '',
        HOME: process.env['HOME'] ?? '',
        MLFLOW_HTTP_REQUEST_MAX_RETRIES: '1',
        MLFLOW_DISABLE_TELEMETRY: 'true',
        GIT_PYTHON_REFRESH: 'quiet',
        PYTHONWARNINGS: 'ignore',
        ...environment,
      },
    })
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []]
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
    child.on('error', reject)
    child.on('close', (code) =>
      resolve({
        exitCode: code ?? -1,
        stdout: Buffer.concat(stdout).toString('utf8'),
        stderr: Buffer.concat(stderr).toString('utf8'),
      }),
    )
  })

export interface MlflowServer {
  readonly url: string
  stop(): Promise<void>
}

/** The real `mlflow server`, over SQLite in a folder, to compare with. */
export const startMlflowServer = (python: string, folder: string): Promise<MlflowServer> => {
  const store = `sqlite:///${join(folder, 'mlflow.db')}`
  const options = ['--workers', '1', '--backend-store-uri', store, '--artifacts-destination', join(folder, 'artifacts')]
  return startCommand(python, folder, {
    command: ['server', ...options],
    health: '/health',
    environment: {
      // Half a dozen processes for jobs that nobody asks for.
      MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false',
      // Webhooks may go to the receiver of a test, and are looked up each time.
      MLFLOW_WEBHOOK_ALLOW_PRIVATE_IPS: 'true',
      MLFLOW_WEBHOOK_ALLOWED_SCHEMES: 'http,https',
      MLFLOW_WEBHOOK_CACHE_TTL: '0',
    },
  })
}

/** `mlflow models serve` of a model of a tracking server. */
export const serveModel = (
  python: string,
  folder: string,
  model: string,
  tracking: Readonly<Record<string, string>>,
): Promise<MlflowServer> =>
  startCommand(python, folder, {
    command: ['models', 'serve', '--model-uri', model, '--env-manager', 'local'],
    health: '/ping',
    environment: tracking,
  })

interface ServerCommand {
  readonly command: readonly string[]
  /** What answers as soon as it is up: there is no other sign. */
  readonly health: string
  readonly environment: Readonly<Record<string, string>>
}

const startCommand = async (
  python: string,
  folder: string,
  { command, health, environment }: ServerCommand,
): Promise<MlflowServer> => {
  const port = await freePort()
  const options = ['-m', 'mlflow', ...command, '--host', '127.0.0.1', '--port', String(port)]
  const child = spawn(python, options, {
    cwd: folder,
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: {
      // What it starts in turn is to be of the same Python.
      PATH: `${dirname(python)}:${process.env['PATH'] ?? ''}`,
      HOME: folder,
      MLFLOW_DISABLE_TELEMETRY: 'true',
      ...environment,
    },
  })
  const url = `http://127.0.0.1:${String(port)}`
  await answering(`${url}${health}`, child)
  return { url, stop: () => stopGroup(child) }
}

const answering = async (url: string, child: ChildProcess): Promise<void> => {
  let said = ''
  child.stderr?.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')))
  for (;;) {
    if (child.exitCode !== null) throw new Error(`mlflow ended with ${String(child.exitCode)}: ${said}`)
    const up = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    )
    if (up) return
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}

const stopGroup = (child: ChildProcess): Promise<void> =>
  new Promise((resolve) => {
    if (child.exitCode !== null || child.pid === undefined) return resolve()
    child.once('exit', () => resolve())
    process.kill(-child.pid, 'SIGTERM')
  })

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
