import type { FastifyInstance } from 'fastify'
import type { Background } from '../background.js'
import type { BlobStore } from '../blobs/store.js'
import type { Deps } from '../deps.js'
import type { Mount } from '../http/mount.js'
import { mountArtifacts } from './artifacts/routes.js'
import { createArtifactsService } from './artifacts/service.js'
import { createEvaluationDatasetsService } from './evaluation-datasets/service.js'
import { createExperimentsService } from './experiments/service.js'
import { mountLoggedModels } from './logged-models/routes.js'
import { createLoggedModelsService } from './logged-models/service.js'
import { mountMetrics } from './metrics/routes.js'
import { createMetricsService } from './metrics/service.js'
import { createSummaries } from './metrics/summaries.js'
import type { TrackingServices } from './mlflow/endpoint.js'
import { mountMlflow } from './mlflow/routes.js'
import { checkNotNeeded as notNeeded } from './model-registry/needed.js'
import { versionFiles } from './model-registry/version-files.js'
import { createModelRegistryService } from './model-registry/service.js'
import { createRunJanitor } from './runs/janitor.js'
import { mountRunTable } from './run-table/routes.js'
import { createRunTableService, type RunTableService } from './run-table/service.js'
import { mountRuns } from './runs/routes.js'
import { createRunsService, type JobsOfRuns } from './runs/service.js'
import { createAssessmentsService } from './traces/assessments-service.js'
import { createTracePages, type TracePages } from './traces/pages.js'
import { mountTraces } from './traces/routes.js'
import { createTracesService } from './traces/service.js'
import { createSecretBox, type SecretBox } from '../secret-box.js'
import { mountWebhooks } from './webhooks/routes.js'
import { createWebhooksService } from './webhooks/service.js'

/** The services of tracking, and of its pages. */
export interface Tracking extends TrackingServices {
  readonly tracePages: TracePages
  readonly secrets: SecretBox
  readonly runTable: RunTableService
}

/** The services of tracking, which need one another. Without `jobsOfRuns` runs show no jobs. */
export const createTracking = (
  deps: Deps,
  { blobStore, jobsOfRuns }: { readonly blobStore: BlobStore; readonly jobsOfRuns?: JobsOfRuns },
): Tracking => {
  const experiments = createExperimentsService(deps)
  const runs = createRunsService({
    ...deps,
    experiments,
    notNeeded,
    ...(jobsOfRuns === undefined ? {} : { jobsOfRuns }),
  })
  const loggedModels = createLoggedModelsService({ ...deps, experiments, runs, notNeeded })
  const artifacts = createArtifactsService({
    ...deps,
    blobs: blobStore,
    notNeeded,
    versionFiles,
    checkOwner: {
      run: (tx, scope, id, wish) => (wish === 'read' ? runs.find : runs.findWritable)(tx, scope, id),
      logged_model: (tx, scope, id, wish) =>
        (wish === 'read' ? loggedModels.find : loggedModels.findWritable)(tx, scope, id),
      trace: (tx, scope, id) => traces.find(tx, scope, id),
    },
  })
  const summaries = createSummaries(deps)
  const secrets = createSecretBox(deps.config)
  const webhooks = createWebhooksService({ ...deps, secrets })
  const traces = createTracesService({ ...deps, experiments, runs, artifacts })
  return {
    experiments,
    runs,
    runTable: createRunTableService(deps),
    traces,
    assessments: createAssessmentsService({ ...deps, traces }),
    tracePages: createTracePages({ ...deps, traces }),
    clock: deps.clock,
    newTraceId: deps.newId,
    newAssessmentId: () => `a-${deps.newId()}`,
    loggedModels,
    artifacts,
    metrics: createMetricsService({ ...deps, runs, summaries }),
    summaries,
    modelRegistry: createModelRegistryService({ ...deps, runs, loggedModels, artifacts, webhooks }),
    webhooks,
    evaluationDatasets: createEvaluationDatasetsService({ ...deps, experiments }),
    secrets,
  }
}

/** Our own routes of tracking, and MLflow's. */
export const mountTracking = (app: FastifyInstance, mount: Mount, services: Tracking): void => {
  mountRuns(mount, services)
  mountRunTable(mount, services)
  mountMetrics(mount, services)
  mountArtifacts(mount, services)
  mountTraces(mount, services)
  mountWebhooks(mount, services)
  mountLoggedModels(mount, services)
  mountMlflow(app, services)
}

/** What tracking does by itself. */
export const trackingBackground = (deps: Deps, services: TrackingServices): readonly Background[] => [
  createRunJanitor(deps, services),
  services.summaries,
]
