import type { IncomingMessage } from 'node:http'
import { credentialOf } from '../../http/authentication.js'
import type { MemberIdentity } from '../../http/identity.js'
import type { IdentityService } from '../identity/service.js'

/** Who shows a key the way Jupyter's clients do: `Authorization: token …` (or Bearer, Basic), or `?token=…`. */
export const tokenOf = ({ headers, url }: Pick<IncomingMessage, 'headers' | 'url'>): string | null => {
  const [scheme = '', value = ''] = (headers.authorization ?? '').split(' ', 2)
  if (scheme.toLowerCase() === 'token' && value !== '') return value
  const credential = credentialOf({ authorization: headers.authorization })
  if (credential !== null) return credential.token
  return new URL(url ?? '/', 'http://localhost').searchParams.get('token')
}

/** The holder of the key of a request, or `null` without one. Errors: `api_key_invalid`, `api_key_expired`. */
export const callerOf = async (
  request: Pick<IncomingMessage, 'headers' | 'url'>,
  identities: Pick<IdentityService, 'ofApiKey'>,
): Promise<MemberIdentity | null> => {
  const token = tokenOf(request)
  return token === null ? null : identities.ofApiKey(token)
}
