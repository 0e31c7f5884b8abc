import { routes } from '@novabrain/contracts'
import type { Mount } from '../../http/mount.js'
import type { LoggedModelsService } from './service.js'

/** Our own route of logged models: MLflow's API has none to put one back. */
export const mountLoggedModels = (
  mount: Mount,
  { loggedModels }: { readonly loggedModels: LoggedModelsService },
): void => {
  mount(routes.restoreLoggedModel, async ({ scope, params }) => {
    await loggedModels.restore(scope, params.loggedModelId)
    return { id: params.loggedModelId }
  })
}
