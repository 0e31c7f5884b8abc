import type { Member, Membership } from '@novabrain/contracts'
import type { ProjectScope, TenantScope, Tx } from '../../deps.js'
import { MemberEntity, MembershipEntity, type MembershipRow } from '../../db/entities/tenancy.js'

type TenantOf = Pick<TenantScope | ProjectScope, 'tenantId'>

export const listMembers = (tx: Tx, { tenantId }: TenantOf): Promise<Member[]> =>
  tx.find(MemberEntity, { where: { tenantId }, order: { name: 'ASC' } })

export const findMember = (tx: Tx, { tenantId }: TenantOf, id: string): Promise<Member | null> =>
  tx.findOneBy(MemberEntity, { id, tenantId })

export const insertMember = (tx: Tx, member: Member): Promise<unknown> => tx.insert(MemberEntity, member)

const membershipsOfProject = `
  SELECT m.id AS "memberId", m.name AS "memberName", coalesce(s.role, 'owner') AS role
  FROM members m LEFT JOIN memberships s ON s.member_id = m.id AND s.project_id = $2
  WHERE m.tenant_id = $1 AND (s.role IS NOT NULL OR m.tenant_owner)
  ORDER BY m.name`

/** Everybody with a role in the project, the owners of the tenant among them. */
export const listMemberships = (tx: Tx, scope: ProjectScope): Promise<Membership[]> =>
  tx.query(membershipsOfProject, [scope.tenantId, scope.projectId])

export const upsertMembership = (
  tx: Tx,
  { tenantId, projectId }: ProjectScope,
  membership: Pick<MembershipRow, 'memberId' | 'role'>,
): Promise<unknown> => tx.upsert(MembershipEntity, { tenantId, projectId, ...membership }, ['projectId', 'memberId'])

/** Whether there was one to delete. */
export const deleteMembership = async (tx: Tx, scope: ProjectScope, memberId: string): Promise<boolean> => {
  const { projectId, tenantId } = scope
  const { affected } = await tx.delete(MembershipEntity, { projectId, tenantId, memberId })
  return (affected ?? 0) > 0
}
