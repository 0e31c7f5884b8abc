import type { FastifyInstance } from 'fastify'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import type { Config } from '../config.js'

/** Where `build.mjs` puts the web app; the same place seen from the sources and from what is compiled. */
export const webFolder = path.resolve(import.meta.dirname, '../../dist/web/client')

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
}

/**
 * Serve the web app at `/`. Its files are read once and have their digest in their name, so a browser keeps them for
 * ever; the page itself is always asked for again. Under its policy nothing comes from elsewhere and no style or script
 * stands inline. Without a build the page says how to make one.
 */
export const serveWeb = async (
  app: FastifyInstance,
  { allowedOrigins }: Pick<Config, 'allowedOrigins'>,
  folder = webFolder,
): Promise<void> => {
  const files = await readAll(folder)
  const policy = contentPolicy(allowedOrigins)
  const open = { schema: { hide: true }, config: { access: 'anyone' as const } }
  app.get('/', open, async (_request, reply) => {
    const page = files.get('index.html')
    void reply.header('content-security-policy', policy).header('cache-control', 'no-cache')
    if (page === undefined) return reply.status(503).type('text/plain; charset=utf-8').send(notBuilt)
    return reply.type(page.type).send(page.bytes)
  })
  for (const [name, { bytes, type }] of files)
    app.get(`/web/${name}`, open, async (_request, reply) =>
      reply.header('cache-control', 'public, max-age=31536000, immutable').type(type).send(bytes),
    )
}

const notBuilt = 'The web app is not built. Run: npm run build\n'

/** What the page may do: load from here, call here, show pictures it made itself, and be framed by allowed origins. */
export const contentPolicy = (allowedOrigins: readonly string[]): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'none'",
    "img-src 'self' data: blob:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    `frame-ancestors 'self'${allowedOrigins.map((origin) => ` ${origin}`).join('')}`,
  ].join('; ')

interface ServedFile {
  readonly bytes: Buffer
  readonly type: string
}

const readAll = async (folder: string): Promise<ReadonlyMap<string, ServedFile>> => {
  const names = await readdir(folder).catch(() => [])
  const served = names.filter((name) => types[path.extname(name)] !== undefined)
  const entries = served.map(async (name): Promise<[string, ServedFile]> => {
    const type = types[path.extname(name)] ?? 'application/octet-stream'
    return [name, { bytes: await readFile(path.join(folder, name)), type }]
  })
  return new Map(await Promise.all(entries))
}
