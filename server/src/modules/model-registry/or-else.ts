import { NovaBrainError, type ErrorCode } from '@novabrain/contracts'

/** What to do instead when work ends with one error of the catalogue; every other fault stays what it is. */
export const orElse = <T, U>(work: Promise<T>, code: ErrorCode, instead: () => U): Promise<T | U> =>
  work.catch((error: unknown) => {
    if (error instanceof NovaBrainError && error.code === code) return instead()
    throw error
  })
