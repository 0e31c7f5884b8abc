import { groupRows } from '../tracking/group-rows.js'
import { attributeOf, plainValue, type Attribute } from './any-value.js'
import { spanKeys } from './conventions.js'

/** A span as its tokens and costs are counted. */
export interface UsageNode {
  readonly id: string
  readonly parentId: string | null
  readonly usage: Readonly<Record<string, number>> | null
  readonly cost: Readonly<Record<string, number>> | null
}

const numbersIn = (value: unknown): Record<string, number> | null => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const numbers = Object.entries(value).filter((pair): pair is [string, number] => typeof pair[1] === 'number')
  return numbers.length === 0 ? null : Object.fromEntries(numbers)
}

/** What a span says of its tokens and costs. */
export const usageNode = (span: {
  readonly id: string
  readonly parentId: string | null
  readonly attributes: readonly Attribute[]
}): UsageNode => ({
  id: span.id,
  parentId: span.parentId,
  usage: numbersIn(plainValue(attributeOf(span.attributes, spanKeys.usage) ?? {})),
  cost: numbersIn(plainValue(attributeOf(span.attributes, spanKeys.cost) ?? {})),
})

const always = {
  usage: ['input_tokens', 'output_tokens', 'total_tokens'],
  cost: ['input_cost', 'output_cost', 'total_cost'],
}
const sometimes = {
  usage: ['cache_read_input_tokens', 'cache_creation_input_tokens', 'cache_creation_input_tokens_above_1hr'],
  cost: [],
} as const

/**
 * What a whole trace used. A span that says what it used says it for everything below it (agents count up what their
 * models used), so below such a span nothing is counted. `null` where no span said anything.
 */
export const totalOf = (nodes: readonly UsageNode[], what: 'usage' | 'cost'): Record<string, number> | null => {
  const counted = topmost(nodes, what)
  if (counted.length === 0) return null
  const sum = (key: string) => counted.reduce((total, said) => total + (said[key] ?? 0), 0)
  const extra = sometimes[what].filter((key) => counted.some((said) => said[key] !== undefined))
  return Object.fromEntries([...always[what], ...extra].map((key) => [key, sum(key)]))
}

/** What was said by spans above which nothing was said; each span is met once, however deep the trace is. */
const topmost = (nodes: readonly UsageNode[], what: 'usage' | 'cost'): readonly Readonly<Record<string, number>>[] => {
  const ids = new Set(nodes.map(({ id }) => id))
  const below = groupRows(nodes, ({ parentId }) => parentId ?? '')
  const waiting = nodes.filter(({ parentId }) => parentId === null || !ids.has(parentId))
  const found: Readonly<Record<string, number>>[] = []
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    const said = node[what]
    if (said !== null) found.push(said)
    else for (const child of below.get(node.id) ?? []) waiting.push(child)
  }
  return found
}
