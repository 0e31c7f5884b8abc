import { NovaBrainError } from '@novabrain/contracts'
import { nameOf, type Curve } from '../../core/tracking/curve.js'
import { mayWriteRun } from '../../core/tracking/ownership.js'
import { renewAfterMs } from '../../core/tracking/silence.js'
import type { Deps, ProjectScope, Tx } from '../../deps.js'
import type { KeyValue } from '../experiments/service.js'
import type { RunsService } from '../runs/service.js'
import { metricRepository as metrics, type Added, type LoggableRun, type ModelPoint, type OfRun } from './repository.js'
import { createSeriesMemory, SeriesGone, type SeriesMemory } from './series-memory.js'
import type { Summaries } from './summaries.js'

/** What a program logs to a run in one request: all of it is kept or nothing. Params are distinct by key. */
export interface LogRequest {
  readonly scope: ProjectScope
  readonly runId: string
  readonly curves: readonly Curve[]
  readonly modelPoints: readonly ModelPoint[]
  readonly params: readonly KeyValue[]
  readonly tags: readonly KeyValue[]
}

type LogBatchDeps = Pick<Deps, 'database' | 'clock' | 'config'> & {
  readonly runs: RunsService
  readonly summaries: Pick<Summaries, 'want'>
}

/** What was refused, a request each, and what came of the points of the others. */
interface Kept {
  readonly refusals: readonly (NovaBrainError | null)[]
  readonly added: Added
}

const runNameTag = 'mlflow.runName'

/**
 * Commits requests of one project together: checks first, which refuse single requests, then a handful of statements for
 * all the others. Answers for each request `null` or its refusal.
 */
export const createLogBatch = ({ database, clock, config, runs, summaries }: LogBatchDeps) => {
  const memory = createSeriesMemory()

  const renewLease = async (tx: Tx, scope: ProjectScope, found: readonly LoggableRun[]): Promise<void> => {
    const nowMs = clock.nowMs()
    const stale = found.filter((run) => nowMs - run.lastSeenAtMs >= renewAfterMs(config.runLeaseMs))
    await metrics.touch(
      tx,
      scope,
      stale.map((run) => run.id),
      nowMs,
    )
  }

  const rename = async (tx: Tx, { scope, runId, tags }: LogRequest): Promise<void> => {
    const name = tags.findLast((tag) => tag.key === runNameTag)?.value
    if (name !== undefined && name !== '') await runs.rename(tx, scope, runId, name)
  }

  /**
   * Points whose series are in mind are written before it is known that their runs take them, so that one journey to the
   * database does both; a refusal then undoes all. With nothing in mind, one is done after the other.
   */
  const keep = (scope: ProjectScope, requests: readonly LogRequest[], inMind: SeriesMemory | null): Promise<Kept> =>
    database.transaction(
      scope,
      async (tx) => {
        const curves = curvesOf(requests)
        const [found, known, early] = await Promise.all([
          metrics.loggable(tx, scope, distinct(requests.map((request) => request.runId))),
          knownParams(tx, scope, requests),
          inMind?.holds(curves) === true ? metrics.addPoints(tx, scope, curves, inMind) : null,
        ])
        const runOf = new Map(found.map((run) => [run.id, run]))
        const refusals = requests.map((request) => refusalOf(request, runOf.get(request.runId), known))
        const accepted = requests.filter((_, index) => refusals[index] === null)
        if (early !== null && accepted.length < requests.length) throw new AheadOfRefusal()
        const logging = new Set(accepted.map((request) => request.runId))
        await renewLease(
          tx,
          scope,
          found.filter((run) => logging.has(run.id)),
        )
        const added = early ?? (await metrics.addPoints(tx, scope, curvesOf(accepted), inMind))
        await write(tx, scope, accepted)
        for (const request of accepted) await rename(tx, request)
        return { refusals, added }
      },
      { byKeys: true },
    )

  return async (scope: ProjectScope, requests: readonly LogRequest[]): Promise<readonly (NovaBrainError | null)[]> => {
    const { refusals, added } = await keep(scope, requests, memory).catch((error: unknown) => {
      if (error instanceof SeriesGone || error instanceof AheadOfRefusal) return keep(scope, requests, null)
      throw error
    })
    memory.keep(added.learnt)
    summaries.want(scope, added.long)
    return refusals
  }
}

/** Points were written ahead, and a request among them was refused. */
class AheadOfRefusal extends Error {}

const curvesOf = (requests: readonly LogRequest[]): readonly Curve[] => requests.flatMap(({ curves }) => curves)

/** Write what was accepted, but for its points. */
const write = async (tx: Tx, scope: ProjectScope, requests: readonly LogRequest[]): Promise<void> => {
  const params = lastOfEach(requests.flatMap(({ runId, params }) => ofRun(runId, params)))
  const tags = lastOfEach(requests.flatMap(({ runId, tags }) => ofRun(runId, tags)))
  const modelPoints = requests.flatMap((request) => request.modelPoints)
  const [kept] = await Promise.all([
    metrics.addParams(tx, scope, params),
    metrics.setTags(tx, scope, tags),
    metrics.addModelPoints(tx, scope, modelPoints),
  ])
  refuseChanged(params, kept)
}

type ParamValues = Map<string, string>

const knownParams = async (tx: Tx, scope: ProjectScope, requests: readonly LogRequest[]): Promise<ParamValues> => {
  const asked = requests.flatMap(({ runId, params }) => ofRun(runId, params))
  const known = await metrics.knownParams(tx, scope, asked)
  return new Map(known.map((param) => [nameOf(param), param.value]))
}

/** Why a request is refused, or `null`; the params of one that is not are known to those after it. */
const refusalOf = (
  { scope, runId, params }: LogRequest,
  run: LoggableRun | undefined,
  known: ParamValues,
): NovaBrainError | null => {
  if (run === undefined) return new NovaBrainError('run_not_found', { runId })
  if (!mayWriteRun(scope, run)) return new NovaBrainError('run_not_of_attempt', { runId })
  if (run.lifecycleStage !== 'active') return new NovaBrainError('run_not_active', { runId })
  for (const { key, value } of params) {
    const oldValue = known.get(nameOf({ runId, key }))
    if (oldValue !== undefined && oldValue !== value) return immutable(runId, key, oldValue, value)
  }
  for (const { key, value } of params) known.set(nameOf({ runId, key }), value)
  return null
}

/** Another server may have written between the check and the insert: then nothing of the transaction holds. */
const refuseChanged = (asked: readonly OfRun[], kept: readonly OfRun[]): void => {
  const values = new Map(kept.map((param) => [nameOf(param), param.value]))
  for (const { runId, key, value } of asked) {
    const held = values.get(nameOf({ runId, key }))
    if (held !== undefined && held !== value) throw immutable(runId, key, held, value)
  }
}

const immutable = (runId: string, key: string, oldValue: string, newValue: string): NovaBrainError =>
  new NovaBrainError('param_immutable', { runId, key, oldValue, newValue })

const ofRun = (runId: string, pairs: readonly KeyValue[]): OfRun[] =>
  pairs.map(({ key, value }) => ({ runId, key, value }))

const lastOfEach = (rows: readonly OfRun[]): OfRun[] => [...new Map(rows.map((row) => [nameOf(row), row])).values()]

const distinct = (ids: readonly string[]): string[] => [...new Set(ids)]
