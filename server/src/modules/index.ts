import type { FastifyInstance } from 'fastify'
import type { Background } from '../background.js'
import type { Foundation } from '../foundation.js'
import { mountOn } from '../http/mount.js'
import { createRelay } from '../realtime/relay.js'
import { mountApiKeys } from './api-keys/routes.js'
import { createApiKeyService } from './api-keys/service.js'
import { mountAudit } from './audit/routes.js'
import { createAuditService } from './audit/service.js'
import { createBlobKeeper } from '../blobs/keeper.js'
import { createAnnounce } from '../blobs/ledger.js'
import { openBlobStore } from '../blobs/open.js'
import { createBrowserSignIn } from './authorizations/browser-service.js'
import { createDeviceSignIn } from './authorizations/device-service.js'
import { mountAuthorizations } from './authorizations/routes.js'
import { mountBlobs } from './blobs/routes.js'
import { createBlobService } from './blobs/service.js'
import { mountCodeSnapshots } from './code-snapshots/routes.js'
import { createCodeSnapshotService } from './code-snapshots/service.js'
import { mountEnvironmentPins } from './environment-pins/routes.js'
import { createEnvironmentPins } from './environment-pins/compose.js'
import { createJobModules, createJobWork, findJob, jobsOfRuns, mountJobModules } from './jobs/compose.js'
import { createKernelModules } from './kernels/compose.js'
import { mountJupyter, mountKernels } from './kernels/routes.js'
import { mountEvents } from './events/routes.js'
import { createEventService } from './events/service.js'
import { mountImports } from './imports/routes.js'
import { createImportService } from './imports/service.js'
import { createIdentityService } from './identity/service.js'
import { createJobPlans } from './mcp/plans.js'
import { mountMcp } from './mcp/routes.js'
import { mountMembers } from './members/routes.js'
import { createMemberService } from './members/service.js'
import { createModelPages } from './model-registry/pages.js'
import { mountModels } from './model-registry/routes.js'
import { mountProjects } from './projects/routes.js'
import { createProjectService } from './projects/service.js'
import { mountSessions } from './sessions/routes.js'
import { createSessionService } from './sessions/service.js'
import { createWebhookDeliverer } from './webhooks/deliverer.js'
import { createRetentionWork } from './retention/background.js'
import { createRetentionService } from './retention/service.js'
import { createTracking, mountTracking, trackingBackground } from './tracking.js'

export type Services = ReturnType<typeof createServices>

/** Every service; a module adds its lines. */
export const createServices = (deps: Foundation) => {
  const identities = createIdentityService(deps)
  const members = createMemberService(deps, identities)
  const apiKeys = createApiKeyService(deps, identities, members)
  const blobStore = openBlobStore(deps.config, createAnnounce(deps))
  const blobs = createBlobService(deps, blobStore)
  const codeSnapshots = createCodeSnapshotService(deps, blobs)
  const environmentPins = createEnvironmentPins(deps)
  const tracking = createTracking(deps, { blobStore, jobsOfRuns })
  const jobModules = createJobModules(deps, {
    runs: tracking.runs,
    snapshots: codeSnapshots,
    pins: environmentPins,
    blobs,
    artifacts: tracking.artifacts,
  })
  const relay = createRelay({
    url: deps.databaseUrl,
    log: deps.log,
    clock: deps.clock,
    retentionMs: deps.config.eventRetentionMs,
  })
  return {
    config: deps.config,
    identities,
    attemptTokens: jobModules.tokens,
    sessions: createSessionService(deps, identities),
    projects: createProjectService(deps, identities),
    members,
    apiKeys,
    deviceSignIn: createDeviceSignIn(deps, apiKeys),
    browserSignIn: createBrowserSignIn(deps, apiKeys),
    audit: createAuditService(deps),
    events: createEventService(deps),
    relay,
    blobStore,
    blobs,
    codeSnapshots,
    environmentPins,
    ...tracking,
    modelPages: createModelPages({ ...deps, ...tracking, snapshots: codeSnapshots, pins: environmentPins, findJob }),
    imports: createImportService(deps, tracking),
    retention: createRetentionService({ ...deps, blobStore }),
    jobModules,
    jobPlans: createJobPlans(deps),
    kernelModules: createKernelModules({
      ...deps,
      jobs: jobModules.jobs,
      pins: environmentPins,
      snapshots: codeSnapshots,
      feed: relay,
    }),
  }
}

/** Every route; a module adds its line. */
export const mountModules = (app: FastifyInstance, services: Services): void => {
  const mount = mountOn(app)
  mountSessions(mount, services)
  mountProjects(mount, services)
  mountMembers(mount, services)
  mountApiKeys(mount, services)
  mountAuthorizations(mount, services)
  mountAudit(mount, services)
  mountEvents(mount, services)
  mountBlobs(mount, services)
  mountEnvironmentPins(mount, services)
  mountCodeSnapshots(mount, services)
  mountTracking(app, mount, services)
  mountModels(mount, services)
  mountImports(mount, services)
  mountJobModules(app, mount, services.jobModules)
  mountMcp(app, services)
  mountKernels(mount, services.kernelModules)
  mountJupyter(app, { ...services, ...services.kernelModules })
}

/** Everything that works by itself, in the order it starts; a module adds its line. */
export const createBackground = (deps: Foundation, services: Services): readonly Background[] => [
  createBlobKeeper(services.blobStore, deps.clock),
  ...trackingBackground(deps, services),
  createWebhookDeliverer({ ...deps, secrets: services.secrets, feed: services.relay }),
  createJobWork(deps, services.jobModules),
  createRetentionWork(deps, services),
]
