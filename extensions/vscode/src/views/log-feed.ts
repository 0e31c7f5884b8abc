import { jobEnded, type Attempt, type Job, type LiveMessage, type Unsubscribe } from '@novabrain/contracts'
import type { Live } from '../session.js'

/** Where the text of a log goes. */
export interface LogSink {
  write(text: string): void
  /** A new attempt begins; the first one is told as well. */
  attempt(number: number): void
  /** The job has ended and everything it printed was written. */
  end(job: Job): void
  /** The log could not be read; it goes on by itself when it can be read again. */
  fault(error: unknown): void
}

/** The most of a long log that is read from its end when one begins to follow, bytes. */
const tailBytes = 1_000_000
/** After a fault it is tried again: the line of events may have been there all the time, and then nobody tells. */
const retryPauseMs = 5000

/**
 * Follow the log of a job over all its attempts, from the last megabyte of the current one on, until the job has ended.
 * Bytes are asked for when the server hints that there are more; nothing is polled.
 */
export const followLog = (live: Live, jobId: string, sink: LogSink): Unsubscribe => {
  const { client, projectId, stream } = live
  let current: Attempt | null = null
  let offset = 0
  let decoder = new TextDecoder()
  let reading: Promise<void> | null = null
  let again = false
  let over = false
  let retry: ReturnType<typeof setTimeout> | undefined
  let endHints: Unsubscribe = () => undefined

  const turnTo = (attempt: Attempt) => {
    endHints()
    decoder = new TextDecoder()
    offset = Math.max(0, attempt.logSizeBytes - tailBytes)
    current = attempt
    sink.attempt(attempt.number)
    endHints = stream.subscribe([`log:${attempt.id}`], ({ type }) => (type === 'hint' ? wake() : undefined))
  }
  const drain = async (of: string) => {
    for (;;) {
      const bytes = await client.readLog({ params: { projectId, jobId, attemptId: of }, query: { offset } })
      if (over || bytes.length === 0) return
      offset += bytes.length
      sink.write(decoder.decode(bytes, { stream: true }))
    }
  }
  /** Attempts that began and ended while nobody looked. */
  const between = async (last: number, next: number): Promise<readonly Attempt[]> => {
    if (next - last < 2) return []
    const { items } = await client.listAttempts({ params: { projectId, jobId } })
    return items.filter(({ number }) => number > last && number < next)
  }
  /** The job as it was before everything it had printed by then was read. */
  const readAll = async (): Promise<Job> => {
    const job = await client.getJob({ params: { projectId, jobId } })
    const { attempt } = job
    if (attempt === null || over) return job
    if (current !== null && attempt.id !== current.id) {
      // What the attempt before printed last, often its traceback, comes first.
      await drain(current.id)
      for (const missed of await between(current.number, attempt.number)) {
        if (over) return job
        turnTo(missed)
        await drain(missed.id)
      }
    }
    if (over) return job
    if (attempt.id !== current?.id) turnTo(attempt)
    await drain(attempt.id)
    return job
  }
  const work = async () => {
    let job: Job | null
    do {
      again = false
      job = await readAll().catch(fail)
    } while (again && !over)
    if (over || job === null || !jobEnded(job.status)) return
    stop()
    sink.end(job)
  }
  const fail = (error: unknown): null => {
    if (over) return null
    sink.fault(error)
    clearTimeout(retry)
    retry = setTimeout(wake, retryPauseMs)
    return null
  }
  const wake = () => {
    if (over) return
    if (reading !== null) return void (again = true)
    reading = work().finally(() => {
      reading = null
      if (again) wake()
    })
  }
  const hear = (message: LiveMessage) => {
    if (message.type === 'reset') return wake()
    if (
      message.type === 'event' &&
      message.record.event.type === 'job_changed' &&
      message.record.event.job.id === jobId
    )
      wake()
  }
  const stop = () => {
    over = true
    clearTimeout(retry)
    endHints()
    for (const end of ends) end()
  }
  const ends = [
    stream.subscribe([], hear),
    stream.onConnection(({ state }) => (state === 'online' ? wake() : undefined)),
  ]
  wake()
  return stop
}
