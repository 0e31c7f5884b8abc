import {
  amendedResources,
  fail,
  Name,
  PriorityClass,
  RelativePath,
  Resources,
  Slug,
  SubmitJob,
} from '@novabrain/contracts'
import { Type, type Static } from '@sinclair/typebox'
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { ProjectScope } from '../../deps.js'
import { findReferredJob, JobReference } from './job-reference.js'
import type { McpServices } from './services.js'

/** What plan_job and submit_job take: a job made again with changes, or the text of a script. */
export const WantedJob = Type.Object({
  fromJob: Type.Optional(JobReference),
  script: Type.Optional(
    Type.String({ minLength: 1, maxLength: 200_000, description: 'Python source to run, instead of `fromJob`' }),
  ),
  scriptName: Type.Optional(RelativePath),
  environment: Type.Optional(SubmitJob.properties.pinDigest),
  arguments: Type.Optional(
    Type.Array(Type.String({ maxLength: 10_000 }), { maxItems: 1000, description: 'Of a script: its command line' }),
  ),
  parameters: Type.Optional(
    Type.Record(Type.String({ maxLength: 200 }), Type.Unknown(), { description: 'Of a notebook: values to inject' }),
  ),
  name: Type.Optional(Name),
  resources: Type.Optional(Type.Partial(Resources)),
  queueName: Type.Optional(Slug),
  priorityClass: Type.Optional(PriorityClass),
  timeLimitMinutes: Type.Integer({ minimum: 1, maximum: 525_600, description: 'The job is ended then' }),
})
export type WantedJob = Static<typeof WantedJob>

/**
 * The request that is wanted, the same for the same words. Failures of the machinery are not tried again, so that a job
 * never costs more than was told. Errors: `job_not_found`, `invalid_request`.
 */
export const requestFor = async (scope: ProjectScope, wanted: WantedJob, services: McpServices): Promise<SubmitJob> => {
  const { name, queueName, priorityClass, timeLimitMinutes } = wanted
  const base = await (wanted.script === undefined
    ? again(scope, wanted, services)
    : fromScript(scope, wanted, services))
  return {
    ...base,
    ...(name === undefined ? {} : { name }),
    ...(queueName === undefined ? {} : { queueName }),
    ...(priorityClass === undefined ? {} : { priorityClass }),
    resources: amendedResources(base.resources, wanted.resources ?? {}, base.task.kind),
    timeLimitMs: timeLimitMinutes * 60_000,
    maxRetries: 0,
    origin: 'assistant',
  }
}

const again = async (scope: ProjectScope, wanted: WantedJob, services: McpServices): Promise<SubmitJob> => {
  const { jobs } = services.jobModules
  if (wanted.fromJob === undefined) return fail('invalid_request', { detail: '`fromJob` or `script` is needed' })
  const job = await findReferredJob(jobs, scope, wanted.fromJob)
  const [request, run] = [await jobs.requestOf(scope, job.id), await services.runs.show(scope, job.runId)]
  return { ...request, experimentName: run.experimentName, task: changedTask(request.task, wanted) }
}

const changedTask = (task: SubmitJob['task'], { arguments: args, parameters }: WantedJob): SubmitJob['task'] => {
  if (task.kind === 'script') return { ...task, arguments: args ?? task.arguments }
  if (task.kind === 'notebook') return { ...task, parameters: { ...task.parameters, ...parameters } }
  return fail('invalid_request', { detail: 'Only scripts and notebooks can be run again', field: 'fromJob' })
}

const fromScript = async (scope: ProjectScope, wanted: WantedJob, services: McpServices): Promise<SubmitJob> => {
  if (wanted.fromJob !== undefined)
    return fail('invalid_request', { detail: '`fromJob` and `script` exclude each other' })
  const path = wanted.scriptName ?? 'script.py'
  const bytes = Buffer.from(wanted.script ?? '', 'utf8')
  const digest = createHash('sha256').update(bytes).digest('hex')
  await services.blobs.put(scope, Readable.from([bytes]), digest)
  const file = { path, sizeBytes: bytes.length, digest, reason: 'entrypoint' } as const
  const { snapshot } = await services.codeSnapshots.create(scope, { files: [file], excluded: [], git: null })
  if (snapshot === null) throw new Error('A snapshot lacks the blob that was just kept')
  return {
    task: { kind: 'script', path, arguments: wanted.arguments ?? [] },
    resources: {},
    pinDigest: wanted.environment ?? null,
    snapshotId: snapshot.id,
  }
}
