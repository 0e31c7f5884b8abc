import { routes } from '@novabrain/contracts'
import type { Mount } from '../../http/mount.js'
import type { MetricsService } from './service.js'

/** The route of metrics. */
export const mountMetrics = (mount: Mount, { metrics }: { readonly metrics: MetricsService }): void => {
  mount(routes.getMetricSeries, ({ scope, params, query }) => {
    const { key, fromStep = null, toStep = null, maxPoints = 1000 } = query
    return metrics.series(scope, { runId: params.runId, key, fromStep, toStep, buckets: maxPoints })
  })
}
