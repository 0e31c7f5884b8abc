import { fail, type Resources, type SubmitJob } from '@novabrain/contracts'
import { plainName } from './specs.js'

/** A kernel somebody wants: which, for what, and on what. */
export interface StartRequest {
  readonly name: string | null
  readonly path: string
  readonly resources: Partial<Resources>
  readonly queueName: string | undefined
  readonly timeLimitMs: number | undefined
  readonly idleTimeoutMs: number | undefined
  readonly environmentVariables: NonNullable<SubmitJob['environmentVariables']>
}

type Texts = Readonly<Record<string, unknown>>

/** What may be said in the address (`?gpus=2`) or, as Jupyter's gateway passes them on, in the environment. */
const settings = {
  gpus: 'KERNEL_GPUS',
  gpuMemoryMib: 'KERNEL_GPU_MEMORY_MIB',
  memoryMib: 'KERNEL_MEMORY_MIB',
  cpus: 'KERNEL_CPUS',
  timeLimitS: 'KERNEL_TIME_LIMIT_S',
  idleTimeoutS: 'KERNEL_IDLE_TIMEOUT_S',
} as const

/** Read the body and query with which Jupyter's clients start a kernel. Errors: `invalid_request`. */
export const readStartRequest = (body: unknown, query: Texts): StartRequest => {
  const asked = isTexts(body) ? body : {}
  const env = isTexts(asked['env']) ? asked['env'] : {}
  const numberOf = (name: keyof typeof settings) => readNumber(name, query[name] ?? env[settings[name]])
  const gpus = numberOf('gpus')
  const milli = (value: number | undefined) => (value === undefined ? undefined : Math.round(value * 1000))
  return {
    name: typeof asked['name'] === 'string' && asked['name'] !== '' ? asked['name'] : null,
    path: pathOf(asked['path'] ?? env['KERNEL_NOTEBOOK_PATH']),
    resources: defined({
      ...gpuRequest(gpus),
      gpuMemoryMib: numberOf('gpuMemoryMib'),
      memoryMib: numberOf('memoryMib'),
      cpuMilli: milli(numberOf('cpus')),
    }),
    queueName: textOf(query['queue'] ?? env['KERNEL_QUEUE']),
    timeLimitMs: milli(numberOf('timeLimitS')),
    idleTimeoutMs: milli(numberOf('idleTimeoutS')),
    environmentVariables: variablesOf(env),
  }
}

/** Whole devices, or with less than one a share of one. */
const gpuRequest = (gpus: number | undefined): Partial<Resources> => {
  if (gpus === undefined) return {}
  if (gpus > 0 && gpus < 1) return { gpuCount: 1, gpuMilli: Math.max(1, Math.round(gpus * 1000)) }
  return Number.isInteger(gpus) ? { gpuCount: gpus } : refuse('gpus')
}

const readNumber = (name: string, value: unknown): number | undefined => {
  if (value === undefined || value === '') return undefined
  const number = Number(value)
  return Number.isFinite(number) && number >= 0 ? number : refuse(name)
}

const refuse = (name: string): never => fail('invalid_request', { detail: `${name} must be a number`, field: name })

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined)

/** What VS Code's Jupyter extension adds to the name of a notebook, to tell its sessions apart. */
const madeUp = /(\.py)?-jvsc-[0-9a-f-]{36,}(?=\.ipynb$)/

/** A notebook's path under the root of Jupyter; what is no path inside it is only a name for the kernel. */
const pathOf = (value: unknown): string => {
  const given = (textOf(value) ?? '').replace(madeUp, '')
  const segments = given.split(/[\\/]/).filter((segment) => !['', '.', '..'].includes(segment))
  const path = segments.join('/').slice(-1024).replace(/^\/+/, '')
  return path === '' ? 'kernel' : path
}

/** The rest of the environment goes along; what Jupyter says of its own machine (`KERNEL_…`) does not. */
const variablesOf = (env: Texts): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).flatMap(([name, value]) =>
      typeof value === 'string' && value.length <= 10_000 && /^(?!KERNEL_)[A-Za-z_]\w{0,199}$/.test(name)
        ? [[name, value] as const]
        : [],
    ),
  )

const defined = <T extends object>(values: { readonly [K in keyof T]: T[K] | undefined }): Partial<T> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Partial<T>

const isTexts = (value: unknown): value is Texts => typeof value === 'object' && value !== null && !Array.isArray(value)

/** Whether a name is that of the plain kernel, which notebooks from elsewhere ask for. */
export const isPlain = (name: string): boolean => name === plainName
