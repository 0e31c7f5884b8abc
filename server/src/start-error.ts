/**
 * Something outside us that a server cannot start without refuses: its own PostgreSQL, the PostgreSQL that was named, or the
 * address to listen on. `where` names it without a password, `detail` is what it said.
 */
export class StartError extends Error {
  override readonly name = 'StartError'
  readonly detail: string
  constructor(
    readonly part: 'postgres' | 'database' | 'address',
    readonly where: string,
    cause: unknown,
  ) {
    const detail = sentenceOf(cause)
    super(`${where}: ${detail}`, { cause })
    this.detail = detail
  }
}

/** Work, any failure of which is this part's. */
export const orStartError = async <T>(part: StartError['part'], where: string, work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (error) {
    throw new StartError(part, where, error)
  }
}

/** An aggregate (one error for each address that was tried) has no message of its own. */
const sentenceOf = (error: unknown): string => {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(sentenceOf).join(', ')
  return error instanceof Error ? error.message : String(error)
}
