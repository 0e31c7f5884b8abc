import { attributeOf, plainValue, type AnyValue, type Attribute } from './any-value.js'
import { storable } from './storable.js'
import { spanTypeKey } from './span.js'

/** One family of programs and how it names what MLflow asks for. */
interface Convention {
  readonly kindKey: string
  readonly kinds: Readonly<Record<string, string>>
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  readonly inputTokens: string
  readonly outputTokens: string
  readonly totalTokens?: string
  readonly cacheReadTokens?: string
  readonly cacheWriteTokens?: string
  readonly model: readonly string[]
  readonly provider: string
}

const sameNames = (...names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, name]))

/** OpenInference, OpenTelemetry's own for generative AI, OpenLLMetry: the three that are public standards, in MLflow's order. */
const conventions: readonly Convention[] = [
  {
    kindKey: 'openinference.span.kind',
    kinds: sameNames(
      ...['TOOL', 'CHAIN', 'LLM', 'RETRIEVER', 'EMBEDDING', 'AGENT', 'RERANKER', 'UNKNOWN', 'GUARDRAIL', 'EVALUATOR'],
    ),
    inputs: ['input.value'],
    outputs: ['output.value'],
    inputTokens: 'llm.token_count.prompt',
    outputTokens: 'llm.token_count.completion',
    totalTokens: 'llm.token_count.total',
    cacheReadTokens: 'llm.token_count.prompt_details.cache_read',
    cacheWriteTokens: 'llm.token_count.prompt_details.cache_write',
    model: ['llm.response.model_name', 'llm.model_name', 'llm.request.model_name', 'embedding.model_name'],
    provider: 'llm.provider',
  },
  {
    kindKey: 'gen_ai.operation.name',
    kinds: {
      chat: 'CHAT_MODEL',
      create_agent: 'AGENT',
      embeddings: 'EMBEDDING',
      execute_tool: 'TOOL',
      generate_content: 'LLM',
      invoke_agent: 'AGENT',
      text_completion: 'LLM',
      response: 'LLM',
    },
    inputs: ['gen_ai.input.messages', 'gen_ai.tool.call.arguments'],
    outputs: ['gen_ai.output.messages', 'gen_ai.tool.call.result'],
    inputTokens: 'gen_ai.usage.input_tokens',
    outputTokens: 'gen_ai.usage.output_tokens',
    cacheReadTokens: 'gen_ai.usage.cache_read.input_tokens',
    cacheWriteTokens: 'gen_ai.usage.cache_write.input_tokens',
    model: ['gen_ai.response.model', 'gen_ai.request.model'],
    provider: 'gen_ai.provider.name',
  },
  {
    kindKey: 'traceloop.span.kind',
    kinds: { workflow: 'WORKFLOW', task: 'TASK', agent: 'AGENT', tool: 'TOOL', unknown: 'UNKNOWN' },
    inputs: ['traceloop.entity.input'],
    outputs: ['traceloop.entity.output'],
    inputTokens: 'gen_ai.usage.prompt_tokens',
    outputTokens: 'gen_ai.usage.completion_tokens',
    totalTokens: 'llm.usage.total_tokens',
    model: [],
    provider: 'gen_ai.system',
  },
]

/** Most spans have none of these, and need no second look. */
const conventionKeys: ReadonlySet<string> = new Set(
  conventions.flatMap(({ kinds: _kinds, ...keys }) => Object.values(keys).flat()),
)

/** The attributes that MLflow's clients look for. */
export const spanKeys = {
  type: spanTypeKey,
  inputs: 'mlflow.spanInputs',
  outputs: 'mlflow.spanOutputs',
  usage: 'mlflow.chat.tokenUsage',
  cost: 'mlflow.llm.cost',
  model: 'mlflow.llm.model',
  provider: 'mlflow.llm.provider',
} as const

/**
 * Attributes with those added that MLflow's clients look for, out of what other instrumentations say. A text that is
 * JSON of a text, list or object counts as that value: programs write values as JSON, and MLflow's client does.
 */
export const withConventions = (given: readonly Attribute[]): readonly Attribute[] => {
  const attributes = given.map(({ key, value }) => ({ key, value: unwrapped(value) }))
  const speaks = attributes.some(({ key }) => conventionKeys.has(key))
  const wanted: readonly (readonly [string, AnyValue | null])[] = speaks
    ? [
        [spanKeys.inputs, firstOf(attributes, (convention) => convention.inputs)],
        [spanKeys.outputs, firstOf(attributes, (convention) => convention.outputs)],
        [spanKeys.usage, usageOf(attributes)],
        [spanKeys.model, firstOf(attributes, (convention) => convention.model) ?? modelIn(attributes)],
        [spanKeys.provider, firstOf(attributes, ({ provider }) => [provider])],
      ]
    : [[spanKeys.model, modelIn(attributes)]]
  const added = wanted.flatMap(([key, value]) =>
    value === null || attributes.some((attribute) => attribute.key === key) ? [] : [{ key, value }],
  )
  const all = added.length === 0 ? attributes : [...attributes, ...added]
  return speaks ? withType(all) : all
}

const withType = (attributes: readonly Attribute[]): readonly Attribute[] => {
  const current = attributeOf(attributes, spanKeys.type)
  const type = plainValue(current ?? {})
  if (type !== null && type !== 'UNKNOWN') return attributes
  const kind = typeByConvention(attributes)
  if (kind === null) return attributes
  const others = attributes.filter(({ key }) => key !== spanKeys.type)
  return [...others, { key: spanKeys.type, value: { string_value: kind } }]
}

const typeByConvention = (attributes: readonly Attribute[]): string | null => {
  for (const { kindKey, kinds } of conventions) {
    const kind = plainValue(attributeOf(attributes, kindKey) ?? {})
    if (typeof kind === 'string' && Object.hasOwn(kinds, kind)) return kinds[kind] ?? null
  }
  return null
}

const firstOf = (
  attributes: readonly Attribute[],
  keys: (convention: Convention) => readonly string[],
): AnyValue | null => {
  for (const key of conventions.flatMap(keys)) {
    const value = attributeOf(attributes, key)
    if (value !== null && !isEmpty(plainValue(value))) return value
  }
  return null
}

const isEmpty = (value: unknown): boolean => !value || (typeof value === 'object' && Object.keys(value).length === 0)

const usageOf = (attributes: readonly Attribute[]): AnyValue | null => {
  for (const convention of conventions) {
    const count = (key: string | undefined) => (key === undefined ? null : wholeNumberAt(attributes, key))
    const [input, output] = [count(convention.inputTokens), count(convention.outputTokens)]
    const total = count(convention.totalTokens) ?? (input !== null && output !== null ? input + output : null)
    if (input === null && output === null && total === null) continue
    const counts: readonly (readonly [string, number | null])[] = [
      ['input_tokens', input],
      ['output_tokens', output],
      ['total_tokens', total],
      ['cache_read_input_tokens', count(convention.cacheReadTokens)],
      ['cache_creation_input_tokens', count(convention.cacheWriteTokens)],
    ]
    const values = counts.flatMap(([key, value]) => (value === null ? [] : [{ key, value: { int_value: value } }]))
    return { kvlist_value: { values } }
  }
  return null
}

const wholeNumberAt = (attributes: readonly Attribute[], key: string): number | null => {
  const value = plainValue(attributeOf(attributes, key) ?? {})
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : null
}

/** Programs that log a whole request or answer name the model in it. */
const modelIn = (attributes: readonly Attribute[]): AnyValue | null => {
  for (const key of [spanKeys.inputs, spanKeys.outputs]) {
    const value = plainValue(attributeOf(attributes, key) ?? {})
    if (typeof value !== 'object' || value === null || !('model' in value)) continue
    if (typeof value.model === 'string' && value.model !== '') return { string_value: value.model }
  }
  return null
}

const unwrapped = (value: AnyValue): AnyValue => {
  if (!('string_value' in value) || !/^\s*["[{]/.test(value.string_value)) return value
  // A number of so many digits would not survive.
  if (/\d{16}/.test(value.string_value)) return value
  try {
    return anyValueOf(JSON.parse(value.string_value))
  } catch {
    return value
  }
}

const anyValueOf = (value: unknown): AnyValue => {
  if (typeof value === 'string') return { string_value: storable(value) }
  if (typeof value === 'boolean') return { bool_value: value }
  if (typeof value === 'number') return Number.isInteger(value) ? { int_value: value } : { double_value: value }
  if (Array.isArray(value)) return { array_value: { values: value.map(anyValueOf) } }
  if (typeof value !== 'object' || value === null) return {}
  const values = Object.entries(value).map(([key, item]) => ({ key, value: anyValueOf(item) }))
  return { kvlist_value: { values } }
}
