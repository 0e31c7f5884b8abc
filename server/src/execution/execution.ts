import type { Background } from '../background.js'
import type { Deps } from '../deps.js'
import type { JobLifecycle } from '../modules/jobs/lifecycle.js'
import type { NodeService } from '../modules/nodes/service.js'
import { createSchedulingLoop, type LoopDeps } from '../scheduling/loop.js'
import type { Previews } from '../scheduling/previews.js'
import { createWorkSignal } from '../scheduling/work-signal.js'
import { drain } from './drain.js'
import type { Executor } from './executor.js'
import type { Loop } from './loop-thread.js'
import { createSupervisor, type SupervisorDeps } from './supervisor.js'

export interface ExecutionDeps extends Deps {
  readonly databaseUrl: string
  readonly lifecycle: JobLifecycle
  readonly nodes: NodeService
  readonly attempts: SupervisorDeps['attempts']
  readonly tokens: { issue(attemptId: string): Promise<string> }
  readonly executor: Executor
  readonly policies: LoopDeps['policies']
  readonly demand: LoopDeps['demand']
  readonly runTimes: LoopDeps['runTimes']
  readonly starts: LoopDeps['starts']
  readonly previews: Pick<Previews, 'answeredBy'>
  readonly policy?: NonNullable<LoopDeps['policy']>
  /** Makes the loop; without it, the loop runs beside the requests. */
  readonly createLoop?: (term: () => number | null) => Loop
}

/** Scheduler and supervisor as one piece of background work, both woken by every commit that concerns them. */
export const createExecution = (
  deps: ExecutionDeps,
): Background & { settle(): Promise<void>; prepareStop(): Promise<void> } => {
  const supervisor = createSupervisor(deps)
  const term = (): number | null => signal.term()
  const loop = deps.createLoop?.(term) ?? createSchedulingLoop({ ...deps, term })
  const signal = createWorkSignal({
    databaseUrl: deps.databaseUrl,
    log: deps.log,
    onWork: () => {
      loop.wake()
      supervisor.wake()
    },
  })
  return {
    name: 'execution',
    async start() {
      await supervisor.start()
      loop.start()
      deps.previews.answeredBy(loop.preview)
      await signal.start()
    },
    async prepareStop() {
      if (!deps.config.stopJobsOnExit) return
      deps.previews.answeredBy(null)
      await loop.stop()
      await drain({ ...deps, supervisor })
    },
    async stop() {
      await signal.stop()
      deps.previews.answeredBy(null)
      await loop.stop()
      await supervisor.stop()
    },
    check: () => Promise.resolve({ ok: signal.connected(), detail: signal.leads() ? 'leads' : 'stands by' }),
    async settle() {
      await loop.settle()
      await supervisor.settle()
    },
  }
}
