import type { FastifyInstance } from 'fastify'

/** How large a JSON body may be; bytes are streamed and have the limit of the route. */
export const jsonLimitMib = 64

/** JSON, and octets, which come as a stream, unread. */
export const acceptBodies = (app: FastifyInstance): void => {
  app.removeContentTypeParser('application/json')
  acceptJson(app, 'application/json')
  app.addContentTypeParser('application/octet-stream', (_request, payload, done) => done(null, payload))
}

/** What is called so is JSON, and may be empty (a `DELETE` with a content type and nothing else). */
export const acceptJson = (app: FastifyInstance, contentType: string): void => {
  const parseJson = app.getDefaultJsonParser('error', 'error')
  app.addContentTypeParser<string>(contentType, { parseAs: 'string' }, (request, text, done) => {
    if (text.trim() === '') done(null, undefined)
    else void parseJson(request, text, done)
  })
}
