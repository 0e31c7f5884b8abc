import { delimiter, join } from 'node:path'
import type { AttemptSpec } from '@novabrain/contracts'
import { isShare, memoryVariables } from './gpu-share.js'
import { attemptMark } from './leftovers.js'

type Variables = Readonly<Record<string, string>>

/** Where a task runs. */
export interface TaskPlace {
  readonly serverUrl: string
  readonly token: string
  /** The folder of its virtual environment, or `null` for the node's own Python. */
  readonly environmentDir: string | null
  readonly outputsDir: string
  /** What the job saves there its next attempt finds. */
  readonly checkpointsDir: string
  /** The folder from which Python holds a framework to its share. */
  readonly gpuShareDir: string
}

/**
 * What a process of a job may inherit from the runner. Everything else stays behind: the runner's surroundings hold the
 * server's secrets.
 */
const inherited =
  /^(PATH|HOME|USER|LOGNAME|SHELL|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|TERM|LD_LIBRARY_PATH|SSL_CERT_FILE|SSL_CERT_DIR|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE|(https?|ftp|all|no)_proxy|CUDA_(HOME|PATH)|NVIDIA_\w+|NCCL_\w+|XDG_\w+)$/i

/** For uv also the settings that say where packages come from. */
const inheritedByUv = /^(UV_\w+|NETRC|GIT_SSL_CAINFO)$/

/** The variables a process of the job inherits. */
export const inheritedVariables = (env: NodeJS.ProcessEnv, forUv = false): Variables => {
  const kept = Object.entries(env).filter(([name]) => inherited.test(name) || (forUv && inheritedByUv.test(name)))
  const variables = Object.fromEntries(kept.map(([name, value]) => [name, value ?? '']))
  return { ...(hasLocale(variables) ? {} : { LANG: 'C.UTF-8' }), ...variables }
}

const hasLocale = (variables: Variables): boolean => ['LANG', 'LC_ALL', 'LC_CTYPE'].some((name) => name in variables)

/** The whole environment of a task. What the job's owner set wins, except over what keeps jobs apart. */
export const taskEnvironment = (spec: AttemptSpec, place: TaskPlace, env: NodeJS.ProcessEnv): Variables => {
  const base = inheritedVariables(env)
  return {
    ...base,
    ...pathVariables(place.environmentDir, base['PATH'] ?? ''),
    PYTHONUNBUFFERED: '1',
    ...threadVariables(spec.cpuMilli),
    ...memoryVariables(spec.devices),
    ...spec.environmentVariables,
    ...holdingVariables(spec, place),
    ...trackingVariables(spec, place, base),
    ...deviceVariables(spec),
    ...identity(spec, place),
  }
}

const pathVariables = (environmentDir: string | null, path: string): Variables =>
  environmentDir === null
    ? {}
    : { VIRTUAL_ENV: environmentDir, PATH: [join(environmentDir, 'bin'), path].filter(Boolean).join(delimiter) }

const threadVariables = (cpuMilli: number): Variables => {
  const threads = String(Math.max(1, Math.floor(cpuMilli / 1000)))
  const names = ['OMP', 'MKL', 'OPENBLAS', 'NUMEXPR', 'VECLIB', 'RAYON']
  return Object.fromEntries(names.map((name) => [`${name}_NUM_THREADS`, threads]))
}

const holdingVariables = (spec: AttemptSpec, { gpuShareDir }: TaskPlace): Variables =>
  spec.devices.some(isShare)
    ? { PYTHONPATH: [gpuShareDir, spec.environmentVariables['PYTHONPATH']].filter(Boolean).join(delimiter) }
    : {}

const trackingVariables = (spec: AttemptSpec, place: TaskPlace, base: Variables): Variables => {
  const host = new URL(place.serverUrl).hostname
  const direct = [base['NO_PROXY'] ?? base['no_proxy'], host].filter(Boolean).join(',')
  return {
    MLFLOW_TRACKING_URI: place.serverUrl,
    MLFLOW_TRACKING_TOKEN: place.token,
    MLFLOW_RUN_ID: spec.runId,
    MLFLOW_EXPERIMENT_ID: spec.experimentId,
    NO_PROXY: direct,
    no_proxy: direct,
  }
}

/** With no device granted the list is empty, which hides every GPU of the node. */
const deviceVariables = ({ devices }: AttemptSpec): Variables => ({
  CUDA_DEVICE_ORDER: 'PCI_BUS_ID',
  CUDA_VISIBLE_DEVICES: devices.map(({ index }) => index).join(','),
  ...(devices.some(({ simulated }) => simulated) ? { NOVABRAIN_SIMULATED_GPUS: '1' } : {}),
})

const identity = (spec: AttemptSpec, place: TaskPlace): Variables => ({
  [attemptMark]: spec.attemptId,
  NOVABRAIN_JOB_ID: spec.jobId,
  NOVABRAIN_JOB_NUMBER: String(spec.jobNumber),
  NOVABRAIN_RUN_ID: spec.runId,
  NOVABRAIN_OUTPUTS: place.outputsDir,
  NOVABRAIN_CHECKPOINTS: place.checkpointsDir,
  NOVABRAIN_ATTEMPT: String(spec.attemptNumber ?? 1),
  NOVABRAIN_GPU_COUNT: String(spec.devices.length),
})
