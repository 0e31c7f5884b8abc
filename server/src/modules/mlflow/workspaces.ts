import { fail } from '@novabrain/contracts'
import type { FastifyInstance } from 'fastify'
import type { Identity } from '../../http/identity.js'

/**
 * MLflow's workspaces are our projects: the client lists them, and `MLFLOW_WORKSPACE` chooses one by its name. They are made,
 * renamed and deleted by owners through our own routes; MLflow's routes for that answer `ENDPOINT_NOT_FOUND`.
 */
export const mountWorkspaces = (app: FastifyInstance): void => {
  const hidden = { schema: { hide: true } }
  for (const prefix of ['/api/3.0', '/ajax-api/3.0']) {
    app.get(`${prefix}/mlflow/workspaces`, hidden, async ({ identity }) => ({
      workspaces: namesFor(identity).map((name) => ({ name })),
    }))
    app.get<{ Params: { name: string } }>(
      `${prefix}/mlflow/workspaces/:name`,
      hidden,
      async ({ identity, params: { name } }) => ({
        workspace: { name: namesFor(identity).find((known) => known === name) ?? fail('project_not_found') },
      }),
    )
  }
}

/** The projects that a caller may see; the token of an attempt is good for one, which it need not name. */
const namesFor = (identity: Identity | null): readonly string[] => {
  if (identity === null) return fail('unauthenticated')
  return identity.kind === 'attempt' ? [] : identity.projects.map(({ project }) => project.name)
}
