import {
  captureWorkspace,
  fail,
  jobEnded,
  notebookCode,
  pinEnvironment,
  readNotebook,
  sendSnapshot,
  snapshotText,
  type EnvironmentPin,
  type Job,
  type SubmitJob,
  type Task,
  type Workspace,
} from '@novabrain/contracts'
import { randomUUID } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import {
  integerOption,
  listOption,
  textOption,
  UsageError,
  type Command,
  type Context,
  type Session,
} from '../command.js'
import { followLog } from '../follow.js'
import { formatBytes, formatDuration } from '../output.js'
import { parseDurationMs, parseGpus, parseParameter, parseSizeMib } from '../parse.js'
import { choosePython, pythonHost } from '../python.js'
import { sayWhenSlow } from '../say-when-slow.js'
import { isUnreachable } from '../session.js'
import type { Texts } from '../texts.js'

/** `novabrain run`: say what was inferred, submit, and follow the log. The exit code is that of the job. */
export const run: Command = {
  usage:
    'run FILE [ARGUMENTS…] [--gpus 1|1-4] [--gpu-memory 16GiB] [--gpu-share 500] [--cpus 2] [--memory 4GiB] [-p name=value]… ' +
    '[--name NAME] [--experiment NAME] [--queue NAME] [--priority low|normal|high] [--time-limit 2h] [--retries 2] ' +
    '[--include FILE]… [--env NAME=VALUE]… [--python PATH] [--no-pin] [--detach] [-- OPTIONS OF FILE…]',
  options: {
    gpus: { type: 'string' },
    'gpu-memory': { type: 'string' },
    'gpu-share': { type: 'string' },
    cpus: { type: 'string' },
    memory: { type: 'string' },
    parameter: { type: 'string', short: 'p', multiple: true },
    name: { type: 'string' },
    experiment: { type: 'string' },
    queue: { type: 'string' },
    priority: { type: 'string' },
    'time-limit': { type: 'string' },
    retries: { type: 'string' },
    include: { type: 'string', multiple: true },
    env: { type: 'string', multiple: true },
    python: { type: 'string' },
    'no-pin': { type: 'boolean' },
    detach: { type: 'boolean', short: 'd' },
  },
  async run(context) {
    const file = context.positionals[0]
    if (file === undefined) throw new UsageError(context.texts.usage(run.usage))
    const session = await context.session()
    const job = await submit(context, session, file)
    if (context.options['detach'] !== true) return watch(context, session, job)
    context.output.value(job)
    return 0
  },
}

const submit = async (context: Context, session: Session, file: string): Promise<Job> => {
  const { texts, output } = context
  const source = await readSource(context, file)
  const python = choosePython(textOption(context.options, 'python'), context.environment) ?? fail('python_not_found')
  const host = pythonHost(python, source.folder)
  const projectId = await session.projectId()
  const workspace = await captureWorkspace(host, {
    folder: source.folder,
    entrypoint: source,
    words: [...source.words, ...context.positionals.slice(1)],
    named: listOption(context.options, 'include'),
  })
  const pin =
    context.options['no-pin'] === true
      ? null
      : await sayWhenSlow(pinOf(session, projectId, workspace), () => output.error(texts.pinning))
  const request = { ...requestOf(context), task: source.task }
  const asked = { ...request, name: request.name ?? path.basename(source.task.path) }
  const preview = await session.client.previewJob({ params: { projectId }, body: asked })
  showWorkspace(context, workspace, pin)
  output.line(
    `${texts.device}: ${preview.device === null ? '–' : preview.device.model + (preview.device.simulated ? ` (${texts.simulated})` : '')}`,
  )
  output.line(`${texts.wait}: ${preview.message}`)
  const snapshot = await sendSnapshot(session.client, projectId, host, workspace)
  const body: SubmitJob = { ...request, snapshotId: snapshot.id, pinDigest: pin?.digest ?? null }
  const job = await submitOnce(session, projectId, body)
  output.line(texts.submitted(job.number))
  return job
}

const readSource = async (context: Context, file: string) => {
  const place = path.resolve(file)
  if (!existsSync(place)) throw new UsageError(context.texts.fileNotFound(file))
  const name = path.basename(place)
  if (statSync(place).isDirectory()) throw new UsageError(context.texts.isFolder(file, await examplesIn(place, file)))
  const text = await readFile(place, 'utf8')
  if (text.trim() === '') throw new UsageError(context.texts.isEmpty(file))
  const parameters = listOption(context.options, 'parameter').map((item) => parseParameter(item, context.texts))
  if (!name.endsWith('.ipynb')) {
    const given = parameters.map(
      ([key, value]) => `--${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
    )
    const task: Task = { kind: 'script', path: name, arguments: [...context.positionals.slice(1), ...given] }
    return { folder: path.dirname(place), path: name, text, code: [text], words: [], task }
  }
  const reading = readNotebook(text, name)
  if (!reading.ok) return fail(reading.code, reading.data)
  const task: Task = { kind: 'notebook', path: name, parameters: Object.fromEntries(parameters) }
  const { code, words } = notebookCode(reading.notebook)
  return { folder: path.dirname(place), path: name, text: snapshotText(reading.notebook), code, words, task }
}

/** What of a folder could be run, as the user would name it. */
const examplesIn = async (folder: string, named: string): Promise<string> => {
  const names = (await readdir(folder)).filter((name) => /\.(py|ipynb)$/.test(name)).sort()
  return names
    .slice(0, 3)
    .map((name) => path.join(named, name))
    .join(', ')
}

const pinOf = async (session: Session, projectId: string, workspace: Workspace): Promise<EnvironmentPin> => {
  const result = await pinEnvironment(session.client, projectId, workspace)
  if (result.status === 'pinned') return result.pin
  const [first] = result.conflicts
  const detail =
    first === undefined
      ? ''
      : `${first.left.requirement} (${first.left.requiredBy}) / ${first.right.requirement} (${first.right.requiredBy})`
  return fail('environment_resolve_failed', { detail, suggestion: first?.suggestion ?? null })
}

const requestOf = (context: Context): Omit<SubmitJob, 'task' | 'snapshotId' | 'pinDigest'> => {
  const { options, texts } = context
  const size = (name: string) => {
    const text = textOption(options, name)
    return text === undefined ? undefined : parseSizeMib(name, text, texts)
  }
  const limit = textOption(options, 'time-limit')
  const cpus = integerOption(options, 'cpus', texts)
  return defined({
    name: textOption(options, 'name'),
    experimentName: textOption(options, 'experiment'),
    queueName: textOption(options, 'queue'),
    priorityClass: priorityOf(context),
    timeLimitMs: limit === undefined ? undefined : parseDurationMs('time-limit', limit, texts),
    maxRetries: integerOption(options, 'retries', texts),
    environmentVariables: variablesOf(context),
    resources: defined({
      ...parseGpus(textOption(options, 'gpus') ?? '0', texts),
      gpuMilli: integerOption(options, 'gpu-share', texts),
      gpuMemoryMib: size('gpu-memory'),
      cpuMilli: cpus === undefined ? undefined : cpus * 1000,
      memoryMib: size('memory'),
    }),
  })
}

const priorities = ['low', 'normal', 'high'] as const

const priorityOf = (context: Context) => {
  const text = textOption(context.options, 'priority')
  const found = priorities.find((priority) => priority === text)
  if (text !== undefined && found === undefined) throw new UsageError(`--priority: ${priorities.join(' | ')}`)
  return found
}

const variablesOf = (context: Context): Record<string, string> | undefined => {
  const pairs = listOption(context.options, 'env').map((item) => {
    const at = item.indexOf('=')
    if (at < 1) throw new UsageError(context.texts.badParameter(item))
    return [item.slice(0, at), item.slice(at + 1)] as const
  })
  return pairs.length === 0 ? undefined : Object.fromEntries(pairs)
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>
}

const defined = <T extends object>(value: T): Defined<T> =>
  Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Defined<T>

const showWorkspace = ({ output, texts }: Context, workspace: Workspace, pin: EnvironmentPin | null): void => {
  output.line(`${texts.environment}: ${pin === null ? texts.unpinned : texts.packages(pin.packages.length)}`)
  if (pin !== null && pin.unavailable.length > 0)
    output.line(
      `  ${texts.notOnIndex(pin.unavailable.map((item) => `${item.name} ${item.version} (${item.reason})`).join(', '))}`,
    )
  output.line(
    `${texts.files}: ${workspace.files.map((file) => `${file.path} (${formatBytes(file.sizeBytes)}, ${file.reason})`).join(', ')}`,
  )
  if (workspace.excluded.length > 0)
    output.line(
      `${texts.filesLeftOut}: ${workspace.excluded.map((file) => `${file.path} (${file.reason})`).join(', ')}`,
    )
  for (const name of workspace.missing) output.error(texts.fileNotFound(name))
}

const submitLimitMs = 60_000

/** Submit, and again with the same key while nobody answers: the server takes it once. */
const submitOnce = async (session: Session, projectId: string, body: SubmitJob): Promise<Job> => {
  const idempotencyKey = randomUUID()
  const endMs = Date.now() + submitLimitMs
  for (let pauseMs = 250; ; pauseMs = Math.min(pauseMs * 2, 5000)) {
    try {
      return await session.client.submitJob({ params: { projectId }, body, idempotencyKey })
    } catch (error) {
      if (!isUnreachable(error) || Date.now() > endMs) throw error
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }
}

/** Follow to the end; Ctrl-C leaves the job running. */
const watch = async (context: Context, session: Session, job: Job): Promise<number> => {
  const leave = new AbortController()
  const onInterrupt = () => leave.abort()
  process.once('SIGINT', onInterrupt)
  const { output, texts } = context
  let said = ''
  const say = (now: Job) => {
    const words = wordsOf(now, texts)
    if (words !== said && !jobEnded(now.status)) output.error(`#${now.number} ${words}`)
    said = words
  }
  const ended = await followLog(context, session, job, { onJob: say, signal: leave.signal, quiet: output.json })
  process.off('SIGINT', onInterrupt)
  output.value(ended)
  if (!jobEnded(ended.status)) {
    output.error(texts.stillRuns(job.number))
    return 0
  }
  const tookMs = Date.parse(ended.endedAt ?? ended.submittedAt) - Date.parse(ended.startedAt ?? ended.submittedAt)
  output.error(`#${ended.number} ${texts.status[ended.status]} (${formatDuration(tookMs)})`)
  return exitCodeOf(context, ended)
}

/** Status, and what the runner is at or why the job waits. */
const wordsOf = (job: Job, texts: Texts): string => {
  const busy = job.status === 'starting' || job.status === 'running'
  const stage = busy ? (job.attempt?.stage ?? null) : null
  const more = stage === null || stage === job.status ? (busy ? null : job.reason) : texts.stage[stage]
  return more === null ? texts.status[job.status] : `${texts.status[job.status]} · ${more}`
}

const exitCodeOf = (context: Context, job: Job): number => {
  if (job.status === 'succeeded') return 0
  const verdict = job.attempt?.verdict ?? null
  if (verdict?.evidence) context.output.error(`${context.texts.evidence}: ${verdict.evidence}  [${verdict.kind}]`)
  return verdict?.exitCode !== null && verdict?.exitCode !== undefined && verdict.exitCode > 0 ? verdict.exitCode : 1
}
