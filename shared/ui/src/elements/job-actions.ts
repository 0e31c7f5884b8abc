import { repeatOf, type AmendJob, type Job, type RerunChange } from '@novabrain/contracts'
import type { Host } from '../host.js'
import { cardErrorOf } from '../format/error.js'
import { fill, stringsOf } from '../locales/strings.js'
import { randomKey } from './random-key.js'

/** Stop a job and say so; a refusal is told as well. */
export const stopJob = async (host: Host, job: Job): Promise<void> => {
  try {
    await host.client.stopJob({ params: { projectId: host.projectId, jobId: job.id } })
  } catch (error) {
    host.notify(cardErrorOf(error, host.locale()).message, 'error')
  }
}

/** Make the change that was suggested for a waiting job, and say so; a refusal is told as well. */
export const amendJob = async (
  host: Host,
  job: { readonly id: string; readonly number: number },
  change: AmendJob['resources'],
): Promise<void> => {
  try {
    await host.client.amendJob({ params: { projectId: host.projectId, jobId: job.id }, body: { resources: change } })
    host.notify(fill(stringsOf(host.locale()).amend.done, { number: job.number }), 'information')
  } catch (error) {
    host.notify(cardErrorOf(error, host.locale()).message, 'error')
  }
}

/** Submit the same code in the same environment again, and open the new run. */
export const rerunJob = async (host: Host, job: Job, change: RerunChange = {}): Promise<Job | null> => {
  try {
    const again = await host.client.submitJob({
      params: { projectId: host.projectId },
      body: repeatOf(job, change),
      idempotencyKey: randomKey(),
    })
    host.notify(fill(stringsOf(host.locale()).rerunStarted, { number: again.number }), 'information')
    host.openRun(again.runId)
    return again
  } catch (error) {
    host.notify(cardErrorOf(error, host.locale()).message, 'error')
    return null
  }
}
