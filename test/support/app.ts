import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Value } from '@sinclair/typebox/value'
import { createClient, type Client, type Member, type Project, type Role } from '@novabrain/contracts'
import type { FastifyInstance } from 'fastify'
import { pino } from 'pino'
import { assemble, type Assembly } from '../../server/src/assemble.js'
import { Config } from '../../server/src/config.js'
import { createDataSource } from '../../server/src/db/data-source.js'
import {
  ApiKeyEntity,
  MemberEntity,
  MembershipEntity,
  ProjectEntity,
  TenantEntity,
} from '../../server/src/db/entities/tenancy.js'
import { systemScope, type Clock, type ProjectScope } from '../../server/src/deps.js'
import { createFoundation, type Foundation } from '../../server/src/foundation.js'
import { formatToken, hashSecret, newSecret } from '../../server/src/http/secrets.js'
import type { Services } from '../../server/src/modules/index.js'
import type { Hub } from '../../server/src/realtime/hub.js'
import { createTestDatabase, type TestDatabase } from './postgres.js'

/** A person of a tenant with a key and a client that uses it. */
export interface Caller {
  readonly member: Member
  readonly token: string
  readonly client: Client
}

/** A tenant with one project and one person in it. */
export interface Account extends Caller {
  readonly tenantId: string
  readonly project: Project
  /** The scope the person has in the project, to call services with. */
  readonly scope: ProjectScope
}

/** A whole server that listens on a port of its own over a database of its own. */
export interface TestApp {
  readonly app: FastifyInstance
  readonly url: string
  readonly foundation: Foundation
  readonly services: Services
  readonly stream: Hub
  readonly served: Assembly['served']
  readonly database: TestDatabase
  /** The first tenant; its person owns it. */
  readonly owner: Account
  /** Another tenant with a project and an owner. */
  addTenant(name: string): Promise<Account>
  /** Another person in the first tenant, with a role in its project or with none. */
  addMember(name: string, role: Exclude<Role, 'owner'> | null): Promise<Caller>
  /** A client with a token, or an anonymous one. */
  clientOf(token: string | null, headers?: Record<string, string>): Client
  close(): Promise<void>
}

export interface TestAppOptions {
  readonly clock?: Clock
  readonly config?: Partial<Config>
  /** Start relay, scheduler and janitors too; the default is yes. */
  readonly background?: boolean
  /** Given every line of the server's log. */
  readonly heard?: (line: Readonly<Record<string, unknown>>) => void
}

/** The configuration tests use: everything at its default, in a folder of its own. */
export const testConfig = (home: string, overrides: Partial<Config> = {}): Config =>
  Value.Decode(Config, Value.Default(Config, { home, port: 0, gpus: 'none', logLevel: 'silent', ...overrides }))

/** Start a server of its own for a test file; `close` leaves nothing behind. */
export const startApp = async (options: TestAppOptions = {}): Promise<TestApp> => {
  const database = await createTestDatabase()
  const home = await mkdtemp(join(tmpdir(), 'novabrain-test-'))
  const config = testConfig(home, options.config)
  const { heard } = options
  const log =
    heard === undefined
      ? pino({ level: process.env['NOVABRAIN_TEST_LOG'] ?? 'silent' })
      : pino({ level: 'info' }, { write: (line) => heard(JSON.parse(line) as Record<string, unknown>) })
  const dataSource = await createDataSource({ url: database.url, log, poolSize: 10 }).initialize()
  const foundation = createFoundation({ config, dataSource, log, ...(options.clock ? { clock: options.clock } : {}) })
  const assembly = await assemble(foundation)
  await assembly.app.listen({ host: '127.0.0.1', port: 0 })
  if (options.background !== false) await assembly.start()
  const url = urlOf(assembly.app)
  const tools = { foundation, clientOf: (token: string | null) => clientFor(url, token) }
  const owner = await createAccount(tools, 'acme')
  return {
    app: assembly.app,
    url,
    foundation,
    services: assembly.services,
    stream: assembly.stream,
    served: assembly.served,
    database,
    owner,
    addTenant: (name) => createAccount(tools, name),
    addMember: (name, role) =>
      createMember(tools, { tenantId: owner.tenantId, projectId: owner.project.id }, name, role),
    clientOf: (token, headers) => clientFor(url, token, headers),
    async close() {
      await assembly.stop()
      await dataSource.destroy()
      await database.drop()
      await rm(home, { recursive: true, force: true })
    },
  }
}

const urlOf = (app: FastifyInstance): string => {
  const address = app.server.address()
  if (address === null || typeof address === 'string') throw new Error('The test server does not listen on a port')
  return `http://127.0.0.1:${String(address.port)}`
}

const clientFor = (baseUrl: string, token: string | null, headers: Record<string, string> = {}): Client =>
  createClient({
    baseUrl,
    fetch: (url, init) => fetch(url, init as RequestInit),
    headers: () => (token === null ? headers : { ...headers, authorization: `Bearer ${token}` }),
  })

interface Tools {
  readonly foundation: Foundation
  clientOf(token: string | null): Client
}

const createAccount = async (tools: Tools, tenantName: string): Promise<Account> => {
  const { newId, clock, database } = tools.foundation
  const [tenantId, createdAt] = [newId(), clock.now()]
  const project = { id: newId(), tenantId, name: 'default', createdAt }
  await database.transaction(systemScope, async (tx) => {
    await tx.insert(TenantEntity, { id: tenantId, name: tenantName, createdAt })
    await tx.insert(ProjectEntity, project)
  })
  const caller = await createMember(tools, { tenantId, projectId: null }, `${tenantName} owner`, null)
  const scope: ProjectScope = {
    kind: 'project',
    tenantId,
    projectId: project.id,
    role: 'owner',
    memberId: caller.member.id,
    memberName: caller.member.name,
    attemptId: null,
  }
  return { ...caller, tenantId, project, scope }
}

/** With no project to be a member of, the person owns the tenant. */
const createMember = async (
  { foundation, clientOf }: Tools,
  { tenantId, projectId }: { tenantId: string; projectId: string | null },
  name: string,
  role: Exclude<Role, 'owner'> | null,
): Promise<Caller> => {
  const { newId, clock, database } = foundation
  const createdAt = clock.now()
  const member = { id: newId(), tenantId, name, tenantOwner: projectId === null, createdAt }
  const [keyId, secret] = [newId(), newSecret()]
  await database.transaction(systemScope, async (tx) => {
    await tx.insert(MemberEntity, member)
    if (role !== null && projectId !== null)
      await tx.insert(MembershipEntity, { projectId, memberId: member.id, tenantId, role })
    await tx.insert(ApiKeyEntity, {
      id: keyId,
      tenantId,
      memberId: member.id,
      name: 'test',
      secretHash: hashSecret(secret),
      createdAt,
      expiresAt: null,
      revokedAt: null,
      lastUsedAt: null,
    })
  })
  const token = formatToken('nb', keyId, secret)
  return { member, token, client: clientOf(token) }
}
