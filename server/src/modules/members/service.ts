import { fail, type Member, type Membership } from '@novabrain/contracts'
import type { Deps, ProjectScope, TenantScope, Tx } from '../../deps.js'
import { isUniqueViolation } from '../../db/faults.js'
import type { MembershipRow } from '../../db/entities/tenancy.js'
import type { IdentityService } from '../identity/service.js'
import {
  deleteMembership,
  findMember,
  insertMember,
  listMembers,
  listMemberships,
  upsertMembership,
} from './repository.js'

export type MemberService = ReturnType<typeof createMemberService>

/** The people of a tenant and their roles in its projects. */
export const createMemberService = (
  { database, clock, newId, audit, log }: Deps,
  identities: Pick<IdentityService, 'forget'>,
) => ({
  list: (scope: TenantScope): Promise<Member[]> => database.transaction(scope, (tx) => listMembers(tx, scope)),

  /** A member of the tenant, or `null`; inside a transaction of another service. */
  find: (tx: Tx, scope: TenantScope, memberId: string): Promise<Member | null> => findMember(tx, scope, memberId),

  /** Errors: `member_name_taken`. */
  async create(scope: TenantScope, wanted: { name: string; tenantOwner?: boolean }): Promise<Member> {
    const member = {
      id: newId(),
      tenantId: scope.tenantId,
      name: wanted.name,
      tenantOwner: wanted.tenantOwner ?? false,
      createdAt: clock.now(),
    }
    await database
      .transaction(scope, async (tx) => {
        await insertMember(tx, member)
        const { name, tenantOwner } = member
        await audit.append(tx, scope, { action: 'member_created', subject: member.id, detail: { name, tenantOwner } })
      })
      .catch((error: unknown) => {
        if (isUniqueViolation(error)) return fail('member_name_taken', { name: wanted.name }, error)
        throw error
      })
    log.info({ memberId: member.id }, 'a member was added')
    return member
  },

  /** Members with a role in the project; owners of the tenant have theirs without being listed one by one. */
  memberships: (scope: ProjectScope): Promise<Membership[]> =>
    database.transaction(scope, (tx) => listMemberships(tx, scope)),

  /** Give a role. Errors: `member_not_found`. */
  async put(scope: ProjectScope, memberId: string, role: MembershipRow['role']): Promise<Membership> {
    const membership = await database.transaction(scope, async (tx) => {
      const member = (await findMember(tx, scope, memberId)) ?? fail('member_not_found')
      await upsertMembership(tx, scope, { memberId, role })
      await audit.append(tx, scope, { action: 'membership_put', subject: memberId, detail: { role } })
      return { memberId, memberName: member.name, role }
    })
    identities.forget()
    return membership
  },

  /** Take a member out. Errors: `member_not_found`. */
  async remove(scope: ProjectScope, memberId: string): Promise<void> {
    await database.transaction(scope, async (tx) => {
      if (!(await deleteMembership(tx, scope, memberId))) fail('member_not_found')
      await audit.append(tx, scope, { action: 'membership_deleted', subject: memberId })
    })
    identities.forget()
  },
})
