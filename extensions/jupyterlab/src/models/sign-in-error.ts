import { cardError, errorText, isErrorCode, UnreachableError, type CardError, type Locale } from '@novabrain/contracts'
import { SignInRefused } from '../host/sign-in-refused.js'

/** Why a sign-in failed: the refusal of the server with its code, or that nobody answered, which is no fault of the key. */
export const signInError = (error: unknown, locale: Locale): CardError => {
  if (!(error instanceof SignInRefused)) return cardError(error, locale)
  const { code, data } = refusalOf(error.body)
  return isErrorCode(code) ? { code, ...errorText(code, data, locale) } : cardError(new UnreachableError(), locale)
}

const refusalOf = (body: string): { code: string; data: Readonly<Record<string, unknown>> } => {
  try {
    const { code = '', data = {} } = JSON.parse(body) as { code?: string; data?: Record<string, unknown> }
    return { code, data }
  } catch {
    return { code: '', data: {} }
  }
}
