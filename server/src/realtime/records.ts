import type { DomainEvent, EventRecord, ServerFrame } from '@novabrain/contracts'

/** A numbered event as it comes from the table; `bigint` is text on a connection of our own. */
export interface NumberedRow {
  readonly cursor: number | string
  readonly at: Date
  readonly tenantId: string | null
  readonly projectId: string | null
  readonly event: DomainEvent
}

/** The event as clients see it; whose it is they know. */
export const recordOf = ({ cursor, at, projectId, event }: NumberedRow): EventRecord => ({
  cursor: Number(cursor),
  at: at.toISOString(),
  projectId,
  event,
})

/** A numbered event ready to be sent: framed once for all clients. */
export interface FramedEvent {
  readonly cursor: number
  readonly tenantId: string | null
  readonly projectId: string | null
  readonly frame: string
}

export const frameOf = (row: NumberedRow): FramedEvent => ({
  cursor: Number(row.cursor),
  tenantId: row.tenantId,
  projectId: row.projectId,
  frame: JSON.stringify({ type: 'event', record: recordOf(row) } satisfies ServerFrame),
})

/** Whether an event concerns somebody who looks at a project of a tenant. */
export const isFor = (
  event: Pick<FramedEvent, 'tenantId' | 'projectId'>,
  viewer: { readonly tenantId: string; readonly projectId: string },
): boolean =>
  (event.tenantId === null || event.tenantId === viewer.tenantId) &&
  (event.projectId === null || event.projectId === viewer.projectId)
