import { fail, NovaBrainError } from '@novabrain/contracts'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { credentialOf, isSafeMethod, type AttemptTokens, type Credential } from '../http/authentication.js'
import type { Identity } from '../http/identity.js'
import { localeOf } from '../http/locale.js'
import type { IdentityService } from '../modules/identity/service.js'

export interface Authenticators {
  readonly identities: IdentityService
  readonly attemptTokens: AttemptTokens
}

/** Say of every request who sends it and in which language to answer. Whether they may is for the route to decide. */
export const authenticate = (app: FastifyInstance, authenticators: Authenticators): void => {
  app.decorateRequest('identity', null)
  app.decorateRequest('scope', null)
  app.decorateRequest('locale', 'en')
  app.addHook('onRequest', async (request) => {
    request.locale = localeOf(request.headers['accept-language'])
    const credential = credentialOf(request.headers)
    if (credential !== null) request.identity = await identify(request, credential, authenticators)
  })
}

const identify = async (
  request: FastifyRequest,
  credential: Credential,
  authenticators: Authenticators,
): Promise<Identity | null> => {
  try {
    return await identityOf(request, credential, authenticators)
  } catch (error) {
    const refused = error instanceof NovaBrainError && error.status < 500
    if (refused && request.routeOptions.config.access === 'anyone') return null
    throw error
  }
}

const identityOf = async (
  request: FastifyRequest,
  credential: Credential,
  { identities, attemptTokens }: Authenticators,
): Promise<Identity | null> => {
  if (credential.kind === 'api_key') return identities.ofApiKey(credential.token)
  if (credential.kind === 'attempt')
    return (await attemptTokens.verify(credential.token)) ?? fail('attempt_token_invalid')
  const session = await identities.ofSession(credential.token)
  if (session === null) return null
  if (!isSafeMethod(request.method) && credential.csrfToken !== session.csrfToken) return fail('csrf_token_missing')
  return session.identity
}
