import { routes } from '@novabrain/contracts'
import type { Mount } from '../../http/mount.js'
import type { ImportService } from './service.js'

/** The routes of imports. */
export const mountImports = (mount: Mount, { imports }: { readonly imports: ImportService }): void => {
  mount(routes.openImport, ({ scope, body }) => imports.open(scope, body))

  mount(routes.putImportedExperiments, async ({ scope, params, body }) => ({
    items: await imports.putExperiments(scope, params.importId, body),
  }))

  mount(routes.findImportedRuns, async ({ scope, params, body }) => ({
    items: await imports.findRuns(scope, params.importId, body.ids),
  }))

  mount(routes.putImportedRuns, ({ scope, params, body }) => imports.putRuns(scope, params.importId, body.items))

  mount(routes.addImportedPoints, async ({ scope, params, body }) => {
    await imports.addPoints(scope, params.importId, body)
    return {}
  })

  mount(routes.putImportedArtifact, ({ scope, params, query, body }) =>
    imports.putArtifact(scope, params.importId, query, body),
  )

  mount(routes.findImportedArtifacts, async ({ scope, params, body }) => ({
    items: await imports.findArtifacts(scope, params.importId, body.ownerIds),
  }))

  mount(routes.putImportedLoggedModels, ({ scope, params, body }) =>
    imports.putLoggedModels(scope, params.importId, body.items),
  )

  mount(routes.putImportedRegisteredModel, ({ scope, params, body }) =>
    imports.putRegisteredModel(scope, params.importId, body),
  )

  mount(routes.verifyImportedRuns, async ({ scope, params, body }) => ({
    items: await imports.verifyRuns(scope, params.importId, body.items),
  }))

  mount(routes.findImportedTraces, async ({ scope, params, body }) => ({
    items: await imports.findTraces(scope, params.importId, body.ids),
  }))

  mount(routes.putImportedTraces, ({ scope, params, body }) => imports.putTraces(scope, params.importId, body.items))

  mount(routes.noteImportedTraces, async ({ scope, params, body }) => {
    await imports.noteTraces(scope, params.importId, body.items)
    return {}
  })

  mount(routes.finishImport, async ({ scope, params, body }) => {
    await imports.finish(scope, params.importId, body)
    return {}
  })
}
