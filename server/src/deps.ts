import type { DomainEvent, Hint, Role } from '@novabrain/contracts'
import type { EntityManager } from 'typeorm'
import type { Logger } from 'pino'
import type { Config } from './config.js'

/**
 * On whose behalf something is done. Every repository function takes one, and the transaction hands it to PostgreSQL,
 * whose row-level security is the second wall. `system` is the server itself: scheduler, relay, janitor.
 */
export type Scope = ProjectScope | TenantScope | SystemScope

export interface ProjectScope {
  readonly kind: 'project'
  readonly tenantId: string
  readonly projectId: string
  readonly role: Role
  /** The member who asks, or `null` when it is the runner of an attempt. */
  readonly memberId: string | null
  readonly memberName: string
  /** Set when the caller is the runner, or a program inside it, of this attempt. */
  readonly attemptId: string | null
  /** With `attemptId`: the run of the attempt's job, which the attempt may write to. */
  readonly attemptRunId?: string
}

export interface TenantScope {
  readonly kind: 'tenant'
  readonly tenantId: string
  readonly memberId: string
  readonly tenantOwner: boolean
}

export interface SystemScope {
  readonly kind: 'system'
}

export const systemScope: SystemScope = { kind: 'system' }

/** An open transaction; it carries its scope in PostgreSQL's session settings. */
export type Tx = EntityManager

export interface Database {
  /** Run `work` in one transaction under `scope`. Serialisation failures and deadlocks are retried up to three times. */
  transaction<T>(scope: Scope, work: (tx: Tx) => Promise<T>, options?: TransactionOptions): Promise<T>
}

export interface TransactionOptions {
  /**
   * Statements find rows by their keys, so that one plan, made once, does for whatever they are given: no table is read
   * from end to end, and whoever finds a dead entry of an index marks it, so that the next one passes it by.
   */
  readonly byKeys?: boolean
}

export interface Clock {
  /** The current instant, milliseconds since 1970. */
  nowMs(): number
  /** The current instant in ISO 8601. */
  now(): string
}

/**
 * What happened, appended in the transaction that made it so. The relay numbers it after the commit. An event of no
 * project reaches everybody in the tenant; one of no tenant reaches everybody.
 */
export interface Outbox {
  append(tx: Tx, scope: { tenantId: string | null; projectId: string | null }, event: DomainEvent): Promise<void>
}

/** Who did what, for the auditor; in the transaction of the deed. */
export interface Audit {
  append(
    tx: Tx,
    scope: ProjectScope | TenantScope,
    /** `subjectId` is told where the name of the subject may change. */
    entry: { action: string; subject: string; subjectId?: string; detail?: Record<string, unknown> },
  ): Promise<void>
}

/** Unnumbered notices to whoever looks: coalesced, droppable. */
export interface Hints {
  publish(projectId: string, hint: Hint): void
}

/** One effect for one `Idempotency-Key`: a repeat gets the first answer, whichever request came first. */
export interface Idempotency {
  run<T>(
    tx: Tx,
    scope: ProjectScope,
    request: { key: string | null; fingerprint: string },
    work: () => Promise<T>,
  ): Promise<T>
}

/** Who waits for an answer to look at. */
export interface Visitors {
  /** One has come; the answer tells that it waits no more. */
  come(): () => void
  /** Resolves as soon as nobody waits, and after a moment anyway. */
  untilNoneWait(): Promise<void>
  /** The same, and as long as visitors are expected also when the server has had some rest since the last call. */
  untilAtEase(): Promise<void>
}

/** What every module is given. */
export interface Deps {
  readonly config: Config
  readonly database: Database
  readonly clock: Clock
  /** A new identifier: a UUID version 7 as 32 hexadecimal digits. */
  readonly newId: () => string
  readonly outbox: Outbox
  readonly audit: Audit
  readonly hints: Hints
  readonly idempotency: Idempotency
  readonly visitors: Visitors
  readonly log: Logger
}
