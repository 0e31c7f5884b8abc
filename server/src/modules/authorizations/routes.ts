import { NovaBrainError, routes, type ErrorCode } from '@novabrain/contracts'
import type { FastifyRequest } from 'fastify'
import type { Config } from '../../config.js'
import type { Clock } from '../../deps.js'
import { createLimiter, type Limiter } from '../../http/limiter.js'
import type { Mount } from '../../http/mount.js'
import type { BrowserSignIn } from './browser-service.js'
import type { DeviceSignIn } from './device-service.js'

/** What letting programs in is made of. */
export interface AuthorizationServices {
  readonly deviceSignIn: DeviceSignIn
  readonly browserSignIn: BrowserSignIn
  readonly config: Config
  readonly clock: Clock
}

/** Letting programs in. Whoever guesses codes is made to wait: by address where nobody is signed in, else by member. */
export const mountAuthorizations = (
  mount: Mount,
  { deviceSignIn, browserSignIn, config, clock }: AuthorizationServices,
) => {
  const requests = createLimiter({ max: 60, windowMs: 600_000 }, clock)
  const codes = createLimiter({ max: 20, windowMs: 60_000 }, clock)
  const userCodes = createLimiter({ max: 10, windowMs: 600_000 }, clock)

  mount(routes.createDeviceAuthorization, ({ body, request }) => {
    requests.check(request.ip)
    requests.failed(request.ip)
    return deviceSignIn.create(body.clientName, config.publicUrl ?? addressOf(request))
  })
  mount(routes.createDeviceToken, ({ body, request }) =>
    guessing(codes, request.ip, 'authorization_invalid', () => deviceSignIn.exchange(body.deviceCode)),
  )
  mount(routes.findDeviceAuthorization, ({ body, scope }) =>
    guessing(userCodes, scope.memberId, 'user_code_not_found', () => deviceSignIn.find(body.userCode)),
  )
  mount(routes.decideDeviceAuthorization, async ({ body, scope }) => {
    await guessing(userCodes, scope.memberId, 'user_code_not_found', () =>
      deviceSignIn.decide(scope, body.userCode, body.decision),
    )
    return {}
  })
  mount(routes.previewAuthorization, ({ body }) => Promise.resolve(browserSignIn.preview(body)))
  mount(routes.createAuthorization, ({ body, scope }) => browserSignIn.create(scope, body))
  mount(routes.createAuthorizationToken, ({ body, request }) =>
    guessing(codes, request.ip, 'authorization_invalid', () => browserSignIn.exchange(body.code, body.codeVerifier)),
  )
}

/** Where the caller found this server. */
const addressOf = ({ protocol, host }: FastifyRequest): string => `${protocol}://${host}`

/** Do what a guess would do; a refusal with `wrong` is a wrong guess, and only those count. */
const guessing = async <T>(limiter: Limiter, caller: string, wrong: ErrorCode, work: () => Promise<T>): Promise<T> => {
  limiter.check(caller)
  try {
    return await work()
  } catch (error) {
    if (error instanceof NovaBrainError && error.code === wrong) limiter.failed(caller)
    throw error
  }
}
