import { MlflowRefusal, type Json } from './api.js'

/** Page after page; a server that does not know the request has none. */
export async function* pages<T>(
  ask: (page: { page_token?: string }) => Promise<Json>,
  read: (answer: Json) => readonly T[],
): AsyncGenerator<readonly T[]> {
  let token = ''
  do {
    const answer = await ask(token === '' ? {} : { page_token: token }).catch(whenUnknown)
    if (answer === null) return
    const items = read(answer)
    if (items.length > 0) yield items
    token = text(answer, 'next_page_token')
  } while (token !== '')
}

const whenUnknown = (error: unknown): null => {
  const unknown =
    error instanceof MlflowRefusal &&
    ((error.status === 404 && error.errorCode !== 'RESOURCE_DOES_NOT_EXIST') ||
      error.status === 405 ||
      error.status === 501 ||
      error.errorCode === 'ENDPOINT_NOT_FOUND' ||
      error.errorCode === 'NOT_IMPLEMENTED' ||
      error.errorCode === 'FEATURE_DISABLED')
  if (unknown) return null
  throw error
}

/** A field as text; numbers in their digits, and `''` for what is not there. */
export const text = (of: Json, name: string): string => {
  const value = of[name]
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : ''
}

/** A field as a list of objects; none for what is not there. */
export const records = (of: Json, name: string): readonly Json[] => {
  const value = of[name]
  return Array.isArray(value) ? (value as readonly Json[]) : []
}
