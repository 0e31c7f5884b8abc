import type { Tenant } from '@novabrain/contracts'
import { Type, type Static } from '@sinclair/typebox'
import { Value } from '@sinclair/typebox/value'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { systemScope, type Deps } from '../../deps.js'
import { ApiKeyEntity, MemberEntity, ProjectEntity, TenantEntity } from '../../db/entities/tenancy.js'
import { formatToken, hashSecret, newSecret } from '../../http/secrets.js'

/** What the command line and the editors of this machine sign in with: `credentials.json` in the data folder, 0600. */
export const Credentials = Type.Object({ url: Type.String(), token: Type.String(), projectId: Type.String() })
export type Credentials = Static<typeof Credentials>

/** Where the credentials of a data folder are. */
export const credentialsPath = (home: string): string => join(home, 'credentials.json')

/** The credentials of a data folder, or `null` if there are none to be read. */
export const readCredentials = async (home: string): Promise<Credentials | null> => {
  const text = await readFile(credentialsPath(home), 'utf8').catch(() => null)
  const value = text === null ? null : parse(text)
  return Value.Check(Credentials, value) ? value : null
}

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/**
 * On the very first start make the tenant `default` with the project `default`, its owner, and a key for this machine.
 * The token goes to the credentials file and nowhere else. If that file was lost, a new key is made; a lost key in the
 * hands of nobody stays listed and can be revoked.
 */
export const firstRun = async (deps: Deps, url: string): Promise<void> => {
  const existing = await readCredentials(deps.config.home)
  const { token, projectId } = await deps.database.transaction(systemScope, async (tx) => {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [firstRunLock])
    const owner = (await findFirstOwner(tx)) ?? (await createTenant(deps, tx, 'default'))
    if (existing !== null && (await isKnown(tx, existing.token))) return existing
    return { projectId: owner.projectId, token: await createKey(deps, tx, owner, 'this machine') }
  })
  await writeCredentials(deps.config.home, { url, token, projectId })
}

const firstRunLock = 7_077_002

/**
 * Make another tenant, with a project `default` and an owner; gives the owner's key, this once. Only who holds the database
 * may: no key of one tenant reaches another. `null` if the name is taken.
 */
export const addTenant = (
  deps: Rows & Pick<Deps, 'database'>,
  name: string,
): Promise<{ tenantId: string; token: string } | null> =>
  deps.database.transaction(systemScope, async (tx) => {
    await tx.query('SELECT pg_advisory_xact_lock($1)', [firstRunLock])
    if (await tx.existsBy(TenantEntity, { name })) return null
    const owner = await createTenant(deps, tx, name)
    return { tenantId: owner.tenantId, token: await createKey(deps, tx, owner, 'first key') }
  })

/** Every tenant, the oldest first. */
export const listTenants = ({ database }: Pick<Deps, 'database'>): Promise<Tenant[]> =>
  database.transaction(systemScope, (tx) => tx.find(TenantEntity, { order: { createdAt: 'ASC', id: 'ASC' } }))

type Rows = Pick<Deps, 'newId' | 'clock' | 'audit'>
type Transaction = Parameters<Parameters<Deps['database']['transaction']>[1]>[0]
interface Owner {
  readonly tenantId: string
  readonly memberId: string
  readonly projectId: string
}

const firstOwner = `
  SELECT m.tenant_id AS "tenantId", m.id AS "memberId", p.id AS "projectId"
  FROM members m JOIN projects p ON p.tenant_id = m.tenant_id
  WHERE m.tenant_owner ORDER BY m.created_at, m.id, p.created_at, p.id LIMIT 1`

const findFirstOwner = async (tx: Transaction): Promise<Owner | null> => {
  const rows: Owner[] = await tx.query(firstOwner)
  return rows[0] ?? null
}

const createTenant = async ({ newId, clock }: Rows, tx: Transaction, name: string): Promise<Owner> => {
  const owner = { tenantId: newId(), memberId: newId(), projectId: newId() }
  const createdAt = clock.now()
  await tx.insert(TenantEntity, { id: owner.tenantId, name, createdAt })
  await tx.insert(ProjectEntity, { id: owner.projectId, tenantId: owner.tenantId, name: 'default', createdAt })
  await tx.insert(MemberEntity, {
    id: owner.memberId,
    tenantId: owner.tenantId,
    name: 'owner',
    tenantOwner: true,
    createdAt,
  })
  return owner
}

const createKey = async (
  { newId, clock, audit }: Rows,
  tx: Transaction,
  owner: Owner,
  name: string,
): Promise<string> => {
  const [id, secret] = [newId(), newSecret()]
  await tx.insert(ApiKeyEntity, {
    id,
    tenantId: owner.tenantId,
    memberId: owner.memberId,
    name,
    secretHash: hashSecret(secret),
    createdAt: clock.now(),
    expiresAt: null,
    revokedAt: null,
    lastUsedAt: null,
  })
  const scope = { kind: 'tenant', tenantId: owner.tenantId, memberId: owner.memberId, tenantOwner: true } as const
  await audit.append(tx, scope, { action: 'api_key_created', subject: id, detail: { reason: 'first run' } })
  return formatToken('nb', id, secret)
}

const isKnown = async (tx: Transaction, token: string): Promise<boolean> => {
  const id = token.split('_')[1] ?? ''
  const key = await tx.findOneBy(ApiKeyEntity, { id })
  return key !== null && key.revokedAt === null
}

const writeCredentials = async (home: string, credentials: Credentials): Promise<void> => {
  const path = credentialsPath(home)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await writeFile(`${path}.new`, `${JSON.stringify(credentials, null, 2)}\n`, { mode: 0o600 })
  await rename(`${path}.new`, path)
}
