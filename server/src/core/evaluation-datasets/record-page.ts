/** Where a page of records ends: they are ordered by when they came, then by id. */
export interface RecordPlace {
  readonly createdAtMs: number
  readonly id: string
}

/** The token of the page after a record, as MLflow makes it: base64 of `created:id`. */
export const tokenOfPlace = ({ createdAtMs, id }: RecordPlace): string =>
  Buffer.from(`${String(createdAtMs)}:${id}`).toString('base64')

/** Where the page begins after; `null` for a token that is none. */
export const placeOfToken = (token: string): RecordPlace | null => {
  const [, createdAtMs, id] = /^(\d{1,15}):([\w-]{1,100})$/.exec(Buffer.from(token, 'base64').toString('utf8')) ?? []
  return createdAtMs === undefined || id === undefined ? null : { createdAtMs: Number(createdAtMs), id }
}
