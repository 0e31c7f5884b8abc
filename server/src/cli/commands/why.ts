import { jobEnded, type EstimatedStart, type Explanation, type Holder, type Job } from '@novabrain/contracts'
import { UsageError, type Command, type Context, type Session } from '../command.js'
import { findJob } from '../find-job.js'
import { formatDuration } from '../output.js'
import type { Texts } from '../texts.js'

/**
 * `novabrain why`: the reason a job waits, who holds what it needs until when, and what would start it (`--apply` makes
 * that change); or how it ended and the evidence.
 */
export const why: Command = {
  usage: 'why <job> [--apply]',
  options: { apply: { type: 'boolean' } },
  async run(context) {
    const session = await context.session()
    const job = await findJob(context, session)
    const explanation = await session.client.explainJob({ params: { projectId: job.projectId, jobId: job.id } })
    return context.options['apply'] === true
      ? apply(context, session, job, explanation)
      : tell(context, job, explanation)
  },
}

const tell = ({ output, texts }: Context, job: Job, explanation: Explanation): number => {
  const reason = reasonOf(job, explanation)
  output.value({ ...explanation, reason, verdict: job.attempt?.verdict ?? null })
  output.line(`#${job.number} ${job.name}: ${explanation.message}  [${reason}]`)
  const { position, holders, estimatedStart, suggestion } = explanation
  if (position !== null) output.line(`${texts.position}: ${position}`)
  for (const holder of holders) output.line(`${texts.heldBy}: ${holderText(holder, texts)}`)
  if (estimatedStart !== null) output.line(`${texts.estimatedStart}: ${rangeText(estimatedStart, texts)}`)
  else if (holders.some(({ until }) => until === null)) output.line(`${texts.estimatedStart}: ${texts.noEstimate}`)
  if (suggestion !== null) {
    output.line(`${texts.suggestion}: ${suggestion.message}`)
    output.line(`  novabrain why ${job.number} --apply`)
  }
  const evidence = job.attempt?.verdict?.evidence ?? null
  if (evidence !== null) output.line(`${texts.evidence}: ${evidence}`)
  return 0
}

/** Make the change that was suggested. */
const apply = async (
  { output, texts }: Context,
  { client }: Session,
  job: Job,
  { suggestion }: Explanation,
): Promise<number> => {
  if (suggestion === null) throw new UsageError(texts.noSuggestion(job.number))
  const params = { projectId: job.projectId, jobId: job.id }
  const changed = await client.amendJob({ params, body: { resources: suggestion.change } })
  output.value(changed)
  output.line(texts.amended(job.number))
  return 0
}

const holderText = ({ jobNumber, jobName, submittedBy, gpuMilli, until }: Holder, texts: Texts): string =>
  [
    jobNumber === null ? texts.otherProject : `#${jobNumber} ${jobName ?? ''} (${submittedBy ?? ''})`,
    ...(gpuMilli > 0 ? [`${gpuMilli / 1000} GPU`] : []),
    until === null ? texts.untilUnknown : texts.until(formatDuration(Math.max(0, Date.parse(until) - Date.now()))),
  ].join(', ')

const rangeText = ({ p50, p90 }: EstimatedStart, texts: Texts): string => {
  const [from, to] = [p50, p90].map((at) => formatDuration(Math.max(0, Date.parse(at) - Date.now())))
  return texts.startsIn(from ?? '', to ?? '')
}

/** Why it waits; of a job that waits no more, how it ended or what it does. */
const reasonOf = (job: Job, explanation: Explanation): string => {
  if (job.status === 'queued') return explanation.reason
  return jobEnded(job.status) ? (job.attempt?.verdict?.kind ?? job.reason ?? job.status) : (job.reason ?? job.status)
}
