import type { ErrorDefinition } from './define.js'
import { accessErrors } from './access.js'
import { assistantErrors } from './assistant.js'
import { authorizationErrors } from './authorization.js'
import { environmentErrors } from './environment.js'
import { evaluationErrors } from './evaluation.js'
import { historyErrors } from './history.js'
import { jobErrors } from './job.js'
import { registryErrors } from './registry.js'
import { schedulingErrors } from './scheduling.js'
import { serverErrors } from './server.js'
import { snapshotErrors } from './snapshot.js'
import { traceErrors } from './trace.js'
import { trackingErrors } from './tracking.js'
import { webhookErrors } from './webhook.js'

/** Every error NovaBrain gives, by its stable code. `docs/errors.md` is made from it. */
export const errorCatalogue = {
  ...accessErrors,
  ...assistantErrors,
  ...authorizationErrors,
  ...environmentErrors,
  ...jobErrors,
  ...schedulingErrors,
  ...serverErrors,
  ...snapshotErrors,
  ...trackingErrors,
  ...registryErrors,
  ...traceErrors,
  ...historyErrors,
  ...webhookErrors,
  ...evaluationErrors,
} as const satisfies Record<string, ErrorDefinition>

export type ErrorCode = keyof typeof errorCatalogue
