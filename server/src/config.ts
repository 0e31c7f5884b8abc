import { Type, type Static, type TSchema } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import type { Locale } from '@novabrain/contracts'
import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { allFaults, faultText, type ConfigFault, type Source, type Wanted } from './config-faults.js'

/** `4x24GiB` declares four simulated devices of 24 GiB; `auto` asks `nvidia-smi`. */
const Gpus = Type.String({ pattern: '^(auto|none|\\d{1,3}x\\d{1,4}GiB)$' })

/** Everything that can be set, once. The file is `config.json` in the data folder; `NOVABRAIN_*` overrides it. */
export const Config = Type.Object({
  /** The data folder. */
  home: Type.String({ minLength: 1 }),
  host: Type.String({ default: '127.0.0.1' }),
  port: Type.Integer({ minimum: 0, maximum: 65_535, default: 7077 }),
  /** The address clients use, when it differs from host and port. */
  publicUrl: Type.Optional(Type.String({ pattern: '^https?://[^/]+.*[^/]$' })),
  /** A PostgreSQL of yours; without it the server starts its own. */
  databaseUrl: Type.Optional(Type.String({ pattern: '^postgres(ql)?://' })),
  /** Origins other than our own that may call the API and embed pages. */
  allowedOrigins: Type.Array(Type.String({ pattern: '^https?://[^/]+$' }), { default: [] }),
  /** Hosts inside the network that webhooks may go to, by http too: a name, or `*.name` for all under it. */
  webhookAllowedHosts: Type.Array(Type.String({ pattern: '^(\\*\\.)?[^\\s*/:@]+$|^[0-9a-fA-F:.]+$' }), { default: [] }),
  /** By which secrets of others are sealed: 32 bytes as base64. Without it the server makes one, in its data folder. */
  secretsKey: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9+/]{43}=$' })),
  gpus: Type.Intersect([Gpus], { default: 'auto' }),
  /** Where uv is, when not on the PATH or in the data folder. */
  uvPath: Type.Optional(Type.String()),
  /** The Python for jobs without a pin, and a base for environments. */
  pythonPath: Type.Optional(Type.String()),
  uploadLimitMib: Type.Integer({ minimum: 1, default: 10_240 }),
  logLevel: Type.Union(
    ['trace', 'debug', 'info', 'warn', 'error', 'silent'].map((level) => Type.Literal(level)),
    { default: 'info' },
  ),
  heartbeatIntervalMs: Type.Integer({ minimum: 100, default: 1000 }),
  /** A runner silent for two such periods is asked directly, then declared lost. */
  leaseMs: Type.Integer({ minimum: 500, default: 15_000 }),
  /** An MLflow run outside a job with no sign of life for so long ends as FAILED; 0 turns it off. */
  runLeaseMs: Type.Integer({ minimum: 0, default: 86_400_000 }),
  gracePeriodMs: Type.Integer({ minimum: 0, default: 10_000 }),
  /** When the server stops, running jobs stop too and go back to their queue, instead of going on without it. */
  stopJobsOnExit: Type.Boolean({ default: false }),
  /**
   * Where jobs keep what they save between their attempts, when not in the data folder: a folder that all nodes share, so
   * that a job finds it again on another one.
   */
  checkpointsFolder: Type.Optional(Type.String({ minLength: 1 })),
  /** What the assistants of one member may use of GPUs in 24 hours; 0 lets them submit nothing. */
  assistantGpuHoursPerDay: Type.Integer({ minimum: 0, maximum: 1_000_000, default: 4 }),
  eventRetentionMs: Type.Integer({ minimum: 60_000, default: 604_800_000 }),
  /** How long deleted runs, experiments, logged models and traces can be restored; 0 keeps them for ever. */
  deletedRetentionMs: Type.Integer({ minimum: 0, default: 2_592_000_000 }),
  /** How long bytes stay that nobody refers to: once before they are marked, and once more before they are removed. */
  blobGraceMs: Type.Integer({ minimum: 60_000, default: 86_400_000 }),
  /** A bucket that holds the bytes, instead of the folder `blobs` of the data folder. */
  s3Bucket: Type.Optional(Type.String({ pattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$' })),
  /** The address of an S3 API that is not Amazon's. */
  s3Endpoint: Type.Optional(Type.String({ pattern: '^https?://[^/]+.*[^/]$' })),
  /** The address under which clients reach it, when it is another. */
  s3ClientEndpoint: Type.Optional(Type.String({ pattern: '^https?://[^/]+.*[^/]$' })),
  s3Region: Type.String({ minLength: 1, default: 'us-east-1' }),
  /** What our keys in the bucket begin with. */
  s3Prefix: Type.String({ default: '' }),
  /** Without them the usual places are looked at: variables, files and roles of AWS. */
  s3AccessKeyId: Type.Optional(Type.String({ minLength: 1 })),
  s3SecretAccessKey: Type.Optional(Type.String({ minLength: 1 })),
  /** Whether clients may exchange large files with the bucket itself, by short-lived addresses. */
  s3Direct: Type.Boolean({ default: true }),
  /** How often the server clears up by itself; 0 leaves it to `novabrain gc`. */
  gcIntervalMs: Type.Integer({ minimum: 0, maximum: 2_147_483_647, default: 3_600_000 }),
})
export type Config = Static<typeof Config>

type Environment = Readonly<Record<string, string | undefined>>

/** The configuration cannot be used; it knows all that is wrong with it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  constructor(private readonly found: readonly ConfigFault[]) {
    super(allFaults(found, 'en'))
  }

  /** A sentence for each fault. */
  faults(locale: Locale): readonly string[] {
    return this.found.map((fault) => faultText(fault, locale))
  }

  /** All of it, for people. */
  told(locale: Locale): string {
    return allFaults(this.found, locale)
  }
}

/**
 * The configuration of a data folder: its `config.json`, overridden by the environment, overridden by `overrides` (the
 * options of a command line). Errors: `ConfigError` with every fault.
 */
export const loadConfig = async (
  home: string,
  environment: Environment,
  overrides: Partial<Config> = {},
): Promise<Config> => {
  const file = path.join(home, 'config.json')
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw new ConfigError([{ kind: 'unreadable', file, detail: (error as Error).message }])
  })
  return parseConfig({ home: path.resolve(home), file, text, environment, overrides })
}

/** The variable that sets a property: `databaseUrl` is set by `NOVABRAIN_DATABASE_URL`. */
export const variableOf = (property: string): string =>
  `NOVABRAIN_${property.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`

/** The configuration out of its sources, or all the faults of all of them. */
export const parseConfig = (sources: {
  readonly home: string
  readonly file: string
  readonly text: string | null
  readonly environment: Environment
  readonly overrides: Partial<Config>
}): Config => {
  const { home, file, text, environment, overrides } = sources
  const fromFile = parseFile(file, text)
  const fromEnvironment = readEnvironment(environment)
  const merged = { ...fromFile.values, ...fromEnvironment.values, ...overrides, home }
  const candidate = Value.Default(Config, merged)
  const sourceOf = (property: string) =>
    property in overrides
      ? `--${property}`
      : property in fromEnvironment.values
        ? variableOf(property)
        : { property, file }
  const faults = [...fromFile.faults, ...fromEnvironment.faults, ...faultsOf(candidate, sourceOf)]
  if (faults.length > 0) throw new ConfigError(faults)
  return candidate as Config
}

interface Partially {
  readonly values: Readonly<Record<string, unknown>>
  readonly faults: readonly ConfigFault[]
}

const parseFile = (file: string, text: string | null): Partially => {
  if (text === null) return { values: {}, faults: [] }
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return { values: {}, faults: [{ kind: 'not_an_object', file }] }
    const unknown = Object.keys(value).filter((key) => !(key in Config.properties))
    return { values: { ...value }, faults: unknown.map((key) => unknownFault({ property: key, file }, key)) }
  } catch (error) {
    return { values: {}, faults: [{ kind: 'not_json', file, detail: (error as Error).message }] }
  }
}

const unknownFault = (source: Source, name: string, shownAs = (known: string) => known): ConfigFault => {
  const meant = nearest(name)
  return { kind: 'unknown', source, meant: meant === undefined ? null : shownAs(meant) }
}

const nearest = (name: string): string | undefined => {
  const plain = (text: string) => text.toLowerCase().replace(/[^a-z]/g, '')
  return Object.keys(Config.properties).find((known) => plain(known) === plain(name))
}

const readEnvironment = (environment: Environment): Partially => {
  const set = Object.entries(Config.properties).flatMap(([property, schema]: [string, TSchema]) => {
    const text = environment[variableOf(property)]
    return text === undefined || text === '' ? [] : [[property, typed(schema, text)] as const]
  })
  return { values: Object.fromEntries(set), faults: misspelt(environment) }
}

/** `NOVABRAIN_DATABASEURL` would be passed over in silence. Other variables of ours mean other things and are let be. */
const misspelt = (environment: Environment): ConfigFault[] => {
  const known = new Set(Object.keys(Config.properties).map(variableOf))
  const ours = Object.keys(environment).filter((name) => /^NOVABRAIN_/i.test(name) && !known.has(name))
  return ours
    .filter((name) => nearest(name.slice('NOVABRAIN_'.length)) !== undefined)
    .map((name) => unknownFault(name, name.slice('NOVABRAIN_'.length), variableOf))
}

/** Lists are separated by commas; whole numbers are numbers; what does not fit stays text and is a fault. */
const typed = (schema: TSchema, text: string): unknown => {
  if (schema['type'] === 'array') return text.split(',').map((item) => item.trim())
  if (schema['type'] === 'boolean' && (text === 'true' || text === 'false')) return text === 'true'
  if (schema['type'] === 'integer' && /^-?\d+$/.test(text)) return Number(text)
  return text
}

const faultsOf = (candidate: unknown, sourceOf: (property: string) => Source): ConfigFault[] => {
  const seen = new Map<string, ConfigFault>()
  for (const { path: at, value, schema } of Value.Errors(Config, candidate)) {
    const property = at.split('/')[1] ?? ''
    if (!seen.has(property))
      seen.set(property, { kind: 'invalid', source: sourceOf(property), value, wanted: wantedOf(schema) })
  }
  return [...seen.values()]
}

const wantedOf = (schema: TSchema): Wanted => {
  const { type, minimum, maximum, pattern, anyOf } = schema as Record<string, unknown>
  if (Array.isArray(anyOf))
    return { kind: 'one_of', choices: anyOf.map((each: { const?: unknown }) => String(each.const)) }
  if (type === 'integer') return { kind: 'integer', minimum: numberOr(minimum), maximum: numberOr(maximum) }
  if (type === 'array') return { kind: 'list' }
  if (type === 'boolean') return { kind: 'one_of', choices: ['true', 'false'] }
  return { kind: 'text', pattern: typeof pattern === 'string' ? pattern : null }
}

const numberOr = (value: unknown): number | null => (typeof value === 'number' ? value : null)
