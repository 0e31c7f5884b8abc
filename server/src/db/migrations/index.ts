import type { MigrationClass } from './define.js'
import { foundation } from './0001-foundation.js'
import { tracking } from './0002-tracking.js'
import { environment } from './0003-environment.js'
import { execution } from './0004-execution.js'
import { authorizations } from './0005-authorizations.js'
import { assistantJobs } from './0006-assistant-jobs.js'
import { modelRegistry } from './0007-model-registry.js'
import { imports } from './0008-imports.js'
import { traces } from './0009-traces.js'
import { modelPages } from './0010-model-pages.js'
import { runSearch } from './0011-run-search.js'
import { metricBlocks } from './0012-metric-blocks.js'
import { auditSubjectId } from './0013-audit-subject-id.js'
import { webhooks } from './0014-webhooks.js'
import { evaluationDatasets } from './0015-evaluation-datasets.js'
import { blobLedger } from './0016-blob-ledger.js'
import { retention } from './0017-retention.js'
import { multipartUploads } from './0018-multipart-uploads.js'
import { runKeys } from './0019-run-keys.js'
import { schedulingPolicies } from './0020-scheduling-policies.js'
import { gpuUse } from './0021-gpu-use.js'
import { recentJobs } from './0022-recent-jobs.js'
import { gpuMemoryPeaks } from './0023-gpu-memory-peaks.js'
import { queueOrders } from './0029-queue-orders.js'
import { elasticJobs } from './0030-elastic-jobs.js'
import { liveJobs } from './0031-live-jobs.js'
import { scopeAskedOnce } from './0032-scope-asked-once.js'
import { startRecord } from './0033-start-record.js'
import { jobChanges } from './0034-job-changes.js'

/** Every migration, oldest first; a new one is a line at the end. */
export const migrations: readonly MigrationClass[] = [
  foundation,
  tracking,
  environment,
  execution,
  authorizations,
  assistantJobs,
  modelRegistry,
  imports,
  traces,
  modelPages,
  runSearch,
  metricBlocks,
  auditSubjectId,
  webhooks,
  evaluationDatasets,
  blobLedger,
  retention,
  multipartUploads,
  runKeys,
  schedulingPolicies,
  gpuUse,
  recentJobs,
  gpuMemoryPeaks,
  queueOrders,
  elasticJobs,
  liveJobs,
  scopeAskedOnce,
  startRecord,
  jobChanges,
]
