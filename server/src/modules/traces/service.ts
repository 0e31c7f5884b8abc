import type { FigurePoint, FiguresQuery } from '../../core/traces/figures.js'
import { fail } from '@novabrain/contracts'
import { setTimeout as delay } from 'node:timers/promises'
import type { CorrelationCounts } from '../../core/traces/correlation.js'
import { afterEnd, afterSpans, countsTotals, emptyTrace, type TraceEnd } from '../../core/traces/after.js'
import { readSpanText, spanText, spanTypeKey, type NewSpan } from '../../core/traces/span.js'
import { plainValue, attributeOf } from '../../core/traces/any-value.js'
import { announcedSpans, traceKeys, type TraceRecord } from '../../core/traces/trace.js'
import { usageNode, type UsageNode } from '../../core/traces/usage.js'
import { groupRows } from '../../core/tracking/group-rows.js'
import type { Comparison, OrderKey } from '../../core/tracking/filter.js'
import { isInvalidPattern } from '../../db/faults.js'
import type { Deps, ProjectScope, Tx } from '../../deps.js'
import type { ArtifactsService } from '../artifacts/service.js'
import type { ExperimentsService } from '../experiments/service.js'
import type { RunsService } from '../runs/service.js'
import { assessmentRepository as assessments, type AssessmentRecord } from './assessment-repository.js'
import { traceRepository as traces, type SpanRecord, type TraceSelection } from './repository.js'
import { compileTraceSearch } from './search.js'

export type { TraceSelection } from './repository.js'
export type { TraceRecord } from '../../core/traces/trace.js'

/** A trace with what was said of it. */
export interface Trace {
  readonly record: TraceRecord
  readonly assessments: readonly AssessmentRecord[]
}

/** A trace with the texts of its spans, as they stand on MLflow's wire. */
export interface WholeTrace extends Trace {
  readonly spans: readonly string[]
}

export interface TraceSearch {
  readonly experimentIds: readonly string[]
  readonly filter: readonly Comparison[]
  readonly order: readonly OrderKey[]
  readonly offset: number
  readonly limit: number
}

/** A trace out of a history. `prompts` are `name/version`. */
export interface AdoptedTrace {
  readonly end: TraceEnd
  readonly said: readonly AssessmentRecord[]
  readonly spans: readonly NewSpan[]
  readonly runIds: readonly string[]
  readonly prompts: readonly string[]
}

/** How long a reader waits for spans that were announced and are still on their way. */
const waitsMs = [1000, 2000]

export type TracesService = ReturnType<typeof createTracesService>

/**
 * Traces: what clients say of them, their spans, tags and links. Errors: `trace_not_found`, `trace_not_complete`,
 * `trace_tag_not_found`, those of experiments and runs. Only people delete.
 */
export const createTracesService = (
  deps: Pick<Deps, 'database' | 'audit' | 'hints' | 'clock'> & {
    readonly experiments: ExperimentsService
    readonly runs: RunsService
    readonly artifacts: Pick<ArtifactsService, 'moveWithTraces'>
  },
) => {
  const { database, audit, hints, clock, experiments, runs, artifacts } = deps

  /** Whoever looks at a list reads it again. */
  const told = <T>(scope: ProjectScope, work: Promise<T>): Promise<T> =>
    work.then((done) => {
      hints.publish(scope.projectId, { type: 'traces' })
      return done
    })

  const find = async (tx: Tx, scope: ProjectScope, id: string): Promise<TraceRecord> =>
    (await traces.find(tx, scope, id)) ?? fail('trace_not_found', { traceId: id })

  const withAssessments = async (tx: Tx, scope: ProjectScope, records: readonly TraceRecord[]): Promise<Trace[]> => {
    const ofTrace = await assessments.ofTraces(
      tx,
      scope,
      records.map(({ id }) => id),
    )
    return records.map((record) => ({ record, assessments: ofTrace(record.id) }))
  }

  const one = async (tx: Tx, scope: ProjectScope, record: TraceRecord): Promise<Trace> => {
    const [trace] = await withAssessments(tx, scope, [record])
    return trace ?? { record, assessments: [] }
  }

  /** The run that a program names in a trace's metadata is a link as any other. */
  const linkSource = async (tx: Tx, scope: ProjectScope, { id, metadata }: TraceRecord): Promise<void> => {
    const runId = metadata[traceKeys.sourceRun]
    if (runId !== undefined && runId.length <= 256) await traces.link(tx, scope, [id], 'run', [runId])
  }

  const isComplete = (record: TraceRecord, arrived: number): boolean => arrived >= Math.max(1, announcedSpans(record))

  const whole = (scope: ProjectScope, id: string, allowPartial: boolean): Promise<WholeTrace | null> =>
    database.transaction(scope, async (tx) => {
      const record = await find(tx, scope, id)
      const count = await traces.countSpans(tx, scope, [id])
      if (!allowPartial && !isComplete(record, count(id))) return null
      const contents = await traces.contentsOf(tx, scope, [id])
      return { ...(await one(tx, scope, record)), spans: contents(id) }
    })

  return {
    /** A trace, inside somebody's transaction. */
    find,

    /** The same with what was said of it. */
    read: async (tx: Tx, scope: ProjectScope, id: string): Promise<Trace> => one(tx, scope, await find(tx, scope, id)),

    /** What a client says of a whole trace when it has ended, before or after its spans arrive. */
    end: (scope: ProjectScope, end: TraceEnd, said: readonly AssessmentRecord[]): Promise<Trace> =>
      told(
        scope,
        database.transaction(scope, async (tx) => {
          const { artifactLocation } = await experiments.getActive(tx, scope, end.experimentId)
          const [before] = await traces.hold(tx, scope, [emptyTrace(end.id, end.experimentId, end.startedAtMs)])
          if (before === undefined) return fail('trace_not_found', { traceId: end.id })
          const after = withArtifacts(afterEnd(before, end), artifactLocation)
          await traces.save(tx, scope, after)
          await linkSource(tx, scope, after)
          for (const assessment of said) await assessments.put(tx, scope, assessment)
          return one(tx, scope, after)
        }),
      ),

    /** Spans that arrived, of any number of traces; the same ones again change nothing. */
    addSpans: (
      scope: ProjectScope,
      { experimentId, runId, spans }: { experimentId: string; runId: string | null; spans: readonly NewSpan[] },
    ): Promise<void> =>
      told(
        scope,
        database.transaction(scope, async (tx) => {
          const { artifactLocation } = await experiments.getActive(tx, scope, experimentId)
          if (runId !== null) await runs.findWritable(tx, scope, runId)
          const byTrace = groupRows(distinct(spans), ({ traceId }) => traceId)
          const fresh = [...byTrace].map(([id, of]) => emptyTrace(id, experimentId, firstMs(of)))
          for (const before of await traces.hold(tx, scope, fresh)) {
            const arrived = byTrace.get(before.id) ?? []
            const stored = countsTotals(before, arrived) ? await storedUsage(tx, scope, before.id) : []
            await traces.save(tx, scope, withArtifacts(afterSpans(before, arrived, stored), artifactLocation))
            await traces.putSpans(tx, scope, arrived.map(spanRecord))
          }
          if (runId !== null) await traces.link(tx, scope, [...byTrace.keys()], 'run', [runId])
        }),
      ),

    /** Those of the ids that are traces here, inside somebody's transaction. */
    existing: (tx: Tx, scope: ProjectScope, ids: readonly string[]): Promise<readonly TraceRecord[]> =>
      traces.findMany(tx, scope, ids, null),

    /**
     * Take over a trace of a history as its source tells it, with spans and links; its experiment and its runs may be
     * deleted. Whether its id was free in this experiment.
     */
    async adopt(tx: Tx, scope: ProjectScope, { end, said, spans, runIds, prompts }: AdoptedTrace): Promise<boolean> {
      const { artifactLocation } = await experiments.find(tx, scope, end.experimentId)
      const [before] = await traces.hold(tx, scope, [emptyTrace(end.id, end.experimentId, end.startedAtMs)])
      if (before === undefined || before.experimentId !== end.experimentId) return false
      const after = withArtifacts(afterEnd(before, end), artifactLocation)
      const location = spans.length === 0 ? {} : { [traceKeys.spansLocation]: 'TRACKING_STORE' }
      await traces.save(tx, scope, { ...after, tags: { ...after.tags, ...location } })
      await traces.putSpans(tx, scope, distinct(spans).map(spanRecord))
      await linkSource(tx, scope, after)
      await traces.link(tx, scope, [end.id], 'run', runIds)
      await traces.link(tx, scope, [end.id], 'prompt', prompts)
      for (const assessment of said) await assessments.put(tx, scope, assessment)
      return true
    },

    get: (scope: ProjectScope, id: string): Promise<Trace> =>
      database.transaction(scope, async (tx) => one(tx, scope, await find(tx, scope, id))),

    /** With its spans; waits a moment for those that were announced and have not arrived, unless some are enough. */
    async getWhole(scope: ProjectScope, id: string, { allowPartial }: { allowPartial: boolean }): Promise<WholeTrace> {
      for (const waitMs of [...waitsMs, null]) {
        const found = await whole(scope, id, allowPartial)
        if (found !== null) return found
        if (waitMs !== null) await delay(waitMs)
      }
      return fail('trace_not_complete', { traceId: id })
    },

    /** Those of the traces that are there, in the order asked for. */
    getMany: (
      scope: ProjectScope,
      ids: readonly string[],
      experimentIds: readonly string[] | null,
    ): Promise<readonly Trace[]> =>
      database.transaction(scope, async (tx) =>
        withAssessments(tx, scope, await traces.findMany(tx, scope, ids, experimentIds)),
      ),

    /** Those of the traces whose spans have all arrived, with them. */
    getManyWhole: (
      scope: ProjectScope,
      ids: readonly string[],
      experimentIds: readonly string[] | null,
    ): Promise<readonly WholeTrace[]> =>
      database.transaction(scope, async (tx) => {
        const records = await traces.findMany(tx, scope, ids, experimentIds)
        const count = await traces.countSpans(tx, scope, ids)
        const complete = records.filter((record) => isComplete(record, count(record.id)))
        const contents = await traces.contentsOf(
          tx,
          scope,
          complete.map(({ id }) => id),
        )
        const found = await withAssessments(tx, scope, complete)
        return found.map((trace) => ({ ...trace, spans: contents(trace.record.id) }))
      }),

    search: (scope: ProjectScope, search: TraceSearch): Promise<readonly Trace[]> =>
      database
        .transaction(scope, async (tx) => {
          const compiled = compileTraceSearch(search.filter, search.order, 4)
          return withAssessments(tx, scope, await traces.search(tx, scope, search, compiled))
        })
        .catch(refusePattern),

    /** Figures over many traces, spans or assessments. */
    figures: (scope: ProjectScope, query: FiguresQuery): Promise<FigurePoint[]> =>
      database.transaction(scope, (tx) => traces.figures(tx, scope, query)),

    /** How many traces pass `base`, and of those how many pass each of two filters, and both. */
    countTogether: (
      scope: ProjectScope,
      experimentIds: readonly string[],
      filters: Readonly<Record<'base' | 'first' | 'second', readonly Comparison[]>>,
    ): Promise<CorrelationCounts> =>
      database
        .transaction(scope, (tx) => {
          const base = compileTraceSearch(filters.base, [], 2)
          const first = compileTraceSearch(filters.first, [], 2 + base.parameters.length)
          const second = compileTraceSearch(filters.second, [], 2 + base.parameters.length + first.parameters.length)
          const parameters = [base, first, second].flatMap((compiled) => compiled.parameters)
          const conditions = { base: base.conditions, first: first.conditions, second: second.conditions }
          return traces.countTogether(tx, scope, experimentIds, conditions, parameters)
        })
        .catch(refusePattern),

    /** How many were deleted. They can be put back until their time is over, their files too. */
    delete: (scope: ProjectScope, selection: TraceSelection): Promise<number> =>
      database.transaction(scope, async (tx) => {
        if (scope.attemptId !== null) return fail('permission_denied', { role: 'editor' })
        const deleted = await traces.delete(tx, scope, selection, clock.nowMs())
        await artifacts.moveWithTraces(tx, scope, deleted, 'deleted')
        const count = deleted.length
        const subject = selection.experimentId
        if (count > 0) await audit.append(tx, scope, { action: 'traces.deleted', subject, detail: { count } })
        return count
      }),

    /** Put deleted traces back; answers which were. Those that are gone, or whose id another has by now, are left out. */
    restore: (scope: ProjectScope, ids: readonly string[]): Promise<readonly string[]> =>
      told(
        scope,
        database.transaction(scope, async (tx) => {
          if (scope.attemptId !== null) return fail('permission_denied', { role: 'editor' })
          const restored = await traces.restore(tx, scope, ids)
          await artifacts.moveWithTraces(tx, scope, restored, 'back')
          if (restored.length > 0)
            await audit.append(tx, scope, {
              action: 'traces.restore',
              subject: restored[0] ?? '',
              detail: { count: restored.length, ids: restored },
            })
          return restored
        }),
      ),

    setTag: (scope: ProjectScope, id: string, key: string, value: string): Promise<void> =>
      database.transaction(scope, async (tx) => {
        const found =
          key === traceKeys.name
            ? await traces.setName(tx, scope, id, value)
            : await traces.setTag(tx, scope, id, key, value)
        if (!found) return fail('trace_not_found', { traceId: id })
      }),

    deleteTag: (scope: ProjectScope, id: string, key: string): Promise<void> =>
      database.transaction(scope, async (tx) => {
        const trace = await find(tx, scope, id)
        if (key === traceKeys.name && trace.name !== null) await traces.setName(tx, scope, id, null)
        else if (!(await traces.deleteTag(tx, scope, id, key))) return fail('trace_tag_not_found', { traceId: id, key })
      }),

    /** Traces that are not there are left out. */
    linkToRun: (scope: ProjectScope, traceIds: readonly string[], runId: string): Promise<void> =>
      database.transaction(scope, async (tx) => {
        await runs.findWritable(tx, scope, runId)
        await traces.link(tx, scope, traceIds, 'run', [runId])
      }),

    /** `prompts` are `name/version`. */
    linkPrompts: (scope: ProjectScope, traceId: string, prompts: readonly string[]): Promise<void> =>
      database.transaction(scope, async (tx) => {
        await find(tx, scope, traceId)
        await traces.link(tx, scope, [traceId], 'prompt', prompts)
      }),
  }
}

/** Only PostgreSQL knows what is a regular expression for it. */
const refusePattern = (error: unknown): never => {
  if (isInvalidPattern(error))
    return fail('search_text_invalid', { detail: 'The text after RLIKE is no regular expression', position: 1 })
  throw error
}

/** Of a span that is there twice the later one counts. */
const distinct = (spans: readonly NewSpan[]): NewSpan[] => [
  ...new Map(spans.map((span) => [`${span.traceId}/${span.id}`, span])).values(),
]

const firstMs = (spans: readonly NewSpan[]): number =>
  spans.reduce((first, { startedAtNs }) => Math.min(first, Number(BigInt(startedAtNs) / 1_000_000n)), Infinity)

const spanRecord = (span: NewSpan): SpanRecord => {
  const type = plainValue(attributeOf(span.attributes, spanTypeKey) ?? {})
  return {
    traceId: span.traceId,
    id: span.id,
    parentId: span.parentId,
    name: span.name,
    type: typeof type === 'string' ? type.slice(0, 500) : null,
    status: span.status,
    startedAtNs: span.startedAtNs,
    endedAtNs: span.endedAtNs,
    content: spanText(span),
  }
}

const storedUsage = async (tx: Tx, scope: ProjectScope, traceId: string): Promise<UsageNode[]> => {
  const spans = await traces.usageSpans(tx, scope, traceId)
  return spans.map(({ id, parentId, content }) => {
    const attributes = content === null ? [] : readSpanText(content).attributes
    return usageNode({ id, parentId, attributes })
  })
}

/** Files of a trace, such as images in its inputs, lie in a folder of the experiment, and a tag says where. */
const withArtifacts = (trace: TraceRecord, experimentLocation: string): TraceRecord => ({
  ...trace,
  tags: {
    ...trace.tags,
    [traceKeys.artifactLocation]:
      trace.tags[traceKeys.artifactLocation] ?? `${experimentLocation}/traces/${trace.id}/artifacts`,
  },
})
