import cors from '@fastify/cors'
import helmet from '@fastify/helmet'
import type { FastifyInstance } from 'fastify'
import type { Config } from '../config.js'

/**
 * Headers that browsers obey. Pages load only what this server has (it works without internet), may be framed by
 * ourselves and the allowed origins, and other origins reach the API only when allowed, never with our cookies.
 */
export const secure = async (app: FastifyInstance, { allowedOrigins, publicUrl }: Config): Promise<void> => {
  const https = publicUrl?.startsWith('https:') ?? false
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        fontSrc: ["'self'", 'data:'],
        connectSrc: ["'self'", 'ws:', 'wss:'],
        objectSrc: ["'none'"],
        baseUri: ["'self'"],
        formAction: ["'self'"],
        frameAncestors: ["'self'", ...allowedOrigins],
      },
    },
    strictTransportSecurity: https,
    xFrameOptions: false,
    crossOriginResourcePolicy: { policy: allowedOrigins.length === 0 ? 'same-origin' : 'cross-origin' },
    referrerPolicy: { policy: 'same-origin' },
  })
  await app.register(cors, {
    origin: [...allowedOrigins],
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowedHeaders: ['authorization', 'content-type', 'accept-language', 'idempotency-key', 'x-novabrain-project'],
    exposedHeaders: ['x-request-id', 'x-novabrain-log-size', 'retry-after'],
    credentials: false,
    maxAge: 3600,
  })
}
