import { fail, routes, type Job, type Locale, type Role } from '@novabrain/contracts'
import type { FastifyInstance, FastifyReply } from 'fastify'
import type { ProjectScope } from '../../deps.js'
import type { Identity } from '../../http/identity.js'
import type { Mount } from '../../http/mount.js'
import { projectScope } from '../../http/scope.js'
import { acceptJson } from '../../plugins/bodies.js'
import type { IdentityService } from '../identity/service.js'
import { serverVersion } from '../../version.js'
import { callerOf } from './caller.js'
import type { KernelRelays } from './relays.js'
import { kernelIdOf, type KernelModel, type KernelService } from './service.js'
import { readStartRequest } from './start-request.js'

/** What the routes of kernels need. */
export interface KernelModules {
  readonly kernels: KernelService
  readonly relays: KernelRelays
}

/** The runner's side of a kernel. */
export const mountKernels = (mount: Mount, { relays }: KernelModules): void => {
  mount(routes.receiveKernelInbox, async ({ scope, identity, query }) =>
    (await relays.open(scope, jobOfRunner(identity))).fetch({ line: query.line, after: query.after ?? 0 }),
  )
  mount(routes.sendKernelOutbox, async ({ scope, identity, body }) => {
    await (await relays.open(scope, jobOfRunner(identity))).deliver(body)
    return {}
  })
}

const jobOfRunner = (identity: Identity | null): string =>
  identity?.kind === 'attempt' ? identity.jobId : fail('attempt_token_invalid')

/** One request of Jupyter's, its caller known and allowed. */
interface JupyterCall {
  readonly scope: ProjectScope
  readonly params: Readonly<Record<string, string>>
  readonly query: Readonly<Record<string, unknown>>
  readonly body: unknown
  readonly locale: Locale
  readonly reply: FastifyReply
}

interface JupyterRoute {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Under `/jupyter/:projectId/api`. */
  readonly path: string
  readonly role: Exclude<Role, 'owner'>
  handle(call: JupyterCall): Promise<unknown>
}

/** Where kernels are for Jupyter's clients: the address they take as that of a Jupyter server or gateway. */
export const jupyterPrefix = '/jupyter/:projectId/api'

/**
 * Jupyter's REST API of kernels: a façade over jobs. Its clients are JupyterLab (`--gateway-url`), VS Code and whoever
 * speaks to a Jupyter server.
 */
export const mountJupyter = (
  app: FastifyInstance,
  { kernels, identities }: { readonly kernels: KernelService; readonly identities: IdentityService },
): void => {
  const all = [...aboutServer(kernels), ...aboutKernels(kernels), ...aboutSessions(kernels)]
  void app.register(async (jupyter) => {
    // Jupyter's server never looks what a body is said to be, and some of its clients say text.
    jupyter.removeAllContentTypeParsers()
    acceptJson(jupyter, '*')
    for (const each of all) mountRoute(jupyter, each, identities)
  })
}

const mountRoute = (
  app: FastifyInstance,
  { method, path, role, handle }: JupyterRoute,
  identities: IdentityService,
): void => {
  app.route({
    method,
    url: jupyterPrefix + path,
    schema: { hide: true },
    onRequest: async (request) => {
      const identity = (await callerOf(request.raw, identities)) ?? request.identity ?? fail('unauthenticated')
      request.scope = projectScope(identity, (request.params as { projectId: string }).projectId, role)
    },
    handler: async (request, reply) => {
      const scope = request.scope?.kind === 'project' ? request.scope : fail('unauthenticated')
      const [params, query] = [request.params, request.query] as Readonly<Record<string, string>>[]
      const call = {
        scope,
        params: params ?? {},
        query: query ?? {},
        body: request.body,
        locale: request.locale,
        reply,
      }
      return reply.send(await handle(call))
    },
  })
}

const idOf = ({ params }: JupyterCall): string => params['id'] ?? ''

const aboutServer = (kernels: KernelService): readonly JupyterRoute[] => [
  {
    method: 'GET',
    path: '',
    role: 'viewer',
    handle: async () => ({ version: jupyterVersion, novabrain: serverVersion }),
  },
  { method: 'GET', path: '/me', role: 'viewer', handle: async ({ scope }) => meOf(scope) },
  { method: 'GET', path: '/status', role: 'viewer', handle: ({ scope }) => statusOf(kernels, scope) },
  {
    method: 'GET',
    path: '/kernelspecs',
    role: 'viewer',
    handle: ({ scope, locale }) => kernels.specs(scope, locale),
  },
  {
    method: 'GET',
    path: '/kernelspecs/:name',
    role: 'viewer',
    handle: ({ scope, params, locale }) => kernels.spec(scope, params['name'] ?? '', locale),
  },
]

/** The version of Jupyter's server whose API of kernels this is; clients look at the first number. */
const jupyterVersion = '2.17.0'

const meOf = ({ memberName, role }: ProjectScope) => ({
  identity: {
    username: memberName,
    name: memberName,
    display_name: memberName,
    initials: null,
    avatar_url: null,
    color: null,
  },
  permissions: { kernels: role === 'viewer' ? ['read'] : ['read', 'write', 'execute'] },
})

const statusOf = async (kernels: KernelService, scope: ProjectScope) => {
  const all = (await kernels.list(scope)).map(({ model }) => model)
  const activity = all.map(({ last_activity }) => last_activity).sort()
  return {
    connections: all.reduce((sum, { connections }) => sum + connections, 0),
    kernels: all.length,
    last_activity: activity.at(-1) ?? kernels.now(),
    started: activity[0] ?? kernels.now(),
  }
}

const nothing = ({ reply }: JupyterCall): null => {
  reply.status(204)
  return null
}

const aboutKernels = (kernels: KernelService): readonly JupyterRoute[] => [
  {
    method: 'GET',
    path: '/kernels',
    role: 'viewer',
    handle: async ({ scope }) => (await kernels.list(scope)).map(({ model }) => model),
  },
  {
    method: 'POST',
    path: '/kernels',
    role: 'editor',
    handle: async ({ scope, body, query, locale, reply }) => {
      const { model } = await kernels.start(scope, readStartRequest(body, query), locale)
      reply.status(201).header('location', `/jupyter/${scope.projectId}/api/kernels/${model.id}`)
      return model
    },
  },
  {
    method: 'GET',
    path: '/kernels/:id',
    role: 'viewer',
    handle: async (call) => (await kernels.get(call.scope, idOf(call))).model,
  },
  {
    method: 'DELETE',
    path: '/kernels/:id',
    role: 'editor',
    handle: async (call) => {
      await kernels.shutDown(call.scope, idOf(call))
      return nothing(call)
    },
  },
  {
    method: 'POST',
    path: '/kernels/:id/interrupt',
    role: 'editor',
    handle: async (call) => {
      await kernels.interrupt(call.scope, idOf(call))
      return nothing(call)
    },
  },
  {
    method: 'POST',
    path: '/kernels/:id/restart',
    role: 'editor',
    handle: (call) => kernels.restart(call.scope, idOf(call)),
  },
]

interface Known {
  readonly job: Job
  readonly model: KernelModel
}

/** A session is the tie of a notebook to its kernel; here each kernel is one, and has its id. */
const sessionOf = ({ job, model }: Known) => {
  const { path } = job.task
  const type = path.endsWith('.ipynb') ? 'notebook' : 'console'
  return { id: kernelIdOf(job.id), path, name: job.name, type, kernel: model, notebook: { path, name: job.name } }
}

const aboutSessions = (kernels: KernelService): readonly JupyterRoute[] => [
  {
    method: 'GET',
    path: '/sessions',
    role: 'viewer',
    handle: async ({ scope }) => (await kernels.list(scope)).map(sessionOf),
  },
  {
    method: 'POST',
    path: '/sessions',
    role: 'editor',
    handle: async (call) => {
      const session = sessionOf(await kernelFor(kernels, call))
      call.reply.status(201).header('location', `/jupyter/${call.scope.projectId}/api/sessions/${session.id}`)
      return session
    },
  },
  {
    method: 'GET',
    path: '/sessions/:id',
    role: 'viewer',
    handle: async (call) => sessionOf(await kernels.get(call.scope, idOf(call))),
  },
  {
    method: 'PATCH',
    path: '/sessions/:id',
    role: 'editor',
    handle: async (call) =>
      sessionOf(
        kernelOf(call.body) === null ? await kernels.get(call.scope, idOf(call)) : await kernelFor(kernels, call),
      ),
  },
  {
    method: 'DELETE',
    path: '/sessions/:id',
    role: 'editor',
    handle: async (call) => {
      await kernels.shutDown(call.scope, idOf(call))
      return nothing(call)
    },
  },
]

/** The kernel a session asks for: one that runs, by its id, or a new one by its name. */
const kernelFor = async (kernels: KernelService, { scope, body, query, locale }: JupyterCall): Promise<Known> => {
  const asked = kernelOf(body)
  const running = asked?.['id']
  if (typeof running === 'string' && running !== '') return kernels.get(scope, running)
  const path = (body as { readonly path?: unknown } | null)?.path
  return kernels.start(scope, readStartRequest({ name: asked?.['name'], path }, query), locale)
}

const kernelOf = (body: unknown): Readonly<Record<string, unknown>> | null => {
  const kernel = (body as { readonly kernel?: unknown } | null | undefined)?.kernel
  return typeof kernel === 'object' && kernel !== null ? (kernel as Readonly<Record<string, unknown>>) : null
}
