import { activeJobs, endedJobs, repeatOf, type Job, type Run } from '@novabrain/contracts'
import type { App } from '../app.js'
import { submitAgain } from '../commands/jobs.js'
import type { Live } from '../session.js'

/** A tool that a language model in the editor may call. */
export interface Tool {
  /** What the user is asked before it is done; `null` asks nothing. */
  confirm(input: Input): { readonly title: string; readonly message: string } | null
  /** Do it; the answer is text for the model. */
  run(input: Input): Promise<string>
}

type Input = Readonly<Record<string, unknown>>

/** The most GPU hours that one submit of an assistant may cost: GPUs × time limit. */
export const mostGpuHours = 4

/** The tools by the names of the manifest. */
export const createTools = (app: App): Readonly<Record<string, Tool>> => ({
  novabrain_list_runs: reading(async (input) => {
    const live = await signedIn(app)
    const { view } = live.jobs.state
    const jobs =
      input['status'] === 'active'
        ? activeJobs(view)
        : input['status'] === 'ended'
          ? endedJobs(view)
          : [...activeJobs(view), ...endedJobs(view)]
    const limit = typeof input['limit'] === 'number' ? input['limit'] : 20
    return JSON.stringify(jobs.slice(0, limit).map(jobFacts))
  }),
  novabrain_get_run: reading(async (input) => {
    const live = await signedIn(app)
    const run = await findRun(live, input['run'])
    const lines = typeof input['logLines'] === 'number' ? input['logLines'] : 40
    return JSON.stringify({ ...runFacts(run), ...(await jobDetails(live, run, lines)) })
  }),
  novabrain_compare_runs: reading(async (input) => {
    const live = await signedIn(app)
    const wanted = Array.isArray(input['runs']) ? input['runs'].slice(0, 6) : []
    const runs = await Promise.all(wanted.map((each: unknown) => findRun(live, each)))
    return JSON.stringify(differences(runs))
  }),
  novabrain_submit: {
    confirm: ({ run, gpus, timeLimitMinutes, parameters, arguments: args }) => ({
      title: app.editor.t('Run on GPU'),
      message: app.editor.t(
        'Run {0} again on {1} GPUs for at most {2} minutes, with {3}?',
        String(run),
        typeof gpus === 'number' ? gpus : app.editor.t('the same'),
        Number(timeLimitMinutes),
        JSON.stringify(parameters ?? args ?? {}),
      ),
    }),
    async run(input) {
      if (!app.editor.trusted) throw new Error('The folder is not trusted, so nothing is submitted from it.')
      refuseNonsense(input)
      const live = await signedIn(app)
      const { job: found } = await findRun(live, input['run'])
      if (found === null) throw new Error('That run has no job, so there is no code to run again.')
      const job = await live.client.getJob({ params: { projectId: live.projectId, jobId: found.id } })
      const body = requestOf(job, input)
      const hours = gpuHours(body.resources.maxGpuCount ?? body.resources.gpuCount ?? 0, body.timeLimitMs)
      if (hours > mostGpuHours)
        throw new Error(
          `This could cost ${hours.toFixed(1)} GPU hours; an assistant may spend ${mostGpuHours} at once. Ask for fewer GPUs or less time.`,
        )
      return JSON.stringify(jobFacts(await submitAgain(app, live, body)))
    },
  },
})

const reading = (run: Tool['run']): Tool => ({ confirm: () => null, run })

const signedIn = async (app: App): Promise<Live> => {
  const live = await app.session.live()
  if (live === null) throw new Error('Not signed in to NovaBrain: the user can run the command “NovaBrain: Sign in”.')
  return live
}

/** A run by the number people say, or by its id. */
const findRun = async (live: Live, wanted: unknown): Promise<Run> => {
  const text = String(wanted).replace(/^#/, '')
  const job = [...live.jobs.state.view.jobs.values()].find(({ number, id }) => String(number) === text || id === text)
  const runId = job?.runId ?? text
  if (!/^[0-9a-f]{32}$/.test(runId)) throw new Error(`There is no run ${text} among those that are listed.`)
  return live.client.getRun({ params: { projectId: live.projectId, runId } })
}

const jobFacts = ({
  number,
  name,
  runId,
  status,
  reason,
  submittedBy,
  submittedAt,
  startedAt,
  endedAt,
  attempt,
  resources,
}: Job) => ({
  number,
  name,
  runId,
  status,
  reason,
  submittedBy,
  submittedAt,
  startedAt,
  endedAt,
  gpus: resources.gpuCount,
  ...(typeof resources.maxGpuCount === 'number' ? { upToGpus: resources.maxGpuCount } : {}),
  verdict: attempt?.verdict ?? null,
})

const runFacts = ({ id, name, status, startedAt, endedAt, params, metrics, tags, experimentName }: Run) => ({
  id,
  name,
  status,
  experimentName,
  startedAt,
  endedAt,
  params: Object.fromEntries(params.map(({ key, value }) => [key, value])),
  metrics: Object.fromEntries(metrics.map(({ key, value }) => [key, value])),
  tags: Object.fromEntries(tags.filter(({ key }) => !key.startsWith('mlflow.')).map(({ key, value }) => [key, value])),
})

const jobDetails = async (live: Live, run: Run, lines: number) => {
  if (run.job === null) return {}
  const params = { projectId: live.projectId, jobId: run.job.id }
  const job = await live.client.getJob({ params })
  const why = job.status === 'queued' ? await live.client.explainJob({ params }) : null
  return { job: jobFacts(job), why, log: await lastLines(live, job, lines) }
}

const lastLines = async ({ client, projectId }: Live, job: Job, lines: number): Promise<string> => {
  if (job.attempt === null || lines === 0) return ''
  const params = { projectId, jobId: job.id, attemptId: job.attempt.id }
  const bytes = await client.readLog({ params, query: { offset: -Math.min(job.attempt.logSizeBytes || 1, 65_536) } })
  return new TextDecoder().decode(bytes).split('\n').slice(-lines).join('\n')
}

/** What differs between runs: only keys whose values are not the same everywhere. */
export const differences = (runs: readonly Run[]) => {
  const facts = runs.map(runFacts)
  const differing = (of: (fact: (typeof facts)[number]) => Readonly<Record<string, unknown>>) => {
    const keys = new Set(facts.flatMap((fact) => Object.keys(of(fact))))
    return Object.fromEntries(
      [...keys].sort().flatMap((key) => {
        const values = facts.map((fact) => of(fact)[key] ?? null)
        return new Set(values).size > 1 ? [[key, values]] : []
      }),
    )
  }
  return {
    runs: facts.map(({ name, id, status }) => ({ name, id, status })),
    params: differing(({ params }) => params),
    metrics: differing(({ metrics }) => metrics),
  }
}

const requestOf = (job: Job, input: Input) => {
  const { gpus, parameters, arguments: args, timeLimitMinutes } = input
  const resources = typeof gpus === 'number' ? { gpuCount: gpus, maxGpuCount: null } : {}
  const again = repeatOf(job, { resources, timeLimitMs: Number(timeLimitMinutes) * 60_000 })
  const body = { ...again, origin: 'assistant' as const }
  const { task } = body
  if (task.kind === 'notebook' && typeof parameters === 'object' && parameters !== null)
    return { ...body, task: { ...task, parameters: { ...task.parameters, ...parameters } } }
  return task.kind === 'script' && Array.isArray(args)
    ? { ...body, task: { ...task, arguments: args.map(String) } }
    : body
}

/** A model may leave out or invent what the schema asks for; a limit that is no number would be none. */
const refuseNonsense = ({ gpus, timeLimitMinutes }: Input): void => {
  if (typeof timeLimitMinutes !== 'number' || !(timeLimitMinutes >= 1))
    throw new Error('A job of an assistant needs a time limit: timeLimitMinutes, at least 1.')
  if (gpus !== undefined && !(Number.isInteger(gpus) && Number(gpus) >= 0))
    throw new Error('GPUs are counted in whole numbers from 0.')
}

const gpuHours = (gpus: number, timeLimitMs: number | null | undefined): number =>
  (gpus * (timeLimitMs ?? Number.POSITIVE_INFINITY)) / 3_600_000
