import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { FastifyInstance } from 'fastify'
import type { Background } from '../../background.js'
import type { Deps } from '../../deps.js'
import { createExecution } from '../../execution/execution.js'
import { createLocalExecutor } from '../../execution/executors/local/executor.js'
import type { Executor } from '../../execution/executor.js'
import { createLoopThread, hasLoopThread } from '../../execution/loop-thread.js'
import { createServerAddress, type ServerAddress } from '../../execution/server-address.js'
import type { Foundation } from '../../foundation.js'
import type { Mount } from '../../http/mount.js'
import { createPlanner } from '../../scheduling/planner.js'
import { createPreviews } from '../../scheduling/previews.js'
import { createHistoryReader } from '../../scheduling/history.js'
import { createDemandBook } from '../../scheduling/demand-book.js'
import { createNodeBook } from '../../scheduling/node-book.js'
import { createRunTimeBook } from '../../scheduling/run-time-book.js'
import { createStartBook } from '../../scheduling/start-book.js'
import { createPolicyBook } from '../../scheduling/policy-book.js'
import { policyRules } from '../../scheduling/policy-rules.js'
import { mountAttempts } from '../attempts/routes.js'
import { createAttemptService } from '../attempts/service.js'
import { createAttemptTokens } from '../attempts/tokens.js'
import { mountNodes } from '../nodes/routes.js'
import { createNodeService } from '../nodes/service.js'
import { mountPolicies } from '../policies/routes.js'
import { createPolicyService } from '../policies/service.js'
import { mountClusterUse } from '../cluster-use/routes.js'
import { createClusterUseService } from '../cluster-use/service.js'
import { mountSchedulingHistory } from '../scheduling-history/routes.js'
import { createSchedulingHistoryService } from '../scheduling-history/service.js'
import { mountQueues } from '../queues/routes.js'
import { createQueueService } from '../queues/service.js'
import type { JobRuns } from '../runs/service.js'
import { createJobLifecycle } from './lifecycle.js'
import type { ArtifactWriter, BlobReader, PinLookup, SnapshotLookup } from './ports.js'
import { mountJobs } from './routes.js'
import { createJobService } from './service.js'

export { findJob, jobsOfRuns } from './repository.js'

/** What jobs are given by other modules. */
export interface JobPorts {
  readonly runs: JobRuns
  readonly snapshots: SnapshotLookup
  readonly pins: PinLookup
  readonly blobs: BlobReader
  readonly artifacts: ArtifactWriter
}

export type JobModules = ReturnType<typeof createJobModules>

/** Jobs, attempts, nodes and queues, which share one lifecycle. */
export const createJobModules = (deps: Deps, ports: JobPorts) => {
  const lifecycle = createJobLifecycle({ ...deps, runs: ports.runs })
  const queues = createQueueService(deps)
  const nodes = createNodeService(deps)
  const policies = createPolicyBook()
  const demand = createDemandBook(deps)
  const runTimes = createRunTimeBook(deps)
  const starts = createStartBook(deps)
  const previews = createPreviews({ ...deps, policies, demand, runTimes, starts })
  const shared = {
    ...deps,
    ...ports,
    lifecycle,
    queues,
    planner: createPlanner({ ...deps, runTimes, nodeBook: createNodeBook(), previews }),
  }
  return {
    lifecycle,
    jobs: createJobService(shared),
    attempts: createAttemptService(shared),
    nodes,
    queues,
    policies,
    demand,
    clusterUse: createClusterUseService({ ...deps, nodes }),
    runTimes,
    starts,
    previews,
    history: createSchedulingHistoryService({ ...deps, reader: createHistoryReader({ policies }) }),
    policyPages: createPolicyService({ ...deps, rules: policyRules }),
    tokens: createAttemptTokens(deps),
    address: createServerAddress(),
  }
}

export const mountJobModules = (app: FastifyInstance, mount: Mount, modules: JobModules): void => {
  modules.address.follow(app)
  mountJobs(mount, modules.jobs)
  mountAttempts(mount, modules.attempts)
  mountNodes(mount, modules.nodes)
  mountQueues(mount, modules.queues)
  mountPolicies(mount, modules.policyPages)
  mountClusterUse(mount, modules.clusterUse)
  mountSchedulingHistory(mount, modules.history)
}

/** The executor that runs jobs on this machine, with the runner that was built beside the server. */
export const localExecutor = (deps: Deps, address: ServerAddress): Executor =>
  createLocalExecutor({
    config: deps.config,
    runnerPath: builtRunner(),
    serverUrl: address.url,
    environment: process.env,
  })

/** Scheduler and executor at work: the scheduler in a thread of its own where that was built. */
export const createJobWork = (deps: Foundation, modules: JobModules): Background =>
  createExecution({
    ...deps,
    ...modules,
    executor: localExecutor(deps, modules.address),
    ...(hasLoopThread() ? { createLoop: (term: () => number | null) => createLoopThread({ ...deps, term }) } : {}),
  })

/** Beside the built server; from the sources, in the folder of the build. */
const builtRunner = (): string => {
  const beside = join(import.meta.dirname, '../../runner.mjs')
  return existsSync(beside) ? beside : join(import.meta.dirname, '../../../dist/runner.mjs')
}
