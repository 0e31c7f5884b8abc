import { fail, type Project } from '@novabrain/contracts'
import type { Deps, TenantScope } from '../../deps.js'
import { isUniqueViolation } from '../../db/faults.js'
import { ProjectEntity } from '../../db/entities/tenancy.js'
import type { IdentityService } from '../identity/service.js'

export type ProjectService = ReturnType<typeof createProjectService>

/** The projects of a tenant. Which ones a caller may see is part of their identity. */
export const createProjectService = (
  { database, clock, newId, audit }: Deps,
  identities: Pick<IdentityService, 'forget'>,
) => ({
  /** Errors: `project_name_taken`. */
  async create(scope: TenantScope, { name }: { name: string }): Promise<Project> {
    const project = { id: newId(), tenantId: scope.tenantId, name, createdAt: clock.now() }
    await database
      .transaction(scope, async (tx) => {
        await tx.insert(ProjectEntity, project)
        await audit.append(tx, scope, { action: 'project_created', subject: project.id, detail: { name } })
      })
      .catch((error: unknown) => {
        if (isUniqueViolation(error)) return fail('project_name_taken', { name }, error)
        throw error
      })
    identities.forget()
    return project
  },
})
