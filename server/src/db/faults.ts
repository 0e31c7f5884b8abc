/** The codes under which PostgreSQL says that a connection is gone or cannot be had. */
const postgresCodes = new Set([
  '53300', // too many connections
  '57P01', // terminated by an administrator
  '57P02', // another backend crashed
  '57P03', // starting up or shutting down
  '08000',
  '08001',
  '08003',
  '08004',
  '08006',
])

/** The same from Node's sockets. */
const socketCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'ETIMEDOUT', 'EPIPE', 'EHOSTUNREACH'])

/** What `pg` and TypeORM say without a code. */
const messages =
  /connection terminated|timeout exceeded when trying to connect|client has encountered a connection error|not queryable|driver not connected|query ?runner already released/i

/** Whether an error can only mean that PostgreSQL cannot be reached just now; trying again later is right. */
export const isDatabaseUnavailable = (error: unknown): boolean =>
  causesOf(error).some((cause) => postgresCodes.has(codeOf(cause)) || messages.test(messageOf(cause)))

/** The same for an error known to come from talking with PostgreSQL, where a socket's fault is the database's. */
export const isConnectionFault = (error: unknown): boolean =>
  isDatabaseUnavailable(error) || causesOf(error).some((cause) => socketCodes.has(codeOf(cause)))

/** Whether an error means that the disk is full, ours or PostgreSQL's. */
export const isDiskFull = (error: unknown): boolean =>
  causesOf(error).some((cause) => ['ENOSPC', 'EDQUOT', '53100'].includes(codeOf(cause)))

/** Whether a unique key of PostgreSQL refused a row. */
export const isUniqueViolation = (error: unknown): boolean => causesOf(error).some((cause) => codeOf(cause) === '23505')

/** Whether a row is still referred to, or refers to one that is not there. */
export const isForeignKeyViolation = (error: unknown): boolean =>
  causesOf(error).some((cause) => codeOf(cause) === '23503')

/** Whether a regular expression is none. */
export const isInvalidPattern = (error: unknown): boolean => causesOf(error).some((cause) => codeOf(cause) === '2201B')

/**
 * Whether a text holds what PostgreSQL cannot keep: NUL, or half of a surrogate pair inside JSON. Whoever sent it is at
 * fault.
 */
export const isUnstorableText = (error: unknown): boolean =>
  causesOf(error).some(
    (cause) =>
      ['22021', '22P05'].includes(codeOf(cause)) || (codeOf(cause) === '22P02' && / json\b/.test(messageOf(cause))),
  )

const messageOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error ? String(error.message) : ''

const codeOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : ''

/** An error with everything it wraps: `cause`, TypeORM's `driverError`, the parts of an aggregate. */
const causesOf = (error: unknown, depth = 0): unknown[] => {
  if (typeof error !== 'object' || error === null || depth > 4) return []
  const inner = [
    'cause' in error ? error.cause : undefined,
    'driverError' in error ? error.driverError : undefined,
    ...('errors' in error && Array.isArray(error.errors) ? (error.errors as unknown[]) : []),
  ]
  return [error, ...inner.flatMap((each) => causesOf(each, depth + 1))]
}
