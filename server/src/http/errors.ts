import { errorBody, NovaBrainError, type ErrorBody, type Locale } from '@novabrain/contracts'
import type { FastifyError, FastifyInstance, FastifyRequest } from 'fastify'
import { isDatabaseUnavailable, isDiskFull, isUnstorableText } from '../db/faults.js'

/** Refuse addresses that lead nowhere before a byte of the body is read. */
export const refuseUnknown = (app: FastifyInstance): void => {
  app.addHook('onRequest', async (request) => {
    if (request.is404) throw notFound(request)
  })
}

const notFound = (request: FastifyRequest): NovaBrainError =>
  new NovaBrainError('not_found', { path: request.url.split('?')[0] })

/** The one handler of errors: everything leaves in the shape of the catalogue, and faults of ours are logged whole. */
export const handleErrors = (app: FastifyInstance, limits: { bodyLimitMib: number }): void => {
  app.setErrorHandler(async (thrown: unknown, request, reply) => {
    const error = catalogued(thrown, request, limits)
    logOutcome(request, error, thrown)
    if (error.status === 401) reply.header('www-authenticate', 'Bearer realm="novabrain"')
    if (error.code === 'too_many_requests') reply.header('retry-after', String(error.data['seconds'] ?? 1))
    return reply
      .status(error.status)
      .type('application/json; charset=utf-8')
      .send(JSON.stringify(bodyOf(error, request)))
  })
  app.setNotFoundHandler((request) => {
    throw notFound(request)
  })
}

const bodyOf = (error: NovaBrainError, request: FastifyRequest): ErrorBody =>
  errorBody(error, request.locale, request.id)

const logOutcome = (request: FastifyRequest, error: NovaBrainError, thrown: unknown): void => {
  if (error.status >= 500) request.log.error({ err: thrown, code: error.code }, 'request failed')
  else request.log.info({ code: error.code, detail: error.data, cause: error.cause }, 'request refused')
}

/** What was thrown, as an error of the catalogue. */
const catalogued = (
  thrown: unknown,
  request: FastifyRequest,
  { bodyLimitMib }: { bodyLimitMib: number },
): NovaBrainError => {
  if (thrown instanceof NovaBrainError) return thrown
  if (isDatabaseUnavailable(thrown)) return new NovaBrainError('database_unavailable', {}, { cause: thrown })
  if (isDiskFull(thrown)) return new NovaBrainError('disk_full', {}, { cause: thrown })
  if (isUnstorableText(thrown)) return invalid(unstorable[request.locale], undefined)
  const { validation, validationContext, statusCode = 500, message, code } = thrown as Partial<FastifyError>
  if (validation !== undefined)
    return invalid(describeFault(validation[0], validationContext ?? 'body', request.locale), validation)
  if (code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new NovaBrainError('upload_too_large', { limitMib: limitMibOf(request) ?? bodyLimitMib })
  if (statusCode < 500) return invalid(message ?? String(thrown), undefined)
  return new NovaBrainError('internal_error', { requestId: request.id }, { cause: thrown })
}

const unstorable: Readonly<Record<Locale, string>> = {
  en: 'A text holds a character that cannot be kept (NUL, or half of a surrogate pair)',
  'zh-CN': '文本中含有无法保存的字符（NUL 或不成对的代理字符）',
}

/** The limit of the route, if it has one of its own. */
const limitMibOf = ({ routeOptions: { bodyLimit } }: FastifyRequest): number | null =>
  bodyLimit === undefined ? null : Math.floor(bodyLimit / 1_048_576)

const invalid = (detail: string, faults: FastifyError['validation']): NovaBrainError =>
  new NovaBrainError('invalid_request', { detail, ...(faults?.[0] === undefined ? {} : { field: pathOf(faults[0]) }) })

type Fault = NonNullable<FastifyError['validation']>[number]

/** `/a/0/b` becomes `a.0.b`; a missing property is named itself. */
const pathOf = (fault: Fault): string => {
  const missing = fault.params['missingProperty']
  const parts = fault.instancePath.split('/').filter((part) => part !== '')
  return [...parts, ...(typeof missing === 'string' ? [missing] : [])].join('.')
}

const describeFault = (fault: Fault | undefined, context: string, locale: Locale): string => {
  const field = fault === undefined || pathOf(fault) === '' ? context : pathOf(fault)
  const why = fault?.message ?? 'is not valid'
  if (fault?.keyword === 'required')
    return locale === 'zh-CN' ? `缺少必需的参数“${field}”` : `Missing value for required parameter '${field}'`
  return locale === 'zh-CN' ? `参数“${field}”的值无效：${why}` : `Invalid value for parameter '${field}': it ${why}`
}
