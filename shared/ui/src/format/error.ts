import { errorText, NovaBrainError, UnreachableError, type CardError, type Locale } from '@novabrain/contracts'
import { stringsOf } from '../locales/strings.js'

/** An error as an error card shows it, in the reader's language. */
export const cardErrorOf = (error: unknown, locale: Locale): CardError => {
  const t = stringsOf(locale).error
  if (error instanceof NovaBrainError) return { code: error.code, ...errorText(error.code, error.data, locale) }
  if (error instanceof UnreachableError)
    return { code: null, message: t.unreachable, cause: t.unreachableCause, remedy: t.unreachableRemedy }
  return { code: null, message: t.unexpected, cause: error instanceof Error ? error.message : null, remedy: null }
}
