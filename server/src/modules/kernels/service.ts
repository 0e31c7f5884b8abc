import { fail, jobEnded, NovaBrainError, type EnvironmentPinSummary, type Job, type Locale } from '@novabrain/contracts'
import type { Clock, ProjectScope } from '../../deps.js'
import type { CodeSnapshotService } from '../code-snapshots/service.js'
import type { EnvironmentPinService } from '../environment-pins/service.js'
import type { JobService } from '../jobs/service.js'
import type { ExecutionState } from './relay.js'
import type { KernelRelays } from './relays.js'
import { kernelSpecsOf, nameOfPin, plainName } from './specs.js'
import { isPlain, type StartRequest } from './start-request.js'

export interface KernelDeps {
  readonly clock: Clock
  readonly jobs: JobService
  readonly pins: Pick<EnvironmentPinService, 'list'>
  readonly snapshots: Pick<CodeSnapshotService, 'create'>
  readonly relays: KernelRelays
}

/** A kernel as Jupyter's clients know it, and which job it is. */
export interface KernelModel {
  readonly id: string
  readonly name: string
  readonly last_activity: string
  readonly execution_state: ExecutionState
  readonly connections: number
  readonly novabrain: { readonly jobId: string; readonly jobNumber: number; readonly status: Job['status'] }
}

export type KernelService = ReturnType<typeof createKernelService>

const shownPins = 12
const restartMs = 60_000
const politeMs = 10_000

/** Kernels, which are jobs, in the words of Jupyter. */
export const createKernelService = ({ clock, jobs, pins, snapshots, relays }: KernelDeps) => {
  const jobOf = async (scope: ProjectScope, kernelId: string): Promise<Job> => {
    const job = await jobs.get(scope, jobIdOf(kernelId)).catch(asKernelError)
    return job.task.kind === 'kernel' && !jobEnded(job.status) ? job : fail('kernel_not_found')
  }

  const modelOf = (job: Job): KernelModel => {
    const relay = relays.known(job.id)
    const running = job.status === 'running' || job.status === 'stopping'
    return {
      id: kernelIdOf(job.id),
      name: job.pinDigest === null ? plainName : nameOfPin(job.pinDigest),
      last_activity: relay === null ? (job.startedAt ?? job.submittedAt) : isoOf(relay.lastActivityMs()),
      execution_state: relay?.state() ?? (running ? 'unknown' : 'starting'),
      connections: relay?.connections() ?? 0,
      novabrain: { jobId: job.id, jobNumber: job.number, status: job.status },
    }
  }

  /** The pins of the project, those used last first, then the newest. */
  const pinsOf = async (scope: ProjectScope): Promise<EnvironmentPinSummary[]> => {
    const { items } = await pins.list(scope, { limit: 500 })
    const recent = await jobs.list(scope, { status: undefined, cursor: undefined, limit: 200 })
    const used = [...new Set(recent.items.map(({ pinDigest }) => pinDigest))]
    const rank = ({ digest }: EnvironmentPinSummary) => (used.includes(digest) ? used.indexOf(digest) : used.length)
    return items.sort((left, right) => rank(left) - rank(right))
  }

  const pinNamed = async (scope: ProjectScope, name: string | null): Promise<string | null> => {
    if (name !== null && isPlain(name)) return null
    const known = await pinsOf(scope)
    if (name === null) return known[0]?.digest ?? null
    return known.find(({ digest }) => nameOfPin(digest) === name)?.digest ?? fail('kernel_spec_not_found', { name })
  }

  return {
    /** The kernels that can be started, and which is meant when none is named. */
    async specs(scope: ProjectScope, locale: Locale) {
      return kernelSpecsOf((await pinsOf(scope)).slice(0, shownPins), locale)
    },

    /** One of them, also one that is no longer listed. Errors: `kernel_spec_not_found`. */
    async spec(scope: ProjectScope, name: string, locale: Locale) {
      const { kernelspecs } = kernelSpecsOf(await pinsOf(scope), locale)
      return (
        (Object.hasOwn(kernelspecs, name) ? kernelspecs[name] : undefined) ?? fail('kernel_spec_not_found', { name })
      )
    },

    /** The kernels of the project that have not ended. */
    async list(scope: ProjectScope): Promise<{ job: Job; model: KernelModel }[]> {
      const { items } = await jobs.list(scope, { status: 'active', cursor: undefined, limit: 500 })
      return items.filter(({ task }) => task.kind === 'kernel').map((job) => ({ job, model: modelOf(job) }))
    },

    /** Errors: `kernel_not_found`. */
    async get(scope: ProjectScope, kernelId: string): Promise<{ job: Job; model: KernelModel }> {
      const job = await jobOf(scope, kernelId)
      return { job, model: modelOf(job) }
    },

    /** Submit the job of a kernel with no code of its own. Errors: `kernel_spec_not_found`, those of `submitJob`. */
    async start(scope: ProjectScope, request: StartRequest, locale: Locale): Promise<{ job: Job; model: KernelModel }> {
      const pinDigest = await pinNamed(scope, request.name)
      const { snapshot } = await snapshots.create(scope, { files: [], excluded: [], git: null })
      const { path, idleTimeoutMs, queueName, timeLimitMs } = request
      const task = { kind: 'kernel' as const, path, ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }) }
      const job = await jobs.submit(
        scope,
        {
          task,
          pinDigest,
          snapshotId: snapshot?.id ?? fail('code_snapshot_not_found'),
          resources: request.resources,
          environmentVariables: request.environmentVariables,
          ...(queueName === undefined ? {} : { queueName }),
          ...(timeLimitMs === undefined ? {} : { timeLimitMs }),
        },
        { idempotencyKey: null, locale },
      )
      return { job, model: modelOf(job) }
    },

    /** Break off what runs, as Ctrl-C would. Errors: `kernel_not_found`. */
    async interrupt(scope: ProjectScope, kernelId: string): Promise<void> {
      const job = await jobOf(scope, kernelId)
      const relay = await relays.open(scope, job.id)
      relay.order('interrupt')
    },

    /** A new process in the same place; answers when it is ready. Errors: `kernel_not_found`. */
    async restart(scope: ProjectScope, kernelId: string): Promise<KernelModel> {
      const job = await jobOf(scope, kernelId)
      if (job.status !== 'running') return modelOf(job)
      const relay = await relays.open(scope, job.id)
      const ready = relay.next(['ready', 'dead', 'ended'], restartMs)
      relay.order('restart')
      await ready
      return modelOf(await jobOf(scope, kernelId))
    },

    /** End a kernel: by its own leave if it is quick, else as any job is stopped. Errors: `kernel_not_found`. */
    async shutDown(scope: ProjectScope, kernelId: string): Promise<void> {
      const job = await jobOf(scope, kernelId)
      const relay = relays.known(job.id)
      if (job.status === 'running' && relay !== null && isUp(relay.state())) {
        const ended = relay.next(['ended'], politeMs)
        relay.order('shutdown')
        await ended
      }
      await jobs.stop(scope, job.id)
    },

    /** The current instant, as Jupyter's clients read it. */
    now: () => clock.now(),
  }
}

const isUp = (state: ExecutionState): boolean => state === 'idle' || state === 'busy'

const isoOf = (atMs: number): string => new Date(atMs).toISOString()

const asKernelError = (error: unknown): never => {
  if (error instanceof NovaBrainError && error.code === 'job_not_found') return fail('kernel_not_found')
  throw error
}

/** The id of a job in the form that Jupyter's addresses want: a UUID with its hyphens. */
export const kernelIdOf = (jobId: string): string =>
  jobId.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')

/** The job behind the id of a kernel, in either form. */
export const jobIdOf = (kernelId: string): string => kernelId.replaceAll('-', '').toLowerCase()
