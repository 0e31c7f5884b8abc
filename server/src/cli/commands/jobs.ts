import type { Job } from '@novabrain/contracts'
import { UsageError, integerOption, textOption, type Command } from '../command.js'
import { formatDuration } from '../output.js'
import type { Texts } from '../texts.js'

/** `novabrain jobs`: newest first. */
export const jobs: Command = {
  usage: 'jobs [--status active|ended|queued|running|…] [--limit 20] [--json]',
  options: { status: { type: 'string' }, limit: { type: 'string' } },
  async run(context) {
    const session = await context.session()
    const projectId = await session.projectId()
    const status = statusOf(textOption(context.options, 'status'))
    const limit = integerOption(context.options, 'limit', context.texts) ?? 20
    const query = { limit, ...(status === undefined ? {} : { status }) }
    const { items } = await session.client.listJobs({ params: { projectId }, query })
    const { columns, nothing } = context.texts
    context.output.value(items)
    if (items.length === 0) context.output.line(nothing)
    else
      context.output.table(
        [columns.number, columns.name, columns.status, columns.reason, columns.device, columns.user, columns.age],
        items.map((job) => rowOf(job, context.texts)),
      )
    return 0
  },
}

const rowOf = (job: Job, texts: Texts): string[] => [
  String(job.number),
  job.name,
  texts.status[job.status],
  job.reason ?? '',
  devicesOf(job, texts),
  job.submittedBy,
  formatDuration(Date.now() - Date.parse(job.submittedAt)),
]

/** The devices it has, and of an elastic job with how many it makes do. */
const devicesOf = ({ attempt, resources }: Job, texts: Texts): string => {
  const devices = (attempt?.devices ?? []).map(
    ({ model, simulated }) => model + (simulated ? ` (${texts.simulated})` : ''),
  )
  const { gpuCount, maxGpuCount } = resources
  return [devices.join(', '), ...(typeof maxGpuCount === 'number' ? [`[${gpuCount}–${maxGpuCount}]`] : [])]
    .join(' ')
    .trim()
}

const statuses = [
  'active',
  'ended',
  'queued',
  'starting',
  'running',
  'stopping',
  'succeeded',
  'failed',
  'cancelled',
] as const

const statusOf = (text: string | undefined): (typeof statuses)[number] | undefined => {
  if (text === undefined) return undefined
  const found = statuses.find((status) => status === text)
  if (found === undefined) throw new UsageError(`--status: ${statuses.join(' | ')}`)
  return found
}
