import { routes } from '@novabrain/contracts'
import type { Mount } from '../../http/mount.js'
import { sendArtifact } from '../artifacts/routes.js'
import type { ModelPages } from './pages.js'

/** Our own routes of the model registry; MLflow's are in its façade. */
export const mountModels = (mount: Mount, { modelPages }: { readonly modelPages: ModelPages }): void => {
  mount(routes.listModels, ({ scope, query }) => modelPages.list(scope, query))
  mount(routes.getModel, ({ scope, params }) => modelPages.get(scope, params.modelName))
  mount(routes.describeModel, ({ scope, params, body }) =>
    modelPages.describe(scope, params.modelName, body.description),
  )
  mount(routes.listModelVersions, ({ scope, params, query }) => modelPages.versions(scope, params.modelName, query))
  mount(routes.getModelVersion, ({ scope, params }) => modelPages.version(scope, params))
  mount(routes.describeModelVersion, ({ scope, params, body }) =>
    modelPages.describeVersion(scope, params, body.description),
  )
  mount(routes.readModelFile, async ({ scope, params, query, reply }) =>
    sendArtifact(reply, query.path, await modelPages.openFile(scope, params, query.path)),
  )
  mount(routes.setModelAlias, ({ scope, params, body }) =>
    modelPages.setAlias(scope, { ...params, version: body.version }, body.reason),
  )
  mount(routes.removeModelAlias, ({ scope, params, body }) => modelPages.removeAlias(scope, params, body.reason))
  mount(routes.listRunModels, ({ scope, params }) => modelPages.ofRun(scope, params.runId))
  mount(routes.registerModel, ({ scope, params, body, idempotencyKey }) =>
    modelPages.register(scope, params.runId, body, idempotencyKey),
  )
}
