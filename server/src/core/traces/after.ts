import { attributeOf, plainValue, pythonDumps, pythonJson, type Attribute } from './any-value.js'
import { spanKeys } from './conventions.js'
import { previewOf } from './preview.js'
import type { NewSpan } from './span.js'
import { traceKeys, type TraceRecord } from './trace.js'
import { totalOf, usageNode, type UsageNode } from './usage.js'

type Texts = Readonly<Record<string, string>>

/** What a client says of a whole trace when it has ended. */
export interface TraceEnd extends Omit<TraceRecord, 'name'> {
  /** The name is a tag, as the client sends it. */
  readonly tags: Texts
}

/** A trace of which nothing is known but that there are spans of it. */
export const emptyTrace = (id: string, experimentId: string, startedAtMs: number): TraceRecord => ({
  id,
  experimentId,
  startedAtMs,
  durationMs: null,
  state: 'IN_PROGRESS',
  name: null,
  clientRequestId: null,
  requestPreview: null,
  responsePreview: null,
  tags: {},
  metadata: {},
})

/**
 * A trace after its client told of its end. What the client says counts, and what only the spans said stays; times and
 * totals are from now on not made from spans.
 */
export const afterEnd = (before: TraceRecord, end: TraceEnd): TraceRecord => {
  const { [traceKeys.name]: name, ...tags } = end.tags
  return {
    ...end,
    name: name ?? before.name,
    requestPreview: end.requestPreview ?? before.requestPreview,
    responsePreview: end.responsePreview ?? before.responsePreview,
    tags: { ...before.tags, ...tags },
    metadata: { ...before.metadata, ...end.metadata, [traceKeys.finalized]: 'true' },
  }
}

/**
 * A trace after spans of it arrived. `stored` are those that arrived before and said what they used. As long as the
 * client told nothing of the whole, its times, state and totals follow from the spans.
 */
export const afterSpans = (
  before: TraceRecord,
  spans: readonly NewSpan[],
  stored: readonly UsageNode[],
): TraceRecord => {
  const root = spans.find((span) => span.parentId === null)
  const { [traceKeys.name]: name, ...tags } = root === undefined ? {} : tagsOf(root.attributes)
  return {
    ...before,
    ...timesOf(before, spans),
    state: stateOf(before, root),
    name: name ?? before.name,
    ...previewsOf(before, root),
    tags: { ...before.tags, ...resourceTags(spans), ...tags, [traceKeys.spansLocation]: 'TRACKING_STORE' },
    metadata: {
      ...fromAttributes(spans),
      ...before.metadata,
      ...(countsTotals(before, spans) ? totalsOf(before, spans, stored) : {}),
    },
  }
}

/**
 * Whether these spans say what the whole trace used: its root is among them or was there before. Earlier it would be
 * counted anew with each span that arrives.
 */
export const countsTotals = ({ state }: TraceRecord, spans: readonly NewSpan[]): boolean =>
  state === 'OK' || state === 'ERROR' || spans.some((span) => span.parentId === null)

const milliseconds = (nanoseconds: string): number => Number(BigInt(nanoseconds) / 1_000_000n)

const timesOf = (before: TraceRecord, spans: readonly NewSpan[]) => {
  if (traceKeys.finalized in before.metadata) return {}
  const startedAtMs = spans.reduce((first, span) => Math.min(first, milliseconds(span.startedAtNs)), before.startedAtMs)
  const endBefore = before.durationMs === null ? null : before.startedAtMs + before.durationMs
  const endedAtMs = spans.reduce<number | null>(
    (last, { endedAtNs }) => (endedAtNs === null ? last : Math.max(last ?? 0, milliseconds(endedAtNs))),
    endBefore,
  )
  return { startedAtMs, durationMs: endedAtMs === null ? null : Math.max(0, endedAtMs - startedAtMs) }
}

const stateOf = ({ state }: TraceRecord, root: NewSpan | undefined): TraceRecord['state'] => {
  if (root === undefined || state === 'OK' || state === 'ERROR') return state
  return root.status === 'ERROR' ? 'ERROR' : 'OK'
}

const previewsOf = (before: TraceRecord, root: NewSpan | undefined) => {
  const inputs = root === undefined ? null : attributeOf(root.attributes, spanKeys.inputs)
  const outputs = root === undefined ? null : attributeOf(root.attributes, spanKeys.outputs)
  return {
    requestPreview: before.requestPreview ?? (inputs === null ? null : previewOf(inputs, 'user')),
    responsePreview: before.responsePreview ?? (outputs === null ? null : previewOf(outputs, 'assistant')),
  }
}

const tagPrefix = 'mlflow.traceTag.'

const isTagKey = (key: string): boolean => /^[\p{L}\p{N}_.\- :/]{1,250}$/u.test(key)

const tagValue = (text: string): string => (text.length > 8000 ? [...text].slice(0, 8000).join('') : text)

const textOf = ({ value }: Attribute): string => ('string_value' in value ? value.string_value : pythonJson(value))

/** Tags that travel as attributes of the root. */
const tagsOf = (attributes: readonly Attribute[]): Record<string, string> =>
  Object.fromEntries(
    attributes
      .filter(({ key }) => key.startsWith(tagPrefix) && isTagKey(key.slice(tagPrefix.length)))
      .map((attribute) => [attribute.key.slice(tagPrefix.length), tagValue(textOf(attribute))]),
  )

/** What the program says of itself becomes tags; what OpenTelemetry says of itself, and what is MLflow's, does not. */
const resourceTags = (spans: readonly NewSpan[]): Texts => {
  const resource = spans.find((span) => span.resource.length > 0)?.resource ?? []
  return Object.fromEntries(
    resource
      .filter(({ key }) => isTagKey(key) && !key.startsWith('telemetry.sdk.') && !key.startsWith('mlflow.'))
      .map((attribute) => [attribute.key, tagValue(textOf(attribute))]),
  )
}

const fromAttributes = (spans: readonly NewSpan[]): Texts => {
  const first = (...keys: readonly string[]): string | null => {
    for (const { attributes } of spans) {
      const found = keys.map((key) => plainValue(attributeOf(attributes, key) ?? {})).find(Boolean)
      if (found !== undefined) return typeof found === 'string' ? found : pythonDumps(found)
    }
    return null
  }
  const session = first('session.id', 'gen_ai.conversation.id')
  const user = first('user.id')
  return {
    ...(session === null ? {} : { [traceKeys.session]: session }),
    ...(user === null ? {} : { [traceKeys.user]: user }),
  }
}

const totalsOf = (before: TraceRecord, spans: readonly NewSpan[], stored: readonly UsageNode[]): Texts => {
  const arrived = new Set(spans.map(({ id }) => id))
  const nodes = [...stored.filter(({ id }) => !arrived.has(id)), ...spans.map(usageNode)]
  const finalized = traceKeys.finalized in before.metadata
  const kept = (key: string) => finalized && key in before.metadata
  const usage = kept(traceKeys.usage) ? null : totalOf(nodes, 'usage')
  const cost = kept(traceKeys.cost) ? null : totalOf(nodes, 'cost')
  return {
    ...(usage === null ? {} : { [traceKeys.usage]: pythonDumps(usage) }),
    ...(cost === null ? {} : { [traceKeys.cost]: dollars(cost) }),
  }
}

/** Money is never a whole number for Python. */
const dollars = (cost: Readonly<Record<string, number>>): string => {
  const values = Object.entries(cost).map(([key, value]) => ({ key, value: { double_value: value } }))
  return pythonJson({ kvlist_value: { values } })
}
