import type { Config } from '../../config.js'
import type { AttemptService } from '../attempts/service.js'
import type { BlobService } from '../blobs/service.js'
import type { CodeSnapshotService } from '../code-snapshots/service.js'
import type { EnvironmentPinService } from '../environment-pins/service.js'
import type { JobService } from '../jobs/service.js'
import type { RunsService } from '../runs/service.js'
import type { JobPlans } from './plans.js'

/** What the tools call: the services behind our own routes, and the memory of plans. */
export interface McpServices {
  readonly config: Config
  readonly runs: RunsService
  readonly environmentPins: EnvironmentPinService
  readonly codeSnapshots: CodeSnapshotService
  readonly blobs: BlobService
  readonly jobModules: { readonly jobs: JobService; readonly attempts: AttemptService }
  readonly jobPlans: JobPlans
}
