import { Type, type Static } from '@sinclair/typebox'
import { Id, nullable, Timestamp } from './common.js'
import { Job } from './job.js'
import { RunStatus } from './run.js'

/**
 * What happened, in the order it was committed. The relay numbers events with `cursor`, without gaps in a server's life;
 * a client that was away asks for everything after the last cursor it saw.
 */
export const DomainEvent = Type.Union([
  Type.Object({ type: Type.Literal('job_changed'), job: Job }),
  Type.Object({
    type: Type.Literal('run_changed'),
    runId: Id,
    experimentId: Type.String(),
    name: Type.String(),
    status: RunStatus,
  }),
  /** A registered model, one of its versions, or where its aliases point; `sourceRunId` is the run of a version that is new. */
  Type.Object({
    type: Type.Literal('model_changed'),
    modelId: Id,
    name: Type.String(),
    version: nullable(Type.Integer()),
    sourceRunId: nullable(Type.String()),
  }),
  Type.Object({ type: Type.Literal('nodes_changed') }),
  Type.Object({ type: Type.Literal('queues_changed') }),
])
export type DomainEvent = Static<typeof DomainEvent>

export const EventRecord = Type.Object({
  cursor: Type.Integer({ minimum: 1 }),
  at: Timestamp,
  projectId: nullable(Id),
  event: DomainEvent,
})
export type EventRecord = Static<typeof EventRecord>

/** Something moved that is read by other means: unnumbered, coalesced, may be dropped for a slow client. */
export const Hint = Type.Union([
  Type.Object({ type: Type.Literal('metrics'), runId: Id }),
  Type.Object({ type: Type.Literal('log'), attemptId: Id, jobId: Id, sizeBytes: Type.Integer() }),
  Type.Object({ type: Type.Literal('queue') }),
  Type.Object({ type: Type.Literal('traces') }),
])
export type Hint = Static<typeof Hint>

/** What a client says on the socket. `authenticate` comes first unless a session cookie came with the upgrade. */
export const ClientFrame = Type.Union([
  Type.Object({ type: Type.Literal('authenticate'), token: Type.String({ maxLength: 500 }) }),
  Type.Object({
    type: Type.Literal('subscribe'),
    projectId: Id,
    /** The last cursor seen; `null` starts at now. */
    cursor: nullable(Type.Integer({ minimum: 0 })),
    /** Hints wanted: `run:<id>`, `log:<attemptId>`, `queue` or `traces`. */
    topics: Type.Array(Type.String({ maxLength: 100 }), { maxItems: 100 }),
  }),
  Type.Object({ type: Type.Literal('ping') }),
])
export type ClientFrame = Static<typeof ClientFrame>

/** What the server says. `reset`: the cursor is too old to resume from; read the lists again and go on at `cursor`. */
export const ServerFrame = Type.Union([
  Type.Object({ type: Type.Literal('ready'), cursor: Type.Integer(), serverVersion: Type.String() }),
  Type.Object({ type: Type.Literal('event'), record: EventRecord }),
  Type.Object({ type: Type.Literal('hint'), hint: Hint }),
  Type.Object({ type: Type.Literal('reset'), cursor: Type.Integer() }),
  Type.Object({ type: Type.Literal('pong') }),
  Type.Object({ type: Type.Literal('error'), code: Type.String(), message: Type.String() }),
])
export type ServerFrame = Static<typeof ServerFrame>
