import { normalizeName } from '@novabrain/contracts'
import { meets } from './version.js'

/** A requirement as PEP 508 writes it: `name[extra] >=1,<2 ; marker`. */
export interface Requirement {
  readonly name: string
  /** `>=1,<2`, or empty. */
  readonly specifiers: string
  readonly marker: string | null
  /** Set for `name @ url`. */
  readonly url: string | null
}

/** What markers are asked about. */
export type MarkerEnvironment = Readonly<Record<string, string>>

/** Read a requirement, or `null` for one that cannot be read. */
export const parseRequirement = (text: string): Requirement | null => {
  const [head = '', ...rest] = splitMarker(text)
  const match = /^\s*([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(?:@\s*(\S+)|(.*?))\s*$/s.exec(head)
  const [, name, url, specifiers = ''] = match ?? []
  if (name === undefined) return null
  return {
    name: normalizeName(name),
    specifiers: specifiers.replace(/^\(|\)$/g, '').trim(),
    marker: rest[0]?.trim() ?? null,
    url: url ?? null,
  }
}

/** The semicolon of a URL belongs to it unless a space stands before. */
const splitMarker = (text: string): string[] => {
  const at = text.includes('@') && text.includes('://') ? text.search(/\s;/) : text.indexOf(';')
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at).replace(/^\s*;/, '')]
}

/** What a captured interpreter answers to markers. No extra is asked for. */
export const markerEnvironment = (captured: {
  pythonVersion: string
  implementation: string
  system: string
  machine: string
}): MarkerEnvironment => {
  const windows = captured.system === 'Windows'
  return {
    python_version: captured.pythonVersion.split('.').slice(0, 2).join('.'),
    python_full_version: captured.pythonVersion,
    implementation_name: captured.implementation.toLowerCase(),
    implementation_version: captured.pythonVersion,
    platform_python_implementation: captured.implementation,
    platform_system: captured.system,
    platform_machine: captured.machine,
    os_name: windows ? 'nt' : 'posix',
    sys_platform: windows ? 'win32' : captured.system.toLowerCase(),
    extra: '',
  }
}

/** Whether a marker holds; `null` when it cannot be told. Source: PEP 508, grammar of markers. */
export const holds = (marker: string | null, environment: MarkerEnvironment): boolean | null => {
  if (marker === null || marker === '') return true
  const tokens = marker.match(/\(|\)|'[^']*'|"[^"]*"|===|~=|==|!=|<=|>=|<|>|[A-Za-z_.]+/g) ?? []
  const reader = { tokens, at: 0 }
  const value = readOr(reader, environment)
  return reader.at === tokens.length ? value : null
}

interface Reader {
  readonly tokens: readonly string[]
  at: number
}

const readOr = (reader: Reader, environment: MarkerEnvironment): boolean | null => {
  let value = readAnd(reader, environment)
  while (take(reader, 'or')) {
    const next = readAnd(reader, environment)
    value = value === true || next === true ? true : value === null || next === null ? null : false
  }
  return value
}

const readAnd = (reader: Reader, environment: MarkerEnvironment): boolean | null => {
  let value = readTerm(reader, environment)
  while (take(reader, 'and')) {
    const next = readTerm(reader, environment)
    value = value === false || next === false ? false : value === null || next === null ? null : true
  }
  return value
}

const readTerm = (reader: Reader, environment: MarkerEnvironment): boolean | null => {
  if (take(reader, '(')) {
    const value = readOr(reader, environment)
    return take(reader, ')') ? value : null
  }
  const left = next(reader)
  const operator = take(reader, 'not') ? (take(reader, 'in') ? 'not in' : '') : next(reader)
  return compare(valueOf(left, environment), operator, valueOf(next(reader), environment), isVersion(left))
}

const take = (reader: Reader, token: string): boolean => {
  if (reader.tokens[reader.at] !== token) return false
  reader.at += 1
  return true
}

const next = (reader: Reader): string => reader.tokens[reader.at++] ?? ''

const valueOf = (token: string, environment: MarkerEnvironment): string | null =>
  /^['"]/.test(token) ? token.slice(1, -1) : (environment[token.replaceAll('.', '_')] ?? null)

const isVersion = (token: string): boolean =>
  /^(python_version|python_full_version|implementation_version)$/.test(token)

const compare = (left: string | null, operator: string, right: string | null, versions: boolean): boolean | null => {
  if (left === null || right === null) return null
  if (operator === 'in') return right.includes(left)
  if (operator === 'not in') return !right.includes(left)
  if (versions) return meets(left, `${operator}${right}`)
  if (operator === '==' || operator === '===') return left === right
  return operator === '!=' ? left !== right : null
}
