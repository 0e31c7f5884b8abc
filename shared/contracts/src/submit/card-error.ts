import { ProbeError } from '../capture/probe.js'
import { UnreachableError } from '../client/client.js'
import type { ErrorCode } from '../errors/catalogue.js'
import { errorText, NovaBrainError, type Locale } from '../errors/error.js'
import type { CardError } from './draft.js'

/** An error as it is shown: the server's own words, else those of the catalogue, else the sentence there is. */
export const cardError = (error: unknown, locale: Locale): CardError => {
  if (error instanceof NovaBrainError) return ofCode(error, locale)
  if (error instanceof UnreachableError) return { code: null, message: awayText[locale], cause: null, remedy: null }
  const message = error instanceof Error ? error.message : String(error)
  if (error instanceof ProbeError) return { ...textOf('python_not_found', {}, locale), message }
  return { code: null, message, cause: null, remedy: null }
}

/** Answers of a server that is starting, leaving or without its database: try again later. */
const awayCodes: readonly ErrorCode[] = ['not_ready', 'database_unavailable']

/** Whether an error says that the server was not reached, so that a submission should be kept. */
export const isAway = (error: unknown): boolean =>
  error instanceof UnreachableError || (error instanceof NovaBrainError && awayCodes.includes(error.code))

const ofCode = (error: NovaBrainError, locale: Locale): CardError => ({
  ...textOf(error.code, error.data, locale),
  ...(error.body === null ? {} : { message: error.body.message }),
})

const textOf = (code: ErrorCode, data: Readonly<Record<string, unknown>>, locale: Locale): CardError => ({
  code,
  ...errorText(code, data, locale),
})

const awayText: Record<Locale, string> = {
  en: 'The NovaBrain server does not answer.',
  'zh-CN': 'NovaBrain 服务器没有响应。',
}
