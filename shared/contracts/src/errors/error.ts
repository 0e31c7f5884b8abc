import { errorCatalogue, type ErrorCode } from './catalogue.js'
import type { ErrorText, MlflowErrorName } from './define.js'

export type Locale = 'en' | 'zh-CN'
export type ErrorData = Readonly<Record<string, unknown>>

/** The body of every error answer: MLflow's two fields first, ours beside them. */
export interface ErrorBody {
  readonly error_code: MlflowErrorName
  readonly message: string
  readonly code: ErrorCode
  readonly cause: string
  readonly remedy: string
  readonly docs: string
  readonly data: ErrorData
  readonly requestId: string | null
}

/** An error of the catalogue, on its way to the one handler that answers, or as the client received it. */
export class NovaBrainError extends Error {
  override readonly name = 'NovaBrainError'
  constructor(
    readonly code: ErrorCode,
    readonly data: ErrorData = {},
    options: { message?: string; cause?: unknown; body?: ErrorBody } = {},
  ) {
    super(options.message ?? errorText(code, data, 'en').message, { cause: options.cause })
    this.body = options.body ?? null
  }
  /** The answer as it came, on the client's side. */
  readonly body: ErrorBody | null
  get status(): number {
    return errorCatalogue[this.code].status
  }
}

/** Throw an error of the catalogue. */
export const fail = (code: ErrorCode, data: ErrorData = {}, cause?: unknown): never => {
  throw new NovaBrainError(code, data, { cause })
}

/** Whether a string is a code of the catalogue. */
export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(errorCatalogue, code)

/** The texts of an error with its data filled in; data that is missing shows as `?`. */
export const errorText = (code: ErrorCode, data: ErrorData, locale: Locale): ErrorText => {
  const text = errorCatalogue[code][locale === 'zh-CN' ? 'zh' : 'en']
  return { message: fill(text.message, data), cause: fill(text.cause, data), remedy: fill(text.remedy, data) }
}

/** Sentences one after another: with a space between, and in Chinese without one. What is empty is left out. */
export const sentences = (parts: readonly (string | null)[], locale: Locale): string =>
  parts.filter((part) => part !== null && part !== '').join(locale === 'zh-CN' ? '' : ' ')

/** The answer for an error. */
export const errorBody = (
  error: { code: ErrorCode; data: ErrorData },
  locale: Locale,
  requestId: string | null,
): ErrorBody => ({
  error_code: errorCatalogue[error.code].mlflow,
  ...errorText(error.code, error.data, locale),
  code: error.code,
  docs: `/docs/errors#${error.code}`,
  data: error.data,
  requestId,
})

const fill = (template: string, data: ErrorData): string =>
  template.replace(/\{(\w+)\}/g, (_, name: string) => (name in data ? String(data[name]) : '?'))
