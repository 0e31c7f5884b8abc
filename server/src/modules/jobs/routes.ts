import { routes } from '@novabrain/contracts'
import type { Mount } from '../../http/mount.js'
import type { JobService } from './service.js'

export const mountJobs = (mount: Mount, jobs: JobService): void => {
  mount(routes.previewJob, ({ scope, body, locale }) => jobs.preview(scope, body, locale))
  mount(routes.submitJob, ({ scope, body, idempotencyKey, locale }) =>
    jobs.submit(scope, body, { idempotencyKey, locale }),
  )
  mount(routes.listJobs, ({ scope, query }) =>
    jobs.list(scope, { status: query.status, cursor: query.cursor, limit: query.limit ?? 50 }),
  )
  mount(routes.getJob, ({ scope, params }) => jobs.get(scope, params.jobId))
  mount(routes.explainJob, ({ scope, params, locale }) => jobs.explain(scope, params.jobId, locale))
  mount(routes.amendJob, ({ scope, params, body, locale }) => jobs.amend(scope, params.jobId, body.resources, locale))
  mount(routes.stopJob, ({ scope, params }) => jobs.stop(scope, params.jobId))
  mount(routes.listAttempts, async ({ scope, params }) => ({ items: await jobs.attempts(scope, params.jobId) }))
  mount(routes.listQueueEntries, ({ scope, locale, query }) => jobs.queue(scope, { locale, limit: query.limit ?? 500 }))
}
