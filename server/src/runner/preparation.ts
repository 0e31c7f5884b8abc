import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { AttemptSpec } from '@novabrain/contracts'
import { digestOf, EnvironmentFailedError, hasPackage, materialise, pythonOf } from './environment.js'
import type { Guarding } from './guarded-process.js'
import { createUv, locateUv, type Uv } from './uv.js'
import type { RunnerConfig } from './config.js'

/** What a task runs in. */
export interface Prepared {
  /** The virtual environment of the pin, or `null` for the node's own Python. */
  readonly environmentDir: string | null
  readonly python: string
  /** The interpreter that has nbclient; only for notebooks and kernels. */
  readonly toolsPython: string | null
}

/** What preparing needs. */
export interface PreparationOptions {
  readonly config: Pick<RunnerConfig, 'cacheDir' | 'uv' | 'attemptId'>
  readonly guarding: Guarding
  /** The lock of the environment in which notebooks are driven. */
  readonly toolsLock: string
  readonly stop: AbortSignal
  readonly tell: (line: string) => void
}

const toolsPythonVersion = '>=3.10'

/** A Python of this machine: the configured one, else the first that answers on `PATH`. Its real path, since shims are slow. */
export const locatePython = async (configured: string | null): Promise<string | null> => {
  if (configured !== null) return configured
  for (const name of ['python3', 'python']) {
    const said = await promisify(execFile)(name, ['-I', '-S', '-c', 'import sys; print(sys.executable)']).catch(
      () => null,
    )
    if (said !== null) return said.stdout.trim()
  }
  return null
}

/** Make or find the environment of the job, and for a notebook or a kernel the tools to drive it. */
export const prepare = async (spec: AttemptSpec, options: PreparationOptions): Promise<Prepared> => {
  const findUv = () => uvOf(options)
  const { cacheDir } = options.config
  const environmentDir = spec.pin === null ? null : await materialise(spec.pin, cacheDir, findUv, options.tell)
  const python = environmentDir === null ? options.guarding.python : pythonOf(environmentDir)
  if (spec.task.kind === 'script') return { environmentDir, python, toolsPython: null }
  const hasKernel =
    environmentDir === null ? hasModules(python, ['ipykernel']) : hasPackage(environmentDir, 'ipykernel')
  if (!(await hasKernel))
    throw new EnvironmentFailedError(
      'ipykernel is not in the environment of this job, and a notebook needs it. Install ipykernel and pin again.',
    )
  return { environmentDir, python, toolsPython: await notebookTools(python, findUv, options) }
}

/** Make the environment in which notebooks are driven, or find it. Where it cannot be made, the job's own may do. */
export const notebookTools = async (
  jobPython: string | null,
  findUv: () => Promise<Uv>,
  { config, toolsLock, tell }: Pick<PreparationOptions, 'config' | 'toolsLock' | 'tell'>,
): Promise<string> => {
  const request = { digest: `tools-${digestOf(toolsLock)}`, pythonVersion: toolsPythonVersion, lock: toolsLock }
  try {
    return pythonOf(await materialise(request, config.cacheDir, findUv, tell))
  } catch (error) {
    if (!(error instanceof EnvironmentFailedError)) throw error
    if (jobPython !== null && (await hasModules(jobPython, ['nbclient', 'nbformat', 'jupyter_client'])))
      return jobPython
    throw new EnvironmentFailedError(`The tools that run notebooks could not be installed: ${error.message}`)
  }
}

const uvOf = async ({ config, guarding, stop }: PreparationOptions): Promise<Uv> => {
  const command = await locateUv(config.uv, guarding.python)
  if (command === null)
    throw new EnvironmentFailedError(
      'uv, which prepares environments, is not on this node. Install uv or set NOVABRAIN_UV.',
    )
  return createUv({ command, guarding, cacheDir: config.cacheDir, attemptId: config.attemptId, stop })
}

const hasModules = async (python: string, modules: readonly string[]): Promise<boolean> => {
  const code = `import importlib.util as u, sys; sys.exit(0 if all(u.find_spec(m) for m in sys.argv[1:]) else 3)`
  return promisify(execFile)(python, ['-I', '-c', code, ...modules]).then(
    () => true,
    () => false,
  )
}
