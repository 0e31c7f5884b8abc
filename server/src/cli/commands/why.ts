import { jobEnded, type Explanation, type Job } from '@novabrain/contracts'
import type { Command } from '../command.js'
import { findJob } from '../find-job.js'

/** `novabrain why`: the reason a job waits and what would start it, or how it ended and the evidence. */
export const why: Command = {
  usage: 'why <job>',
  options: {},
  async run(context) {
    const session = await context.session()
    const job = await findJob(context, session)
    const explanation = await session.client.explainJob({ params: { projectId: job.projectId, jobId: job.id } })
    const { output, texts } = context
    const reason = reasonOf(job, explanation)
    output.value({ ...explanation, reason, verdict: job.attempt?.verdict ?? null })
    output.line(`#${job.number} ${job.name}: ${explanation.message}  [${reason}]`)
    const { position, estimatedStart, suggestion } = explanation
    if (position !== null) output.line(`${texts.position}: ${position}`)
    if (estimatedStart !== null) output.line(`${texts.estimatedStart}: ${estimatedStart.p50} – ${estimatedStart.p90}`)
    if (suggestion !== null) output.line(`${texts.suggestion}: ${suggestion.message}`)
    const evidence = job.attempt?.verdict?.evidence ?? null
    if (evidence !== null) output.line(`${texts.evidence}: ${evidence}`)
    return 0
  },
}

/** Why it waits; of a job that waits no more, how it ended or what it does. */
const reasonOf = (job: Job, explanation: Explanation): string => {
  if (job.status === 'queued') return explanation.reason
  return jobEnded(job.status) ? (job.attempt?.verdict?.kind ?? job.reason ?? job.status) : (job.reason ?? job.status)
}
