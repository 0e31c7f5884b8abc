import { hasAliasCharacters } from '../../core/model-registry/alias.js'
import type { KeyValue } from '../experiments/service.js'
import { invalid, invalidValue, type Fields } from './fields.js'

/** MLflow's limits, in characters (code points) unless said otherwise. */
export const limits = {
  key: 250,
  paramValue: 6000,
  runTagValue: 8000,
  experimentName: 500,
  experimentTagValue: 5000,
  datasetName: 500,
  datasetDigest: 36,
  datasetSource: 65_535,
  datasetSchema: 1_048_575,
  datasetProfile: 16_777_215,
  registryTagValue: 100_000,
  traceTagValue: 8000,
  alias: 255,
  inputTagKey: 255,
  inputTagValue: 500,
  metricsInBatch: 1000,
  paramsInBatch: 100,
  tagsInBatch: 100,
  entitiesInBatch: 1000,
  batchBytes: 1_000_000,
} as const

const lengthOf = (text: string): number => [...text].length

/** Refuse a text that is too long, in MLflow's words. */
export const atMost = (what: string, limit: number, text: string): string =>
  text.length > limit && lengthOf(text) > limit
    ? invalid(`'${what}' exceeds the maximum length of ${String(limit)} characters`)
    : text

/** Cut a text that is too long: what MLflow does with values of params and tags. */
const truncated = (limit: number, text: string): string =>
  text.length > limit ? [...text].slice(0, limit).join('') : text

const badCharacters =
  'Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).'

/** A name that is nobody's path, which nearly all are. */
const isPlainName = (name: string): boolean => /^[a-zA-Z0-9_][a-zA-Z0-9_.\- :]*$/.test(name)

/** Check the name of a param, metric or tag: it could be a relative path, normalised. */
const checkName = (name: string, path: string): string => {
  if (!/^[/\p{L}\p{N}_.\- :]*$/u.test(name)) return invalidValue(path, name, badCharacters)
  return checkPath(name, path)
}

/** A name must not be a path to somewhere else. */
const checkPath = (name: string, path: string): string => {
  // A name without a slash is its own path, unless it is one of the two that mean a folder.
  if (name !== '' && !name.startsWith('.') && !name.includes('/')) return name
  const resolved = normalPath(name)
  if (resolved === name && resolved !== '.' && !resolved.startsWith('..') && !resolved.startsWith('/')) return name
  return invalidValue(
    path,
    name,
    `Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to '${resolved}'`,
  )
}

/** Python's posixpath.normpath. */
const normalPath = (path: string): string => {
  const rooted = path.startsWith('/')
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment === '..' && kept.length > 0 && kept.at(-1) !== '..') kept.pop()
    else if (segment !== '..' || !rooted) kept.push(segment)
  }
  return `${rooted ? '/' : ''}${kept.join('/')}` || '.'
}

const pathTo = (parent: string, name: string): string => (parent === '' ? name : `${parent}.${name}`)

/** A param; a value that is too long is cut. */
export const checkParam = ({ key, value }: KeyValue, parent = ''): KeyValue => {
  atMost('Param key', limits.key, checkName(key, pathTo(parent, 'key')))
  return { key, value: truncated(limits.paramValue, value) }
}

/** A tag of a run; a value that is too long is cut. */
export const checkTag = ({ key, value }: KeyValue, parent = ''): KeyValue => {
  atMost(pathTo(parent, 'key'), limits.key, checkName(key, pathTo(parent, 'key')))
  return { key, value: truncated(limits.runTagValue, value) }
}

export const checkExperimentTag = ({ key, value }: KeyValue): KeyValue => {
  atMost('key', limits.key, checkName(key, 'key'))
  atMost('value', limits.experimentTagValue, value)
  return { key, value }
}

export const checkExperimentName = (name: string): string => atMost('name', limits.experimentName, name)

/** Check a metric; `placeOf` says what one of its fields is called in a refusal. */
export const checkMetric = (
  metric: { key: string; value: number; timestampMs: number },
  placeOf = (name: string): string => name,
): void => {
  atMost('Metric name', limits.key, isPlainName(metric.key) ? metric.key : checkName(metric.key, placeOf('name')))
  if (metric.timestampMs < 0) {
    invalidValue(
      placeOf('timestamp'),
      metric.timestampMs,
      `metric '${metric.key}' (value=${pythonFloat(metric.value)}). Timestamp must be a nonnegative long (64-bit integer) `,
    )
  }
}

/** A number as Python shows it. */
const pythonFloat = (value: number): string => (Number.isInteger(value) ? value.toFixed(1) : String(value))

/** Refuse a batch with too much in it. */
export const checkBatchLimits = (counts: { metrics: number; params: number; tags: number }): void => {
  batchLimit('metrics', limits.metricsInBatch, counts.metrics)
  batchLimit('params', limits.paramsInBatch, counts.params)
  batchLimit('tags', limits.tagsInBatch, counts.tags)
  batchLimit('metrics, params, and tags', limits.entitiesInBatch, counts.metrics + counts.params + counts.tags)
}

const batchLimit = (what: string, limit: number, count: number): void => {
  if (count <= limit) return
  invalid(
    `A batch logging request can contain at most ${String(limit)} ${what}. Got ${String(count)} ${what}. Please split up ${what} across multiple requests and try again.`,
  )
}

/** Params of one request have distinct keys. */
export const checkDistinct = (params: readonly KeyValue[]): void => {
  const seen = new Set<string>()
  const twice = params.filter(({ key }) => seen.size === seen.add(key).size).map(({ key }) => `'${key}'`)
  if (twice.length === 0) return
  invalid(
    `Duplicate parameter keys have been submitted: [${twice.join(', ')}]. Please ensure the request contains only one param value per param key.`,
  )
}

/** The name of a logged model. */
export const checkModelName = (name: string): string =>
  /[/:.%"']/.test(name)
    ? invalid(
        `Invalid model name ('${name}') provided. Model name must be a non-empty string and cannot contain the following characters: ('/', ':', '.', '%', '"', "'")`,
      )
    : name

/** The name of a registered model; `field` names it in refusals. */
export const checkRegisteredModelName = (name: string, field = 'name'): string => {
  if (name.trim() === '') return invalid(`Missing value for required parameter '${field}'.`)
  if (/[/:]/.test(name)) return invalid(`Invalid model name '${name}'. Names cannot contain '/' or ':'.`)
  return checkPath(name, 'name')
}

export const checkTagKey = (key: string): string => checkName(key, 'key')

/** A tag of a registered model or of a version. */
export const checkRegistryTag = ({ key, value }: KeyValue): KeyValue => {
  atMost('key', limits.key, checkName(key, 'key'))
  atMost('value', limits.registryTagValue, value)
  return { key, value }
}

/** A tag of a trace; a value that is too long is cut. */
export const checkTraceTag = ({ key, value }: KeyValue): KeyValue => {
  atMost('key', limits.key, checkName(key, 'key'))
  return { key, value: truncated(limits.traceTagValue, value) }
}

/** The name of an alias. */
export const checkAlias = (alias: string): string => {
  if (!hasAliasCharacters(alias))
    return invalid(
      `Invalid alias name: '${alias}'. Names may only contain alphanumerics, underscores (_), and dashes (-).`,
    )
  return atMost('Registered model alias name', limits.alias, alias)
}

/** An alias that may be set: `latest` and the numbers of versions mean something already. */
export const checkFreeAlias = (alias: string): string => {
  if (checkAlias(alias).toLowerCase() === 'latest')
    return invalid("'latest' alias name (case insensitive) is reserved.")
  return /^v\d+$/i.test(alias) ? invalid(`Version alias name '${alias}' is reserved.`) : alias
}

/** The id of an experiment in a list: a whole number. */
export const checkExperimentId = (id: string): string =>
  /^\d{1,18}$/.test(id) ? id : invalid(`Invalid experiment ID '${id}'. Experiment ID must be a valid integer.`)

/** A pair as it came, before its checks; `path` names it in refusals. */
export const pairOf = (fields: Fields, path: string): KeyValue => {
  const { key, value } = fields
  if (key === undefined || key === null || key === '') invalid(`Missing value for required parameter '${path}.key'.`)
  return {
    key: asText(key, `${path}.key`),
    value: value === undefined || value === null ? '' : asText(value, `${path}.value`),
  }
}

const asText = (value: unknown, path: string): string => {
  if (typeof value !== 'string') return invalidValue(path, value)
  return value.includes('\u0000') ? invalidValue(path, value, 'It contains the character NUL.') : value
}
