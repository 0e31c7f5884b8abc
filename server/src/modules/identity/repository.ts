import type { Member, Project, Role, Tenant } from '@novabrain/contracts'
import type { Tx } from '../../deps.js'
import { ApiKeyEntity, MemberEntity, ProjectEntity, SessionEntity, TenantEntity } from '../../db/entities/tenancy.js'
import type { ApiKeyRow, SessionRow } from '../../db/entities/tenancy.js'

/** A member with everything that says what they may do. */
export interface Standing {
  readonly member: Member
  readonly tenant: Tenant
  readonly projects: readonly { readonly project: Project; readonly role: Role }[]
}

/** The API key with this id, whoever's it is. */
export const findApiKey = (tx: Tx, id: string): Promise<ApiKeyRow | null> => tx.findOneBy(ApiKeyEntity, { id })

/** The session with this id, whoever's it is. */
export const findSession = (tx: Tx, id: string): Promise<SessionRow | null> => tx.findOneBy(SessionEntity, { id })

const rolesOfMember = `SELECT project_id AS "projectId", role FROM memberships WHERE member_id = $1`

/** What a member may see. Owners have every project of the tenant; others those they are a member of. */
export const findStanding = async (tx: Tx, memberId: string): Promise<Standing> => {
  const member = await tx.findOneByOrFail(MemberEntity, { id: memberId })
  const tenant = await tx.findOneByOrFail(TenantEntity, { id: member.tenantId })
  const projects = await tx.find(ProjectEntity, {
    where: { tenantId: tenant.id },
    order: { createdAt: 'ASC', id: 'ASC' },
  })
  if (member.tenantOwner) return { member, tenant, projects: projects.map((project) => ({ project, role: 'owner' })) }
  const roles: { projectId: string; role: Role }[] = await tx.query(rolesOfMember, [memberId])
  const roleIn = new Map(roles.map(({ projectId, role }) => [projectId, role]))
  return {
    member,
    tenant,
    projects: projects.flatMap((project) => {
      const role = roleIn.get(project.id)
      return role === undefined ? [] : [{ project, role }]
    }),
  }
}

const touch = `UPDATE api_keys SET last_used_at = $2 WHERE id = $1`

/** Note when a key was used last. */
export const touchApiKey = (tx: Tx, id: string, at: string): Promise<unknown> => tx.query(touch, [id, at])
