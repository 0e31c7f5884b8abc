import { routes } from '@novabrain/contracts'
import type { Mount } from '../../http/mount.js'
import type { TracePages } from './pages.js'
import type { TracesService } from './service.js'

/** Our own routes of traces; MLflow's are in its façade, where OTLP is too. */
export const mountTraces = (
  mount: Mount,
  { tracePages, traces }: { readonly tracePages: TracePages; readonly traces: TracesService },
): void => {
  mount(routes.listTraces, ({ scope, query }) => tracePages.list(scope, query))
  mount(routes.getTrace, ({ scope, params }) => tracePages.get(scope, params.traceId))
  mount(routes.listSpans, ({ scope, params, query }) => tracePages.spans(scope, params.traceId, query))
  mount(routes.getSpan, ({ scope, params }) => tracePages.span(scope, params.traceId, params.spanId))
  mount(routes.restoreTraces, async ({ scope, body }) => ({ ids: [...(await traces.restore(scope, body.ids))] }))
}
